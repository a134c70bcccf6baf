//! The world itself: the same from the same seed, valid after any change, announced by webhooks.

use crate::github_world::faults::Faults;
use crate::github_world::server::Server;
use crate::github_world::tests::client::get;
use crate::github_world::webhooks::{disordered, signature};
use crate::github_world::world::generate::Size;
use crate::github_world::world::minimum::{Minimum, Pages};
use crate::github_world::world::{Time, Verdict, What, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_same_seed_makes_the_same_world() {
    let live = |seed: u64| {
        let mut world = World::new(seed);
        let said: Vec<String> = (0..200).map(|_| world.change()).collect();
        (said, format!("{:?} {:?}", world.repositories, world.deliveries))
    };
    assert!(live(31) == live(31));
    assert_ne!(live(31).0, live(32).0);
}

#[test]
fn every_kind_of_change_happens_and_leaves_a_valid_world() {
    let mut world = World::new(33);
    let mut kinds = BTreeSet::new();
    let mut same_second = 0;
    for _ in 0..2_000 {
        let before: BTreeMap<(u64, u64), Time> = updates(&world);
        let then = world.clock.now();
        let said = world.change();
        same_second += usize::from(world.clock.now() == then);
        let words = said.split_once(": ").unwrap().1.split(' ').filter(|word| word.parse::<u64>().is_err());
        kinds.insert(words.take(4).collect::<Vec<_>>().join(" "));
        check(&world, &before, &said);
    }
    assert!(same_second > 50, "changes within one second: {same_second}");
    for kind in [
        "open pull request",
        "open issue",
        "force-push to",
        "merge",
        "close",
        "reopen",
        "delete",
        "edit a comment on",
        "delete a comment on",
        "dismiss a review of",
        "edit a review of",
        "turn draft or ready",
        "take a label from",
        "ask for a review",
        "take back a request",
        "answer in a thread",
        "rename",
        "archived",
        "publish a release",
        "edit release",
        "delete a release",
        "delete a run",
        "delete a deployment",
    ] {
        assert!(kinds.iter().any(|it| it.starts_with(kind)), "never happened: {kind}; {kinds:?}");
    }
    let events: BTreeSet<&str> = world.deliveries.iter().map(|it| it.event).collect();
    assert_eq!(events.len(), 11, "{events:?}");
}

fn updates(world: &World) -> BTreeMap<(u64, u64), Time> {
    let all = world.repositories.iter();
    all.flat_map(|it| it.items.iter().map(|item| ((it.id, item.number), item.updated_at))).collect()
}

/// What must hold after any change.
fn check(world: &World, before: &BTreeMap<(u64, u64), Time>, said: &str) {
    let now = world.clock.now();
    for (key, at) in updates(world) {
        assert!(at <= now && before.get(&key).is_none_or(|was| at >= *was), "{said}: {key:?} at {at}");
    }
    for repository in &world.repositories {
        for item in &repository.items {
            let last = |wanted: fn(&What) -> bool| item.events.iter().rev().find(|it| wanted(&it.what));
            let end = last(|what| matches!(what, What::Closed | What::Reopened));
            assert_eq!(item.closed_at.is_some(), end.is_some_and(|it| it.what == What::Closed), "{said}");
            let Some(pull) = &item.pull else { continue };
            assert!(!pull.commits.is_empty(), "{said}");
            let is_over = item.closed_at.is_some() && !pull.is_draft;
            assert!(pull.merged.is_none() || is_over, "{said}: merged is closed and no draft");
            for review in &pull.reviews {
                let was_dismissed = item
                    .events
                    .iter()
                    .any(|it| matches!(it.what, What::ReviewDismissed { review: of, .. } if of == review.id));
                assert_eq!(review.verdict == Verdict::Dismissed, was_dismissed, "{said}");
            }
            let threads: BTreeSet<u64> = pull.threads().map(|it| it.id).collect();
            assert!(
                pull.review_comments.iter().all(|it| threads.contains(&it.thread)),
                "{said}: a thread has a beginning"
            );
        }
    }
}

/// The example of GitHub's documentation, "Validating webhook deliveries".
#[test]
fn the_signature_is_the_published_one() {
    let published = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(signature("It's a Secret to Everybody", b"Hello, World!"), published);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_announced() {
    let server = Server::start(World::new(34), Faults::none()).await;
    assert!(server.world(|world| world.deliveries.is_empty()), "history is not announced");
    server.world(|world| (0..300).for_each(|_| drop(world.change())));
    let deliveries = server.world(|world| world.deliveries.clone());
    assert!(deliveries.len() > 250);
    for delivery in &deliveries {
        let body: Value = serde_json::from_str(&delivery.body).unwrap();
        assert!(body["sender"]["login"].is_string() && body["action"] == delivery.action);
        assert_eq!(body["repository"]["id"].as_u64(), delivery.repository);
        let about = match delivery.event {
            "issues" => "issue",
            "issue_comment" | "pull_request_review_comment" => "comment",
            "pull_request_review" => "review",
            "membership" => "member",
            event => event,
        };
        assert!(body[about].is_object(), "{}: no {about}", delivery.event);
        let headers: BTreeMap<_, _> = delivery.headers("secret").into_iter().collect();
        assert_eq!(headers["x-hub-signature-256"], signature("secret", delivery.body.as_bytes()));
        assert_eq!(
            (&headers["x-github-delivery"], headers["x-github-event"].as_str()),
            (&delivery.guid, delivery.event)
        );
    }
    let listed = super::client::pages(&server, "/orgs/acme/hooks/1/deliveries?per_page=100");
    let listed: Vec<u64> = listed.iter().flat_map(super::client::Answer::ids).collect();
    assert_eq!(listed, deliveries.iter().rev().map(|it| it.id).collect::<Vec<_>>());
    let of_one = get(&server, "/repos/acme/beta/hooks/1/deliveries");
    assert!(of_one.status == 301 || of_one.json().as_array().unwrap().iter().all(|it| it["repository_id"].is_u64()));
    let sent = disordered(&deliveries, 1);
    let ids: BTreeSet<u64> = sent.iter().map(|it| it.id).collect();
    assert!(ids.len() < deliveries.len() && ids.len() < sent.len() && !sent.is_sorted_by_key(|it| it.id));
}

#[test]
fn the_minimum_counts_pages() {
    let world = World::sized(35, Size { busy_pulls: 1, runs: 0, ..Size::default() });
    let least = world.minimum(Pages { items: 20, nested: 100, rest: 100 });
    let lists = [("labels", 2), ("comments", 2), ("commits", 2), ("reviews", 2), ("threads", 2)];
    let busy = world.repositories[0].pulls().find(|it| it.0.comments.len() > 100).unwrap();
    let of_events = busy.0.events.len().div_ceil(100) - 1;
    let of_lists: usize = lists.iter().map(|it| it.1 - 1).sum();
    let reviews = busy.1.reviews.len().div_ceil(100) + busy.1.threads().count().div_ceil(100) - 4;
    let expected = Minimum {
        repositories: 1,
        pulls: 2 + 1 + 1,
        pull_lists: of_lists + of_events + reviews,
        issues: 3,
        issue_lists: 0,
        deployments: 3,
        releases: 3,
        runs: 3,
        jobs: 0,
        teams: 1,
        members: 3,
    };
    assert_eq!(least, expected);
    assert_eq!(least.total(), 21 + least.pull_lists);
}
