//! Tables of the tools that people are given: who may use one, who has it, who uses it, and what its vendor counts.

use super::{Kind, Table, optional, required};

pub const TOOL_USAGE: Table = Table {
    name: "tool_usage",
    about: "one measure of one tool's use on one day, as its vendor counts it",
    key: &["tool", "scope", "day", "breakdown", "measure"],
    columns: &[
        required("tool", Kind::Text, "tool, such as copilot"),
        required("scope", Kind::Text, "organisation, or organisation/team, that is counted"),
        required("day", Kind::Time, "beginning of the day in UTC"),
        required(
            "breakdown",
            Kind::Text,
            "part that is counted, such as editor=vscode language=rust; empty for the whole",
        ),
        required("measure", Kind::Text, "what is counted, in the vendor's words, such as total_engaged_users"),
        optional("value", Kind::Float, "the count"),
    ],
};

pub const TOOL_ELIGIBILITY: Table = Table {
    name: "tool_eligibility",
    about: "one team's time in which its people may have a tool",
    key: &["tool", "team", "valid_from"],
    columns: &[
        required("tool", Kind::Text, "tool, such as copilot"),
        required("team", Kind::Text, "team whose people may have it; empty for everybody"),
        required("valid_from", Kind::Time, "first moment they may"),
        optional("valid_to", Kind::Time, "first moment they no longer may; NULL while they may"),
    ],
};

pub const TOOL_ASSIGNMENTS: Table = Table {
    name: "tool_assignments",
    about: "one person's time with a seat or licence of a tool",
    key: &["tool", "person_id", "valid_from"],
    columns: &[
        required("tool", Kind::Text, "tool, such as copilot"),
        required("person_id", Kind::Person, "who has it"),
        required("valid_from", Kind::Time, "first moment with it"),
        optional("valid_to", Kind::Time, "first moment without it; NULL while it is had"),
    ],
};

pub const TOOL_ACTIVITY: Table = Table {
    name: "tool_activity",
    about: "one person's use of a tool on one day; a day without a row is a day without use",
    key: &["tool", "person_id", "day"],
    columns: &[
        required("tool", Kind::Text, "tool, such as copilot"),
        required("person_id", Kind::Person, "who used it"),
        required("day", Kind::Time, "beginning of the day in UTC"),
        optional("uses", Kind::Int, "how often, as the tool counts it; NULL where it does not, and 0 is no use"),
    ],
};
