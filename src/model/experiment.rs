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

pub const EXPERIMENT_EVENTS: Table = Table {
    name: "experiment_events",
    about: "one thing that was done with an experiment: its audit trail",
    key: &["experiment", "sequence"],
    columns: &[
        required("experiment", Kind::Text, "experiment"),
        required("sequence", Kind::Int, "which of the experiment's events, from 1"),
        required("action", Kind::Text, "start, extend, amend or stop"),
        required("happened_at", Kind::Time, "when"),
        optional("reason", Kind::Text, "why, in the words of whoever did it"),
        required("definition_hash", Kind::Text, "BLAKE3 of the definition that holds from then on"),
        required("definition", Kind::Text, "that definition, as TOML"),
        optional("record", Kind::Text, "what was drawn or seen, as JSON"),
    ],
};

pub const EXPERIMENT_ROSTERS: Table = Table {
    name: "experiment_rosters",
    about: "one person's unit when an experiment was drawn, which the person keeps in it",
    key: &["experiment", "person_id"],
    columns: &[
        required("experiment", Kind::Text, "experiment"),
        required("person_id", Kind::Person, "person"),
        required("unit", Kind::Text, "unit that was drawn, such as a team"),
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
