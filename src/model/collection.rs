//! Tables about the collecting itself.

use super::{Kind, Table, optional, required};

pub const SOURCE_COUNTS: Table = Table {
    name: "source_counts",
    about: "what a reconciliation counted at the source and in the tables, for the things created on one day",
    key: &["repository", "entity", "day"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("entity", Kind::Text, "table that was compared, such as pull_requests"),
        required("day", Kind::Time, "beginning of the day in UTC"),
        required("at_source", Kind::Int, "rows that the source has"),
        required("found", Kind::Int, "of these, rows that the table had in their newest version before it was mended"),
        required("gone", Kind::Int, "rows that the table had and the source no longer has"),
        optional("checked_at", Kind::Time, "when it was counted, by the source's clock"),
    ],
};
