//! `type = "files"`: rows of tables in files: JSON lines by a table's own column names, and CSV, JSON lines or Parquet by SQL.
//!
//! One rule: what is written follows from the plan alone. While a chunk is written the next one is read, and no more than
//! these two are in memory.

mod ahead;
mod csv;
mod decode;
mod lines;
mod newest;
mod open;
mod people;
mod plan;
mod reader;
mod rows;
mod sample;
pub(super) mod sent;
mod survey;
mod tables;
mod whole;

pub(super) use people::who;
pub(super) use rows::{RowReader, row_reader};
pub(super) use sample::sample;

use self::ahead::Ahead;
use self::decode::{Decoder, Mapping};
use self::lines::Lines;
use self::people::People;
use self::plan::Plan;
use self::reader::{Reader, Reading, Target};
use self::survey::Survey;
use self::tables::Tables;
use super::content::Content;
use super::mapping::{FILE, Mapped, Misfit, RowWise, Sql, mapped};
use super::{CollectError, Collecting, Result};
use crate::model::{self, Table};
use crate::project::{self, Diagnostic, FilesPipeline};
use crate::store::{Change, Mark, Refused};
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use std::path::Path;

/// Marks of one plan; its chunks take two each.
const MARKS: i64 = 1 << 24;
/// Lines put aside that are said; the others are counted.
const SAID: usize = 5;

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &FilesPipeline,
    folder: &Path,
) -> Result<()> {
    let found = plan::find(folder, &keys.path)?;
    collecting.put_origin(source, "files", keys.path.clone(), false)?;
    let said = bring(collecting, source, keys, folder, &found).await?;
    said.tell(collecting)
}

/// What was left out of a run.
#[derive(Default)]
pub(super) struct LeftOut {
    count: u64,
    first: Vec<String>,
    lines: u64,
}

impl LeftOut {
    fn add(&mut self, misfits: &[Misfit], lines: u64) {
        self.count += misfits.len() as u64;
        self.lines += lines;
        let room = SAID.saturating_sub(self.first.len());
        self.first.extend(misfits.iter().take(room).map(|it| format!("{}: {}", it.place, it.reason)));
    }

    /// Says what was left out, which makes the run one that failed in part.
    ///
    /// # Errors
    /// [`CollectError::BadLines`].
    pub fn tell(self, collecting: &Collecting<'_>) -> Result<()> {
        for line in &self.first {
            collecting.progress.warn(line);
        }
        match self.count {
            0 => Ok(()),
            refused => Err(CollectError::BadLines { refused, all: self.lines }),
        }
    }
}

/// How the files of a pipeline become rows.
struct Work {
    survey: Survey,
    /// Row by row.
    rows: Option<Rows>,
    /// Statements that need all rows, each with the columns that it sees.
    whole: Vec<(Sql, SchemaRef)>,
    /// Hash of all of this; empty where columns are named as the table's.
    hash: String,
}

