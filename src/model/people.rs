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

pub const TEAM_CALENDARS: Table = Table {
    name: "team_calendars",
    about: "when a team works, for a time; what is NULL is as in the team above, or as for every team",
    key: &["team", "valid_from"],
    columns: &[
        required("team", Kind::Text, "team; empty for every team that neither itself nor above has a calendar"),
        required("valid_from", Kind::Time, "first moment it holds"),
        optional("valid_to", Kind::Time, "first moment it no longer holds; NULL while it does"),
        optional("zone", Kind::Text, "IANA time zone, such as Europe/Stockholm"),
        optional("days", Kind::Text, "working days of the week, such as mon tue wed thu fri"),
        optional("hours", Kind::Text, "working hours of such a day in local time, such as 09:00-12:00 13:00-17:00"),
        optional("holidays", Kind::Text, "days on which nobody works, such as 2026-01-01 2026-12-25"),
    ],
};

pub const TEAM_CHANGES: Table = Table {
    name: "team_changes",
    about: "one thing that a collection of teams found to be other than at the one before",
    key: &["changed_at", "team", "ordinal"],
    columns: &[
        required("changed_at", Kind::Time, "when the collection ran that found it"),
        required("ordinal", Kind::Int, "which of the changes of that collection, from 1"),
        required("team", Kind::Text, "team"),
        required("change", Kind::Text, "created, removed, renamed, moved, joined or left"),
        optional("person_id", Kind::Person, "who joined or left"),
        optional("before", Kind::Text, "name or team above, before"),
        optional("after", Kind::Text, "name or team above, afterwards"),
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
