//! Tables of experiments: who was given what, and who used it.

use super::{Kind, Table, optional, required};

pub const ASSIGNMENTS: Table = Table {
    name: "assignments",
    about: "one unit's variant in one experiment, as the lottery drew it",
    key: &["experiment", "unit"],
    columns: &[
        required("experiment", Kind::Text, "experiment"),
        required("unit", Kind::Text, "randomised unit, such as a team"),
        required("variant", Kind::Text, "variant"),
        optional("stratum", Kind::Text, "stratum it was drawn in"),
        required("assigned_at", Kind::Time, "drawn"),
    ],
};

pub const EXPOSURES: Table = Table {
    name: "exposures",
    about: "one person's first use of a variant",
    key: &["experiment", "person_id"],
    columns: &[
        required("experiment", Kind::Text, "experiment"),
        required("person_id", Kind::Person, "person"),
        required("variant", Kind::Text, "variant"),
        required("exposed_at", Kind::Time, "first use"),
    ],
};