enum Rows {
    Named(&'static Table),
    Mapped(Vec<Sql>, SchemaRef),
}

/// Brings what is new in these files into the tables.
pub(super) async fn bring(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &FilesPipeline,
    folder: &Path,
    found: &[Content],
) -> Result<LeftOut> {
    let mut left_out = LeftOut::default();
    let work = work(keys, folder, found).await?;
    if let Some(rows) = &work.rows {
        let application = match rows {
            Rows::Named(table) => format!("files:{source}:{}", table.name),
            Rows::Mapped(..) => format!("files:{source}:map"),
        };
        let tables = rows.tables();
        let mapping = (work.hash.as_str(), rows.read_names());
        while let Some((plan, version)) =
            plan::next(collecting, &application, (source, &tables), (folder, found), mapping).await?
        {
            let read_anew = |place: &str| plan.new.iter().any(|content| is_of(&content.name, place));
            collecting.state.forget_refused(source, read_anew)?;
            let survey = survey::survey(folder, keys, &plan.new);
            put_aside(collecting, source, plan.at, &survey.misfits)?;
            left_out.add(&survey.misfits, survey.misfits.len() as u64);
            let reader = Reader {
                source: source.to_owned(),
                at: plan.at,
                tables: Tables::new(folder, &rows.schema(), survey.parquet),
                lines: Lines::new(folder, survey.texts, plan.chunk_bytes),
                reading: rows.plan().await.map_err(CollectError::File)?,
                people: People::new(source, collecting.secret),
                targets: tables.iter().map(|table| Target::new(table, plan.is_first)).collect(),
            };
            let marks = Marks { application: &application, first: version * MARKS };
            carry_out(collecting, reader, &plan, &marks, &mut left_out).await?;
            plan::settle(collecting, &application, &plan, version)?;
        }
    }
    whole::collect(collecting, source, folder, found, &work, &mut left_out).await?;
    Ok(left_out)
}

/// Decides how each file and each statement is read.
async fn work(keys: &FilesPipeline, folder: &Path, found: &[Content]) -> Result<Work> {
    let survey = survey::survey(folder, keys, found);
    let mappings = match &keys.target {
        project::Target::Table(name) if survey.is_json() => {
            let table = model::table(name).ok_or_else(|| CollectError::Source {
                path: folder.join(&keys.path),
                message: format!("there is no table {name}"),
            })?;
            return Ok(Work { survey, rows: Some(Rows::Named(table)), whole: Vec::new(), hash: String::new() });
        }
        project::Target::Table(name) => vec![by_name(name, &keys.path)],
        project::Target::Map(mappings) => mappings.clone(),
    };
    let sqls = mappings.iter().map(Sql::parse).collect::<Result<Vec<_>, _>>().map_err(CollectError::File)?;
    let (mut rows, mut whole) = (Vec::new(), Vec::new());
    for sql in sqls {
        sql.reads_input().map_err(CollectError::File)?;
        let one = std::slice::from_ref(&sql);
        // With all columns there are, so that a misspelt one finds its neighbour.
        match mapped(&sql, &survey.schema(one)).await.map_err(CollectError::File)? {
            Mapped::RowWise(_) => rows.push(sql),
            Mapped::Whole => {
                let taken = survey.taken(one);
                whole.push((sql, taken));
            }
        }
    }
    if let Some((both, _)) = whole.iter().find(|(sql, _)| rows.iter().any(|other| other.table.name == sql.table.name)) {
        let message = format!(
            "{} is made by a statement over all rows and by one over each; a table takes one kind from a pipeline",
            both.table.name
        );
        return Err(CollectError::File(both.content.diagnostic(0..0, message, None)));
    }
    let hash = hash(keys, &mappings);
    let taken = survey.taken(&rows);
    let rows = (!rows.is_empty()).then_some(Rows::Mapped(rows, taken));
    Ok(Work { survey, rows, whole, hash })
}

/// The mapping of files whose columns are a table's.
fn by_name(table: &str, file: &str) -> project::Mapping {
    let text = "SELECT * FROM input".to_owned();
    let sql = project::Content { file: file.to_owned(), text, embedded: false };
    project::Mapping { table: table.to_owned(), sql }
}

/// Stands for everything but the files that rows follow from.
fn hash(keys: &FilesPipeline, mappings: &[project::Mapping]) -> String {
    let texts: Vec<(&str, &str)> =
        mappings.iter().map(|mapping| (mapping.table.as_str(), mapping.sql.text.as_str())).collect();
    let words = format!("{texts:?} {:?} {:?} {:?} {:?}", keys.format, keys.delimiter, keys.columns, keys.encoding);
    blake3::hash(words.as_bytes()).to_hex().to_string()
}

impl Rows {
    fn tables(&self) -> Vec<&'static Table> {
        match self {
            Rows::Named(table) => vec![table],
            Rows::Mapped(sqls, _) => {
                let mut tables: Vec<&'static Table> = Vec::new();
                for sql in sqls {
                    if !tables.iter().any(|table| table.name == sql.table.name) {
                        tables.push(sql.table);
                    }
                }
                tables
            }
        }
    }

