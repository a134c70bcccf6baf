//! Tables of internal support: who asked for help, about what, and how long it took.

use super::{Kind, Table, optional, required};

pub const TICKETS: Table = Table {
    name: "tickets",
    about: "one support request",
    key: &["ticket_id"],
    columns: &[
        required("ticket_id", Kind::Text, "id at the source"),
        optional("repository", Kind::Text, "repository it was filed in, where it is an issue of one"),
        optional("requester_id", Kind::Person, "who asked"),
        optional("topic", Kind::Text, "topic"),
        required("opened_at", Kind::Time, "opened"),
        optional("first_response_at", Kind::Time, "first answer by a person who is not the requester"),
        optional("resolved_at", Kind::Time, "resolved; NULL while open"),
        optional("reopened", Kind::Int, "times it was opened again"),
    ],
};

pub const TICKET_EVENTS: Table = Table {
    name: "ticket_events",
    about: "one moment in the life of a support request",
    key: &["ticket_id", "event_id"],
    columns: &[
        required("ticket_id", Kind::Text, "ticket"),
        required("event_id", Kind::Text, "id at the source"),
        required("event", Kind::Text, "commented, resolved, reopened, labeled, assigned …"),
        optional("actor_id", Kind::Person, "who did it"),
        required("happened_at", Kind::Time, "when it happened"),
    ],
};
