//! Tables of internal support: who asked for help, about what, and how long it took; and who asked an assistant instead.

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
        optional("project", Kind::Text, "project, group or form it was filed in, in the source's words"),
        optional("kind", Kind::Text, "type in the source's words, such as incident or question"),
        optional("priority", Kind::Text, "priority in the source's words"),
        optional("status", Kind::Text, "status in the source's words"),
        optional("state", Kind::Text, "open while nobody works on it, active, waiting for somebody else, or done"),
        optional("labels", Kind::Text, "labels, sorted, separated by commas"),
        optional("subject", Kind::Text, "first line of what was asked"),
        optional("assignee_id", Kind::Person, "who is to answer"),
        optional("url", Kind::Text, "its page at the source"),
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
        required("event", Kind::Text, "commented, resolved, reopened, changed, labeled, assigned …"),
        optional("actor_id", Kind::Person, "who did it"),
        optional("field", Kind::Text, "what was changed, such as status; NULL where nothing is"),
        optional("from_value", Kind::Text, "before, in the source's words; NULL where it was empty or a person"),
        optional("to_value", Kind::Text, "afterwards, in the source's words; NULL where it is empty or a person"),
        required("happened_at", Kind::Time, "when it happened"),
    ],
};

pub const ASSISTANT_QUESTIONS: Table = Table {
    name: "assistant_questions",
    about: "one question that somebody asked an assistant, such as a bot that answers from internal documents",
    key: &["question_id"],
    columns: &[
        required("question_id", Kind::Text, "id at the source"),
        optional("asker_id", Kind::Person, "who asked"),
        required("asked_at", Kind::Time, "when it was asked"),
        optional("topic", Kind::Text, "topic, in the words of tickets"),
        optional("component", Kind::Text, "entity of the component it was about"),
        optional(
            "is_helpful",
            Kind::Bool,
            "whether the asker said that the answer helped; NULL where nothing was said",
        ),
    ],
};
