//! Tables of golden paths: what checks found out about components, and when.

use super::{Kind, Table, optional, required};

pub const CHECK_RESULTS: Table = Table {
    name: "check_results",
    about: "what a check found out about one entity at a moment; it holds until the next row of the same check and entity",
    key: &["check_name", "entity", "checked_at"],
    columns: &[
        required("check_name", Kind::Text, "check"),
        required("entity", Kind::Text, "entity of the catalog, kind:namespace/name in lower case"),
        required("checked_at", Kind::Time, "when it was found out"),
        optional("passed", Kind::Bool, "whether the entity passes; NULL where it could not be told"),
        optional("evidence", Kind::Text, "what was looked at, in words"),
    ],
};