    /// Whether rows depend on the name of their file.
    fn read_names(&self) -> bool {
        matches!(self, Rows::Mapped(sqls, _) if sqls.iter().any(|sql| sql.names.contains(FILE)))
    }

    fn schema(&self) -> SchemaRef {
        match self {
            Rows::Named(table) => table.schema(),
            Rows::Mapped(_, schema) => schema.clone(),
        }
    }

    async fn plan(&self) -> Result<Reading, Diagnostic> {
        let Rows::Mapped(sqls, schema) = self else {
            return Ok(Reading::Named(Decoder::new(self.tables()[0])));
        };
        let tables = self.tables();
        let mut maps: Vec<(usize, RowWise)> = Vec::new();
        for sql in sqls {
            if let Mapped::RowWise(map) = mapped(sql, schema).await? {
                let target = tables.iter().position(|table| table.name == sql.table.name).unwrap_or_default();
                maps.push((target, map));
            }
        }
        Ok(Reading::Mapped(Mapping { schema: schema.clone(), maps }))
    }
}

/// Whether a place is in this file.
fn is_of(file: &str, place: &str) -> bool {
    let Some(rest) = place.strip_prefix(file) else { return false };
    let is_line = |rest: &str| {
        let end = rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len());
        end > 0 && (rest[end..].is_empty() || rest[end..].starts_with(", table "))
    };
    rest.is_empty() || rest.strip_prefix(':').is_some_and(is_line)
}

/// Keeps what no table can take, so that it holds up nothing.
fn put_aside(collecting: &mut Collecting<'_>, source: &str, at: DateTime<Utc>, misfits: &[Misfit]) -> Result<()> {
    if misfits.is_empty() {
        return Ok(());
    }
    let refused = misfits.iter().map(|Misfit { place, reason, words }| {
        let (source, words) = (source.to_owned(), words.clone());
        Refused { source, place: place.clone(), reason: reason.clone(), at, words }.without(&collecting.erased)
    });
    let refused: Vec<Refused> = refused.collect();
    Ok(collecting.state.put_refused(&refused)?)
}

/// The marks of a plan's chunks.
struct Marks<'a> {
    application: &'a str,
    first: i64,
}

impl Marks<'_> {
    /// The first or the second of a chunk.
    fn of(&self, chunk: i64, second: bool) -> Mark {
        let version = self.first + 2 * chunk + i64::from(second);
        Mark { application: self.application.to_owned(), version }
    }
}

async fn carry_out(
    collecting: &mut Collecting<'_>,
    reader: Reader,
    plan: &Plan,
    marks: &Marks<'_>,
    left_out: &mut LeftOut,
) -> Result<()> {
    let source = reader.source.clone();
    let bytes = plan.new.iter().map(|content| content.bytes).sum();
    collecting.progress.stage(&format!("reading {source}"), Some(bytes));
    let mut chunks = Ahead::start(reader)?;
    for number in 0.. {
        let Some(chunk) = chunks.next().await? else { break };
        put_aside(collecting, &source, plan.at, &chunk.misfits)?;
        if !chunk.people.is_empty() {
            collecting.put_identities(&chunk.people)?;
        }
        for brought in chunk.tables {
            if !brought.fresh.is_empty() {
                collecting.write(brought.table, &Change::Append, &marks.of(number, false), brought.fresh).await?;
            }
            if !brought.other.is_empty() {
                collecting.write(brought.table, &Change::Upsert, &marks.of(number, true), brought.other).await?;
            }
        }
        collecting.progress.advance(chunk.bytes);
        left_out.add(&chunk.misfits, chunk.lines);
    }
    Ok(())
}
