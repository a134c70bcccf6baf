//! Tables of the tools that people are given: who may use them is in the teams, what is used is here.

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
