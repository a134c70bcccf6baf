//! The text of a mapping: one SELECT that reads what its source has and nothing else.
//!
//! One rule: what can be known without the source's data is said by `paceline check`, at its place in the file.

use super::functions;
use crate::collect::rows::given as columns;
use crate::model::{self, Table};
use crate::project::{self, Content, Diagnostic, closest, sql_diagnostic};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::TableReference;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, ObjectName, Query, Select, SelectItem, Statement as SqlStatement, Visit, Visitor,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Longer texts are not read. Bytes.
const BYTES: usize = 64 << 10;
/// Memory that one mapping of everything may take before it spills or fails, bytes.
const MEMORY_BYTES: usize = 1 << 30;

/// What a mapping reads when its source has no names for what it has.
pub(in crate::collect) const INPUT: &str = "input";
/// The whole object, of sources that speak JSON.
pub(in crate::collect) const JSON: &str = "json";
/// Where a row is from.
pub(in crate::collect) const FILE: &str = "_file";
pub(in crate::collect) const LINE: &str = "_line";

/// A mapping whose text was understood.
#[derive(Clone, Debug)]
pub(in crate::collect) struct Sql {
    pub table: &'static Table,
    pub content: Content,
    /// The tables that it reads, in its words.
    pub reads: BTreeSet<String>,
    /// Every name in it that may be a column's.
    pub names: BTreeSet<String>,
    /// It takes all columns there are.
    pub takes_all: bool,
}

impl Sql {
    /// Reads the text.
    ///
    /// # Errors
    /// What is wrong, at its place.
    pub fn parse(mapping: &project::Mapping) -> Result<Sql, Diagnostic> {
        let content = &mapping.sql;
        let wrong = |message: String| content.diagnostic(0..0, message, None);
        let table = model::table(&mapping.table).ok_or_else(|| wrong(format!("unknown table {}", mapping.table)))?;
        if content.text.len() > BYTES {
            return Err(wrong(format!("the text has {} bytes; the limit is {BYTES}", content.text.len())));
        }
        let session = session().map_err(|error| wrong(error.to_string()))?;
        let state = session.state();
        let statement = state.sql_to_statement(&content.text, &state.config().options().sql_parser.dialect);
        let statement = statement.map_err(|error| sql_diagnostic(&content.file, &content.text, &error))?;
        let query = match &statement {
            Statement::Statement(it) if matches!(**it, SqlStatement::Query(_)) => it,
            _ => return Err(wrong("a mapping is one SELECT".to_owned())),
        };
        let mut names = Names::default();
        // Never breaks off.
        let _: ControlFlow<()> = query.visit(&mut names);
        let reads: BTreeSet<String> = names.relations.difference(&names.of_with).cloned().collect();
        if reads.is_empty() {
            return Err(wrong(format!("reads no table; a mapping is a SELECT … FROM {INPUT}")));
        }
        Ok(Sql { table, content: content.clone(), reads, names: names.columns, takes_all: names.takes_all })
    }

    /// That it reads `input` and nothing else.
    ///
    /// # Errors
    /// Which other table it names.
    pub fn reads_input(&self) -> Result<(), Diagnostic> {
        match self.reads.iter().find(|name| *name != INPUT) {
            None => Ok(()),
            Some(other) => {
                let (meant, mut message) = (closest(other, &[INPUT]), format!("unknown table {other}"));
                if meant.is_none() {
                    message = format!("{message}; a mapping reads {INPUT}");
                }
                Err(self.at_word(other, message, meant))
            }
        }
    }

    /// The columns of a source that speaks JSON: every name that is used. What an object lacks is NULL.
    pub fn json_schema(&self) -> SchemaRef {
        let names = self.names.iter().map(String::as_str).filter(|name| ![FILE, LINE].contains(name));
        schema(names.filter(|name| *name != JSON).chain([JSON]))
    }

