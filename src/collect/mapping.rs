//! SQL makes rows of tables out of what a source has.
//!
//! One rule: a row counts on its own. A mapping that only picks and filters is applied to many rows at once, and where that
//! fails to ever fewer, down to the one row that does not fit: it is put aside and holds up no other.

mod functions;
mod json;
mod objects;
mod sql;
mod steps;
mod typed;
mod whole;

pub(super) use objects::objects;
#[cfg(test)]
pub(super) use sql::schema;
pub(super) use sql::{FILE, JSON, LINE, Sql};
pub(super) use whole::{Batches, whole};

use self::steps::Steps;
use super::rows::given;
use crate::model::Table;
use crate::project::{self, Diagnostic, PipelineKind, Project, Target, one_line};
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::error::DataFusionError;
use std::borrow::Cow;

/// Bytes of a source's words that are kept with what is put aside.
const WORDS: usize = 4 << 10;

/// A mapping that makes at most one row of each: it picks, computes and filters.
pub(super) struct RowWise {
    pub table: &'static Table,
    steps: Steps,
    outputs: Outputs,
}

/// Which column of a result becomes which of the table.
pub(super) struct Outputs {
    table: &'static Table,
    places: Vec<Option<usize>>,
}

/// How a mapping is carried out.
pub(super) enum Mapped {
    RowWise(RowWise),
    /// It aggregates, joins or orders: it needs all rows.
    Whole,
}

/// Rows of a source that came together, as SQL sees them.
pub(super) struct Input<'a> {
    pub file: &'a str,
    pub batch: RecordBatch,
    /// For each row the number of its line, and its words within the text.
    pub lines: Vec<u64>,
    pub text: &'a [u8],
    pub words: Vec<std::ops::Range<usize>>,
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// `file:line`, with the table where it is another's row.
    pub place: String,
    pub reason: String,
    pub words: Vec<u8>,
}

/// A member of a JSON object, as it is written.
pub(super) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let mut found = None;
    json::members(object, |key, value| {
        if json::is_key(key, name) {
            found = Some(value);
        }
        false
    });
    found
}

/// The text of a member of a JSON object.
pub(super) fn member_text(object: &str, name: &str) -> Option<String> {
    json::text(member(object, name)?).map(Cow::into_owned)
}

impl Misfit {
    pub fn new(place: String, reason: String, words: &[u8]) -> Misfit {
        Misfit { place, reason, words: words[..words.len().min(WORDS)].to_vec() }
    }
}

/// Plans a mapping over rows of this schema.
///
/// # Errors
/// What is wrong with it, at its place.
pub(super) async fn mapped(sql: &Sql, schema: &SchemaRef) -> Result<Mapped, Diagnostic> {
    let (session, plan) = sql.plan(schema).await?;
    let failed = |error: DataFusionError| {
        let message = one_line(&error);
        Diagnostic { file: sql.content.file.clone(), line: 1, column: 1, message, suggestion: None }
    };
    Ok(match Steps::of(&session.state(), &plan).map_err(failed)? {
        Some(steps) => {
            let outputs = Outputs::of(sql.table, plan.schema().as_arrow());
            Mapped::RowWise(RowWise { table: sql.table, steps, outputs })
        }
        None => Mapped::Whole,
    })
}

/// Checks every mapping as far as that needs no data: its text, its tables, its functions, and the columns of its result.
pub async fn check(project: &Project) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for pipeline in project.pipelines.values() {
        let (mappings, reads) = match &pipeline.kind {
            PipelineKind::Command(keys) => (mappings_of(&keys.target), Reads::Text),
            PipelineKind::Files(keys) if keys.may_be_typed() => (mappings_of(&keys.target), Reads::Typed),
            PipelineKind::Files(keys) => (mappings_of(&keys.target), Reads::Text),
            PipelineKind::Singer(keys) => (keys.map.as_slice(), Reads::Streams),
            _ => continue,
        };
        for mapping in mappings {
            if let Err(diagnostic) = check_one(mapping, reads).await
                && !found.contains(&diagnostic)
            {
                found.push(diagnostic);
            }
        }
    }
    found
}

