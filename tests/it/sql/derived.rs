//! Columns that follow from the parts of a row, from rows that can be counted by hand.

use super::database::Database;

/// Ada has two accounts; Bob is another person; the machine is nobody.
const PEOPLE: [(&str, &str, bool); 4] =
    [("ada", "p-ada", false), ("ada-2", "p-ada", false), ("bob", "p-bob", false), ("robot", "p-robot", true)];

#[tokio::test]
async fn a_ticket_is_answered_by_another_person() {
    let database = Database::filled(
        &PEOPLE,
        &[
            "INSERT INTO stored.tickets (source, ticket_id, requester_id, first_response_at, reopened) VALUES
                ('hub', 'answered', 'ada', NULL, NULL), ('hub', 'silent', 'ada', NULL, NULL),
                ('hub', 'anonymous', NULL, NULL, NULL), ('hub', 'said', 'ada', '2026-01-01T00:00:00Z', 9),
                ('desk', 'answered', 'ada', NULL, NULL), ('desk', 'said', 'ada', '2026-01-02T00:00:00Z', 4)",
            "INSERT INTO stored.ticket_events (source, ticket_id, event_id, event, actor_id, happened_at, deleted_at) VALUES
                ('hub', 'answered', '1', 'commented', 'ada', '2026-02-01T01:00:00Z', NULL),
                ('hub', 'answered', '2', 'commented', 'ada-2', '2026-02-01T02:00:00Z', NULL),
                ('hub', 'answered', '3', 'commented', 'robot', '2026-02-01T03:00:00Z', NULL),
                ('hub', 'answered', '4', 'commented', NULL, '2026-02-01T04:00:00Z', NULL),
                ('hub', 'answered', '5', 'commented', 'bob', '2026-02-01T05:00:00Z', '2026-02-02T00:00:00Z'),
                ('hub', 'answered', '6', 'labeled', 'bob', '2026-02-01T06:00:00Z', NULL),
                ('hub', 'answered', '7', 'commented', 'bob', '2026-02-01T08:00:00Z', NULL),
                ('hub', 'answered', '8', 'commented', 'bob', '2026-02-01T07:00:00Z', NULL),
                ('hub', 'answered', '9', 'reopened', 'ada', '2026-02-01T09:00:00Z', NULL),
                ('hub', 'answered', '10', 'reopened', 'robot', '2026-02-01T10:00:00Z', NULL),
                ('hub', 'answered', '11', 'reopened', 'ada', '2026-02-01T11:00:00Z', '2026-02-02T00:00:00Z'),
                ('hub', 'silent', '1', 'commented', 'ada', '2026-02-01T01:00:00Z', NULL),
                ('hub', 'anonymous', '1', 'commented', 'ada', '2026-02-01T01:00:00Z', NULL),
                ('hub', 'said', '1', 'commented', 'bob', '2026-02-01T01:00:00Z', NULL)",
        ],
    )
    .await
    .unwrap();
    let sql = "SELECT source, ticket_id, first_response_at, reopened FROM tickets ORDER BY source, ticket_id";
    let expected = [
        // A source without events knows of neither.
        "desk answered NULL NULL",
        "desk said 2026-01-02T00:00:00Z 4",
        "hub anonymous 2026-02-01T01:00:00Z 0",
        "hub answered 2026-02-01T07:00:00Z 2",
        // The source's own word stands.
        "hub said 2026-01-01T00:00:00Z 9",
        "hub silent NULL 0",
    ];
    assert_eq!(database.lines(sql).await.unwrap(), expected);
}

#[tokio::test]
async fn the_comments_of_a_review_are_those_with_its_id() {
    let database = Database::filled(
        &PEOPLE,
        &[
            "INSERT INTO stored.reviews (source, repository, pull_request, review_id, comments) VALUES
                ('hub', 'app', 1, '7', NULL), ('hub', 'app', 1, '8', NULL), ('hub', 'app', 1, '9', 5),
                ('hub', 'lib', 1, '7', NULL), ('mail', 'app', 1, '7', NULL)",
            "INSERT INTO stored.review_comments (source, repository, pull_request, comment_id, place, review_id, deleted_at)
                VALUES ('hub', 'app', 1, '1', 'code', '7', NULL), ('hub', 'app', 1, '2', 'code', '7', NULL),
                    ('hub', 'app', 1, '3', 'code', '7', '2026-02-02T00:00:00Z'),
                    ('hub', 'app', 1, '4', 'conversation', NULL, NULL), ('hub', 'app', 1, '5', 'code', '9', NULL),
                    ('mail', 'app', 1, '6', 'conversation', NULL, NULL)",
        ],
    )
    .await
    .unwrap();
    let sql = "SELECT source, repository, review_id, comments FROM reviews ORDER BY source, repository, review_id";
    // Of `mail` only the conversation is told.
    let expected = ["hub app 7 2", "hub app 8 0", "hub app 9 5", "hub lib 7 0", "mail app 7 NULL"];
    assert_eq!(database.lines(sql).await.unwrap(), expected);
}