    /// The columns that it reads, as far as its text shows.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|name| ![FILE, LINE, JSON].contains(name))
    }

    /// Plans the statement over tables of this schema, and checks that its columns are the target's.
    ///
    /// # Errors
    /// What is wrong, at its place.
    pub async fn plan(&self, schema: &SchemaRef) -> Result<(SessionContext, LogicalPlan), Diagnostic> {
        let failed = |error: DataFusionError| sql_diagnostic(&self.content.file, &self.content.text, &error);
        let session = session().map_err(failed)?;
        for name in &self.reads {
            let empty = Arc::new(EmptyTable::new(schema.clone()));
            session.register_table(TableReference::bare(name.as_str()), empty).map_err(failed)?;
        }
        let state = session.state();
        let plan = state.create_logical_plan(&self.content.text).await.map_err(failed)?;
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        read_only.verify_plan(&plan).map_err(failed)?;
        self.refuse_chance(&plan)?;
        self.check_columns(plan.schema().as_arrow())?;
        let plan = state.optimize(&plan).map_err(failed)?;
        Ok((session, plan))
    }

    /// The same file must always give the same rows.
    fn refuse_chance(&self, plan: &LogicalPlan) -> Result<(), Diagnostic> {
        let mut found = None;
        // Looking at a plan cannot fail.
        drop(plan.apply_with_subqueries(|node| {
            node.apply_expressions(|expression| {
                expression.apply(|part| {
                    if let Expr::ScalarFunction(call) = part
                        && call.func.signature().volatility != Volatility::Immutable
                    {
                        found = Some(call.func.name().to_owned());
                    }
                    Ok(TreeNodeRecursion::Continue)
                })
            })
        }));
        match found {
            None => Ok(()),
            Some(name) => {
                let message = format!("{name} gives another answer each time; a mapping gives the same rows again");
                Err(self.at_word(&name, message, None))
            }
        }
    }

    fn check_columns(&self, result: &Schema) -> Result<(), Diagnostic> {
        let names: Vec<&str> = columns(self.table).map(|column| column.name).collect();
        for field in result.fields() {
            if !names.contains(&field.name().as_str()) {
                let (meant, mut message) =
                    (closest(field.name(), &names), format!("{} has no column {}", self.table.name, field.name()));
                if meant.is_none() {
                    message = format!("{message}; it has {}", names.join(", "));
                }
                return Err(self.at_word(field.name(), message, meant));
            }
        }
        let is_there = |name: &str| result.fields().iter().any(|field| field.name() == name);
        match columns(self.table).find(|column| column.required && !is_there(column.name)) {
            None => Ok(()),
            Some(missing) => {
                let message = format!("{} needs a column {}: {}", self.table.name, missing.name, missing.about);
                Err(self.at_word("SELECT", message, None))
            }
        }
    }

    /// A diagnostic at the last place in the text where this word stands: names of results stand behind what they name.
    fn at_word(&self, word: &str, message: String, meant: Option<String>) -> Diagnostic {
        let text = &self.content.text;
        let is_part = |sign: Option<char>| sign.is_some_and(|it| it.is_alphanumeric() || it == '_');
        let stands =
            |at: &usize| !is_part(text[..*at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next());
        let at = text.rmatch_indices(word).map(|(at, _)| at).find(stands);
        let at = at.or_else(|| text.to_uppercase().find(word).filter(|at| text.is_char_boundary(*at))).unwrap_or(0);
        self.content.diagnostic(at..at, message, meant)
    }
}

/// Columns of text, with those that say where a row is from.
pub(in crate::collect) fn schema<'a>(names: impl Iterator<Item = &'a str>) -> SchemaRef {
    let texts = names.map(|name| Field::new(name, DataType::Utf8, true));
    let places = [Field::new(FILE, DataType::Utf8, true), Field::new(LINE, DataType::Int64, true)];
    Arc::new(Schema::new(texts.chain(places).collect::<Vec<_>>()))
}

/// A session that has no table yet. Names count as they are written: a file's columns often differ by case alone.
fn session() -> Result<SessionContext, DataFusionError> {
    let mut config = SessionConfig::new().with_target_partitions(1).with_information_schema(false);
    config.options_mut().sql_parser.enable_ident_normalization = false;
    config.options_mut().sql_parser.map_string_types_to_utf8view = false;
    config.options_mut().sql_parser.collect_spans = true;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(MEMORY_BYTES, 1.0).build_arc()?;
    let session = SessionContext::new_with_config_rt(config, runtime);
    functions::register(&session);
    Ok(session)
}

/// The names in a statement.
#[derive(Default)]
struct Names {
    relations: BTreeSet<String>,
    of_with: BTreeSet<String>,
    columns: BTreeSet<String>,
    takes_all: bool,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let with = query.with.iter().flat_map(|with| &with.cte_tables);
        self.of_with.extend(with.map(|part| part.alias.name.value.clone()));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        self.relations.insert(name.to_string().replace('"', ""));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let is_all = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        self.takes_all |= select.projection.iter().any(is_all);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &SqlExpr) -> ControlFlow<()> {
        match expression {
            SqlExpr::Identifier(name) => drop(self.columns.insert(name.value.clone())),
            SqlExpr::CompoundIdentifier(names) => self.columns.extend(names.last().map(|name| name.value.clone())),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