/// What a statement reads, as far as its pipeline says it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    Text,
    /// Columns whose types are in the files.
    Typed,
    Streams,
}

async fn check_one(mapping: &project::Mapping, reads: Reads) -> Result<(), Diagnostic> {
    let sql = Sql::parse(mapping)?;
    if reads == Reads::Streams {
        return stream(&sql).await.map(drop);
    }
    sql.reads_input()?;
    // What `*` stands for, and what types there are, is known when there are files.
    if sql.takes_all || reads == Reads::Typed {
        return Ok(());
    }
    mapped(&sql, &sql.json_schema()).await.map(drop)
}

fn mappings_of(target: &Target) -> &[project::Mapping] {
    match target {
        Target::Table(_) => &[],
        Target::Map(mappings) => mappings,
    }
}

/// The one stream of objects that a statement makes rows of, row by row.
///
/// # Errors
/// Where it reads several, or needs all rows of one: a stream is told in parts.
pub(super) async fn stream(sql: &Sql) -> Result<String, Diagnostic> {
    let wrong = |message: &str| sql.content.diagnostic(0..0, message.to_owned(), None);
    let mut reads = sql.reads.iter();
    let (Some(name), None) = (reads.next(), reads.next()) else {
        return Err(wrong("reads several streams; a mapping of a tap reads one, since streams are told in parts"));
    };
    match mapped(sql, &sql.json_schema()).await? {
        Mapped::RowWise(_) => Ok(name.clone()),
        Mapped::Whole => Err(wrong("needs all rows at once; a mapping of a tap picks and filters rows one by one")),
    }
}

impl RowWise {
    /// The columns that a source gives, of every row that comes of the input, in its order.
    pub fn rows(&self, input: &Input<'_>, into: &mut Vec<Vec<ArrayRef>>, misfits: &mut Vec<Misfit>) {
        self.part(input, 0..input.batch.num_rows(), into, misfits);
    }

    fn part(
        &self,
        input: &Input<'_>,
        rows: std::ops::Range<usize>,
        into: &mut Vec<Vec<ArrayRef>>,
        misfits: &mut Vec<Misfit>,
    ) {
        if rows.is_empty() {
            return;
        }
        let batch = input.batch.slice(rows.start, rows.len());
        match self.batch(&batch) {
            Ok(None) => {}
            Ok(Some(columns)) => into.push(columns),
            Err(reason) if rows.len() == 1 => {
                let place = format!("{}:{}, table {}", input.file, input.lines[rows.start], self.table.name);
                let words = input.words.get(rows.start).and_then(|range| input.text.get(range.clone()));
                misfits.push(Misfit::new(place, reason, words.unwrap_or_default().trim_ascii_end()));
            }
            Err(_) => {
                let middle = rows.start + rows.len() / 2;
                self.part(input, rows.start..middle, into, misfits);
                self.part(input, middle..rows.end, into, misfits);
            }
        }
    }

    fn batch(&self, batch: &RecordBatch) -> Result<Option<Vec<ArrayRef>>, String> {
        let reason = |error| one_line(&error).trim_start_matches("Arrow error: ").to_owned();
        let result = self.steps.apply(batch).map_err(reason)?;
        if result.num_rows() == 0 {
            return Ok(None);
        }
        self.outputs.columns(&result).map(Some)
    }
}

impl Outputs {
    pub fn of(table: &'static Table, result: &Schema) -> Outputs {
        let place = |name: &str| result.fields().iter().position(|field| field.name() == name);
        Outputs { table, places: given(table).map(|column| place(column.name)).collect() }
    }

    /// The columns that a source gives, as the table has them; people are still named.
    pub fn columns(&self, result: &RecordBatch) -> Result<Vec<ArrayRef>, String> {
        let columns = given(self.table)
            .zip(&self.places)
            .map(|(column, place)| typed::typed(column, place.map(|place| result.column(place)), result.num_rows()));
        columns.collect()
    }
}
