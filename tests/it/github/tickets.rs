//! Issues as tickets: the same rows by whatever door, and only those that were asked for.

use super::folder::Folder;
use crate::github_world::faults::Faults;
use crate::github_world::server::Server;
use crate::github_world::world::generate::Size;
use crate::github_world::world::issue::DEEDS;
use crate::github_world::world::{At, Item, What, World};
use crate::github_world::{saved, webhooks};
use paceline::collect::github::webhook::{News, news};
use serde_json::Value;
use std::collections::BTreeSet;

/// Rows of `ticket_events` that an issue amounts to.
pub fn moments(item: &Item) -> usize {
    let nobodys = ["mentioned", "subscribed", "cross-referenced"];
    let is_told = |what: &What| !matches!(what, What::Done(deed) if nobodys.contains(&deed.word));
    item.comments.len() + item.events.iter().filter(|it| is_told(&it.what)).count()
}

#[tokio::test]
async fn saved_answers_of_rest_give_the_rows_of_the_api() {
    let server = Server::start(World::sized(6, Size { issues: 60, ..Size::default() }), Faults::none()).await;
    let (asked, read) = (Folder::new(), Folder::new());
    asked.collect(&server).await.unwrap();
    let answers: Vec<(String, Value)> = server.world(|world| saved::issues(world));
    read.collect_saved(&answers).await.unwrap();
    let words = "SELECT count(DISTINCT event) > 12 AS many, bool_or(event = 'resolved') AS ends FROM ticket_events";
    assert_eq!(asked.rows(words), [["true", "true"]], "the world is too dull to test anything");
    let filled = "SELECT bool_and(subject IS NOT NULL AND url LIKE 'https://github.com/%' AND state IN ('open', 'done')) AS whole,
                         bool_or(status = 'open') AND bool_or(status = 'completed') AS both, bool_or(kind = 'Task') AS kind,
                         bool_or(labels IS NOT NULL) AS labels, bool_or(assignee_id IS NOT NULL) AS assignee FROM tickets";
    assert_eq!(asked.rows(filled), [["true", "true", "true", "true", "true"]]);
    read.assert_equal_in(&["tickets", "ticket_events"], &asked, &BTreeSet::new(), "saved and asked");
    // Globs decide by repository, as for the API.
    let mut some = Folder::new();
    some.keys.tickets = vec!["acme/b*".to_owned()];
    some.collect_saved(&answers).await.unwrap();
    assert_eq!(some.rows("SELECT DISTINCT repository FROM tickets"), [["acme/beta"]]);
    let foreign = "SELECT count(*) FROM ticket_events WHERE ticket_id NOT LIKE 'acme/beta#%'";
    assert_eq!(some.rows(foreign), [["0"]]);
}

#[tokio::test]
async fn what_last_changed_before_since_is_left_out() {
    let server = Server::start(World::sized(7, Size { issues: 60, ..Size::default() }), Faults::none()).await;
    let mut changed: Vec<_> =
        server.world(|world| world.repositories.iter().flat_map(|it| it.issues()).map(|it| it.updated_at).collect());
    changed.sort_unstable();
    let since = changed[changed.len() / 2];
    let mut folder = Folder::new();
    folder.keys.since = Some(since);
    folder.collect(&server).await.unwrap();
    let left = changed.iter().filter(|at| **at >= since).count();
    assert_eq!(folder.rows("SELECT count(*) FROM tickets"), [[left.to_string()]]);
    folder.reconcile(&server).await.unwrap();
    assert_eq!(folder.rows("SELECT count(*) FROM tickets"), [[left.to_string()]], "they are not missed either");
}

#[tokio::test]
async fn what_is_deleted_or_moves_away_is_found_by_comparing() {
    let server = Server::start(World::new(8), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let (gone, late) = server.world(|world| {
        world.clock.advance(60);
        let (id, name) = (world.repositories[0].id, world.repositories[0].full_name());
        let numbers: Vec<u64> = world.repositories[0].issues().map(|it| it.number).collect();
        let at = |number| At { repository: id, number };
        // Both have had something happen to them, so that events are left behind.
        assert!(numbers[..2].iter().all(|number| world.comment(at(*number)).is_some()));
        let late = saved::list_of(world, &format!("/repos/{name}/issues/{}/comments", numbers[0]));
        assert!(world.delete(at(numbers[0])) && world.transfer_issue(at(numbers[1])));
        let gone: Vec<String> = numbers[..2].iter().map(|number| format!("'{name}#{number}'")).collect();
        (gone, late)
    });
    folder.collect(&server).await.unwrap();
    folder.reconcile(&server).await.unwrap();
    let left = |table| folder.rows(&format!("SELECT count(*) FROM {table} WHERE ticket_id IN ({})", gone.join(", ")));
    assert_eq!((left("tickets"), left("ticket_events")), (vec![vec!["0".to_owned()]], vec![vec!["0".to_owned()]]));
    assert_eq!(folder.rows("SELECT sum(gone) FROM source_counts WHERE entity = 'tickets'"), [["2"]]);
    // What is heard of it afterwards does not stay.
    folder.collect_saved(&[("late.json".to_owned(), Value::Array(late))]).await.unwrap();
    assert_ne!(left("ticket_events"), [["0"]]);
    folder.reconcile(&server).await.unwrap();
    assert_eq!(left("ticket_events"), [["0"]]);
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "deleted and transferred");
}

#[tokio::test]
async fn who_answered_and_what_was_reopened_follows_from_the_events() {
    let server = Server::start(World::sized(9, Size { issues: 60, ..Size::default() }), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let (answered, reopened) = server.world(|world| {
        let issues = || world.repositories.iter().flat_map(|it| it.issues());
        let is_answer = |item: &Item, author: u64| author != item.author && !world.user(author).unwrap().is_bot;
        let answered = issues().filter(|it| it.comments.iter().any(|comment| is_answer(it, comment.author)));
        let reopened = issues().flat_map(|it| &it.events).filter(|it| it.what == What::Reopened);
        (answered.count(), reopened.count())
    });
    assert!(answered > 10 && reopened > 3, "{answered} answered, {reopened} reopened");
    let derived =
        "SELECT count(first_response_at), sum(reopened), bool_and(first_response_at >= opened_at) FROM tickets";
    assert_eq!(folder.rows(derived), [[answered.to_string(), reopened.to_string(), "true".to_owned()]]);
}

#[test]
fn webhooks_speak_of_issues_in_the_words_of_the_timeline() {
    let mut world = World::new(10);
    let at = At { repository: world.repositories[0].id, number: world.repositories[0].issues().next().unwrap().number };
    for _ in 0..200 {
        world.treat(at);
    }
    world.rename(at);
    let words = |told: &webhooks::Delivery| {
        let News::Rows(said) = news(told.event, &serde_json::from_str(&told.body).unwrap(), told.at, true).unwrap()
        else {
            panic!("{told:?}")
        };
        let events = said.iter().filter(|it| it.subject().0 == "ticket_events");
        events.map(|it| it.subject().1["event"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for deed in DEEDS.iter().filter_map(|it| Some((it.word, it.action?))).chain([("renamed", "edited")]) {
        let told = world.deliveries.iter().find(|it| it.action == deed.1).unwrap();
        assert_eq!(words(told), [deed.0]);
    }
}
