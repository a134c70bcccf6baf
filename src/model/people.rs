//! Tables of teams. People themselves are a view over the identity store, so that no name is ever in a table.

use super::{Kind, Table, optional, required};

pub const TEAMS: Table = Table {
    name: "teams",
    about: "one team",
    key: &["team"],
    columns: &[
        required("team", Kind::Text, "short name, unique in the data folder"),
        optional("title", Kind::Text, "name to show"),
        optional("parent", Kind::Text, "team above it"),
    ],
};

pub const TEAM_MEMBERS: Table = Table {
    name: "team_members",
    about: "one person's time in one team",
    key: &["team", "person_id", "valid_from"],
    columns: &[
        required("team", Kind::Text, "team"),
        required("person_id", Kind::Person, "person"),
        required("valid_from", Kind::Time, "first moment in the team"),
        optional("valid_to", Kind::Time, "first moment no longer in the team; NULL while a member"),
        required("weight", Kind::Float, "share of the person's time, 0 to 1"),
    ],
};
