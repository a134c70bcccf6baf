//! The event tables as Arrow schemas: what every collector fills and every query reads.
//!
//! One rule: a table is described here once, and its Arrow schema, its Delta table, its documentation and its
//! canonical order all follow from that description.

pub mod adoption;
pub mod catalog;
pub mod code;
pub mod collection;
pub mod delivery;
pub mod experiment;
pub mod flow;
pub mod golden_paths;
pub mod people;
pub mod support;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

/// One stored table.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// One sentence for the analyst: what one row is.
    pub about: &'static str,
    /// The columns that identify a row at its source. They are never NULL and define the canonical order.
    pub key: &'static [&'static str],
    /// The columns of this table alone; [`COMMON`] follow in the schema.
    pub columns: &'static [Column],
}

/// One column of a [`Table`].
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// What it holds, with its unit.
    pub about: &'static str,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A person. In a source event: a login, an e-mail address or `Name <e-mail>`. In the table: the opaque id of that
    /// identity; the words stay in the identity store.
    Person,
    Bool,
    /// 64-bit signed integer.
    Int,
    /// 64-bit floating point.
    Float,
    /// Microseconds since 1970 in UTC.
    Time,
}

impl Kind {
    /// The Arrow type that stores this kind.
    pub fn arrow(self) -> DataType {
        match self {
            Kind::Text | Kind::Person => DataType::Utf8,
            Kind::Bool => DataType::Boolean,
            Kind::Int => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }
}

/// The columns every table ends with.
pub const COMMON: &[Column] = &[
    required("source", Kind::Text, "the pipeline that brought the row"),
    optional("source_key", Kind::Text, "the source's own id of what the row describes, where it has one"),
    optional("updated_at", Kind::Time, "when the row last changed at its source"),
    optional("deleted_at", Kind::Time, "when it was found deleted at its source; such rows are not shown"),
    required("ingested_at", Kind::Time, "when Paceline first stored the row"),
];

/// The common columns that a collector adds, and no source event has.
pub const COLLECTORS: [&str; 4] = ["source", "source_key", "deleted_at", "ingested_at"];

/// Columns of text that name things and not what people wrote: what a pipeline is called and reads, ids, and words that the
/// tables themselves define. An erasure leaves them as they are.
const NAMES_OF_THINGS: [&str; 39] = [
    "action",
    "blob",
    "change",
    "component",
    "days",
    "definition_hash",
    "domain",
    "entity",
    "environment",
    "event",
    "experiment",
    "head",
    "holidays",
    "hours",
    "language",
    "merge_method",
    "merge_sha",
    "missing",
    "origin",
    "owner",
    "parent",
    "parent_shas",
    "place",
    "record",
    "repository",
    "service",
    "sha",
    "source",
    "source_key",
    "state",
    "status",
    "stratum",
    "subject_team",
    "system",
    "team",
    "trigger",
    "unit",
    "variant",
    "zone",
];

/// Every stored table, in the order of the documentation.
pub const TABLES: &[&Table] = &[
    &code::REPOSITORIES,
    &code::COMMITS,
    &code::COMMIT_FILES,
    &code::RELEASES,
    &code::SNAPSHOT_FILES,
    &code::BLOBS,
    &code::FUNCTIONS,
    &flow::PULL_REQUESTS,
    &flow::PULL_REQUEST_COMMITS,
    &flow::PULL_REQUEST_EVENTS,
    &flow::REVIEWS,
    &flow::REVIEW_COMMENTS,
    &delivery::BUILDS,
    &delivery::BUILD_JOBS,
    &delivery::DEPLOYMENTS,
    &delivery::DEPLOYMENT_STATUSES,
    &delivery::INCIDENTS,
    &support::TICKETS,
    &support::TICKET_EVENTS,
    &support::ASSISTANT_QUESTIONS,
    &adoption::TOOL_USAGE,
    &adoption::TOOL_ELIGIBILITY,
    &adoption::TOOL_ASSIGNMENTS,
    &adoption::TOOL_ACTIVITY,
    &golden_paths::CHECK_RESULTS,
    &collection::SOURCE_COUNTS,
    &people::TEAMS,
    &people::TEAM_MEMBERS,
    &people::TEAM_CALENDARS,
    &people::TEAM_CHANGES,
    &catalog::COMPONENTS,
    &catalog::COMPONENT_OWNERS,
    &catalog::DEPENDENCIES,
    &catalog::CODE_OWNERS,
    &experiment::ASSIGNMENTS,
    &experiment::EXPERIMENT_EVENTS,
    &experiment::EXPERIMENT_ROSTERS,
    &experiment::EXPOSURES,
];

/// The table of that name, if there is one.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.name == name)
}

impl Table {
    /// All columns, the common ones last.
    pub fn all_columns(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().chain(COMMON)
    }

    /// The columns of text.
    pub fn texts(&self) -> impl Iterator<Item = &'static str> {
        self.all_columns().filter(|column| column.kind == Kind::Text).map(|column| column.name)
    }

    /// The columns of text that people may have written, and named somebody in. Keys are ids, but for the path of a file.
    pub fn free_texts(&self) -> impl Iterator<Item = &'static str> {
        let is_thing = |name: &str| NAMES_OF_THINGS.contains(&name) || name.ends_with("_id");
        self.texts().filter(move |name| !is_thing(name) && (*name == "path" || !self.key.contains(name)))
    }

    /// The Arrow schema, the common columns last.
    pub fn schema(&self) -> SchemaRef {
        let fields: Vec<Field> =
            self.all_columns().map(|column| Field::new(column.name, column.kind.arrow(), !column.required)).collect();
        Arc::new(Schema::new(fields))
    }
}

const fn required(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, required: true, about }
}

const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, required: false, about }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_required_columns() {
        for table in TABLES {
            for key in table.key {
                let column = table.all_columns().find(|column| column.name == *key);
                assert!(column.is_some_and(|column| column.required), "{}.{key}", table.name);
            }
        }
    }

    #[test]
    fn what_people_wrote_is_told_from_names_of_things() {
        let free = |table: &Table| table.free_texts().collect::<Vec<_>>();
        assert_eq!(free(&code::COMMITS), ["subject"]);
        assert_eq!(free(&code::COMMIT_FILES), ["path", "previous_path"]);
        assert_eq!(free(&flow::PULL_REQUESTS), ["title", "base_branch", "labels"]);
        assert_eq!(free(&people::TEAM_MEMBERS), [""; 0]);
        // A city is a login too, and a zone without it is none.
        assert_eq!(free(&people::TEAM_CALENDARS), [""; 0]);
        // What another row has as its key stays as the key does.
        assert_eq!(free(&catalog::COMPONENT_OWNERS), [""; 0]);
        assert_eq!(free(&code::REPOSITORIES), ["default_branch"]);
        assert!(!free(&catalog::COMPONENTS).iter().any(|name| ["system", "domain"].contains(name)));
    }

    #[test]
    fn names_are_unique() {
        for table in TABLES {
            let mut names: Vec<_> = table.all_columns().map(|column| column.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", table.name);
        }
    }
}
