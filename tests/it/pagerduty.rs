//! Collecting from PagerDuty: every incident arrives, once, whatever happens meanwhile and whatever goes wrong.

mod prism;
mod recorded;

use crate::cli::product::Product;
use crate::vendor_world::folder::{Folder, TOKEN};
use crate::vendor_world::pagerduty::World;
use crate::vendor_world::server::{Fault, Rule, Server};
use chrono::TimeDelta;
use paceline::collect::Report;
use paceline::project::{ApiSource, PagerdutyPipeline, PipelineKind};
use std::time::Duration;

const TABLES: [&str; 1] = ["incidents"];

fn kind(server: &Server<World>) -> PagerdutyPipeline {
    let from = ApiSource::Api { url: server.url().to_owned(), credential: Folder::token() };
    PagerdutyPipeline { from, services: Vec::new(), since: None, webhook_secret: None }
}

/// Runs at the world's time, a little after all that happened.
async fn run(
    folder: &Folder,
    server: &Server<World>,
    keys: &PagerdutyPipeline,
    reconciles: bool,
) -> Result<Report, String> {
    let now = server.world(|world| {
        world.advance(10);
        world.now
    });
    let kind = PipelineKind::Pagerduty(keys.clone());
    folder.collect(kind, now, reconciles).await.map_err(|error| error.to_string())
}

async fn collect(folder: &Folder, server: &Server<World>) -> Report {
    run(folder, server, &kind(server), false).await.unwrap()
}

fn asked(server: &Server<World>) -> Vec<String> {
    server.take_requests().into_iter().map(|it| it.path.split('?').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn everything_arrives_with_the_least_requests() {
    let server = Server::start(World::new(1, 300)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    let entries = 300
        + server.world(|world| {
            world
                .incidents
                .iter()
                .map(|it| usize::from(it.status == "resolved") + usize::from(it.log.len() > 3))
                .sum::<usize>()
        });
    let requests = asked(&server);
    // Open ones, the first one, the log's pages in three windows of half a year, and the users.
    let least = 1 + 1 + entries.div_ceil(100) + 1;
    assert!(requests.len() <= least + 3, "{} requests, {least} would do: {requests:?}", requests.len());
    assert_eq!(folder.rows("SELECT count(*) FROM incidents").await, [["300"]]);
    let counts = "SELECT count(*) FILTER (WHERE status = 'triggered'), count(acknowledged_at), count(resolved_at),
                  count(DISTINCT service), count(*) FILTER (WHERE team = 'Platform') FROM incidents";
    let acknowledged = server.world(|world| world.incidents.iter().filter(|it| it.log.len() > 3).count()).to_string();
    assert_eq!(folder.rows(counts).await, [["5", acknowledged.as_str(), "295", "3", "300"]]);
    let minutes = "SELECT DISTINCT hours_between(opened_at, acknowledged_at) * 60 FROM incidents WHERE acknowledged_at IS NOT NULL";
    assert_eq!(folder.rows(minutes).await, [["3.0"]]);
    let severity = "SELECT DISTINCT severity FROM incidents ORDER BY 1";
    assert_eq!(folder.rows(severity).await, [["P1"], ["high"]]);
    let known: Vec<String> =
        folder.store.state().unwrap().identities().unwrap().into_iter().map(|it| it.2.key.email).collect();
    assert!(known.contains(&"user3@acme.example".to_owned()), "{known:?}");
    // Nothing new: what is open, and the newest minutes of the log.
    assert_eq!(collect(&folder, &server).await.rows, []);
    assert_eq!(asked(&server), ["/incidents", "/log_entries"]);
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn parts_equal_the_whole() {
    for seed in 0..6 {
        let server = Server::start(World::new(seed, 60)).await;
        let parts = Folder::new();
        collect(&parts, &server).await;
        for round in 0..4 {
            let said: Vec<String> = server.world(|world| {
                let said = (0..3 + round).map(|_| world.change()).collect();
                // The last of it is listed two minutes late.
                world.delay_log(120);
                said
            });
            eprintln!("{seed}: {said:?}");
            collect(&parts, &server).await;
        }
        server.world(|world| world.advance(180));
        collect(&parts, &server).await;
        run(&parts, &server, &kind(&server), true).await.unwrap();
        let whole = Folder::new();
        collect(&whole, &server).await;
        parts.assert_equals(&whole, &TABLES).await;
        assert_eq!(parts.rows("SELECT sum(at_source - found), sum(gone) FROM source_counts").await, [["0", "0"]]);
        assert_eq!(server.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_was_missed_or_is_gone_is_found_by_comparing() {
    let server = Server::start(World::new(3, 40)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    server.world(|world| {
        // Behind everything that was read, and without a word.
        world.rename(7);
        world.incidents.remove(2);
        world.advance(86_400);
    });
    collect(&folder, &server).await;
    let counts =
        "SELECT sum(at_source), sum(at_source - found), sum(gone) FROM source_counts WHERE entity = 'incidents'";
    assert_eq!(folder.rows(counts).await, [["39", "1", "1"]]);
    let whole = Folder::new();
    collect(&whole, &server).await;
    folder.assert_equals(&whole, &TABLES).await;
}

#[tokio::test]
async fn an_account_that_was_empty_at_first_keeps_what_comes() {
    let server = Server::start(World::new(3, 0)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    server.world(|world| {
        world.advance(3_600);
        world.begin();
        world.advance(600);
        world.set_status(0, "resolved");
    });
    collect(&folder, &server).await;
    server.world(|world| world.advance(86_400));
    collect(&folder, &server).await;
    assert_eq!(folder.rows("SELECT count(*) FROM incidents").await, [["1"]]);
    assert_eq!(folder.rows("SELECT sum(at_source - found), sum(gone) FROM source_counts").await, [["0", "0"]]);
}

#[tokio::test]
async fn a_comparison_that_broke_off_is_made_again() {
    let server = Server::start(World::new(3, 40)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    server.world(|world| {
        world.incidents.remove(2);
        world.advance(86_400);
    });
    // Neither whoever may not read the users goes without, nor is a day lost because a list failed.
    server.fail(Rule { path: "/users", skip: 0, times: 1, fault: Fault::Status(403) });
    server.fail(Rule { path: "/incidents?since", skip: 0, times: 6, fault: Fault::Status(500) });
    run(&folder, &server, &kind(&server), false).await.unwrap_err();
    assert_eq!(folder.rows("SELECT count(*) FROM incidents").await, [["40"]]);
    server.fail(Rule { path: "/users", skip: 0, times: 1, fault: Fault::Status(403) });
    let error = run(&folder, &server, &kind(&server), false).await.unwrap_err();
    assert!(error.contains("/users?limit=100&offset=0 answers 403 Forbidden"), "{error}");
    assert_eq!(folder.rows("SELECT count(*) FROM incidents").await, [["39"]]);
}

#[tokio::test]
async fn more_than_a_list_gives_is_read_in_halves() {
    let server = Server::start(World::new(5, 4_300)).await;
    let folder = Folder::new();
    // All of them within a month, so that the log of one stretch of time is too long.
    server.world(|world| {
        let now = world.now;
        for incident in &mut world.incidents {
            let back = (now - incident.created_at) * 9 / 10;
            let shift = back - TimeDelta::seconds(back.num_seconds() % 60);
            incident.shift(shift);
        }
    });
    collect(&folder, &server).await;
    assert_eq!(folder.rows("SELECT count(*) FROM incidents").await, [["4300"]]);
    assert!(server.take_requests().iter().all(|it| it.status == 200));
}

#[tokio::test]
async fn services_and_since_leave_out_the_others() {
    let server = Server::start(World::new(4, 60)).await;
    let folder = Folder::new();
    let since = server.world(|world| world.now) - TimeDelta::days(100);
    let keys = PagerdutyPipeline { services: vec!["PS1".to_owned()], since: Some(since), ..kind(&server) };
    run(&folder, &server, &keys, true).await.unwrap();
    let expected = server.world(|world| {
        world.incidents.iter().filter(|it| it.service == 1 && it.created_at >= since).count().to_string()
    });
    let counts = "SELECT count(*), count(*) FILTER (WHERE service = 'Service 1') FROM incidents";
    assert_eq!(folder.rows(counts).await, [[expected.clone(), expected]]);
    assert_eq!(folder.rows("SELECT sum(at_source - found), sum(gone) FROM source_counts").await, [["0", "0"]]);
    // A moment that is set earlier brings older ones, with their acknowledgement, when it is compared.
    let keys = PagerdutyPipeline { since: Some(since - TimeDelta::days(90)), ..keys };
    run(&folder, &server, &keys, true).await.unwrap();
    let whole = Folder::new();
    run(&whole, &server, &keys, true).await.unwrap();
    folder.assert_equals(&whole, &TABLES).await;
}

#[tokio::test]
async fn limits_are_kept() {
    let server = Server::start(World::new(2, 120)).await;
    server.limit(3, Duration::from_secs(1));
    let folder = Folder::new();
    collect(&folder, &server).await;
    assert_eq!(folder.rows("SELECT count(*) FROM incidents").await, [["120"]]);
    assert_eq!(server.violations(), Vec::<String>::new());
    // What was left of the budget was said, so that no request was refused.
    assert!(server.take_requests().iter().all(|it| it.status == 200));
    let budgets = folder.store.state().unwrap().budgets().unwrap();
    assert_eq!(budgets.iter().map(|it| (it.resource.as_str(), it.most)).collect::<Vec<_>>(), [("requests", Some(3))]);
}

#[tokio::test]
async fn faults_are_one_line_and_a_run_that_broke_off_goes_on() {
    let server = Server::start(World::new(6, 300)).await;
    let folder = Folder::new();
    let rule = |path, skip, times, fault| Rule { path, skip, times, fault };
    // Twice for a moment, then for good in the third window of half a year.
    server.fail(rule("/log_entries", 1, 2, Fault::Status(502)));
    server.fail(rule("until=2026-03-01", 0, 6, Fault::Status(500)));
    let error = run(&folder, &server, &kind(&server), false).await.unwrap_err();
    assert!(!error.contains('\n') && error.ends_with("answers 500 Internal Server Error: out of order"), "{error}");
    let stored: usize = folder.rows("SELECT count(*) FROM incidents").await[0][0].parse().unwrap();
    assert!(stored > 250, "the first windows are stored: {stored}");
    asked(&server);
    collect(&folder, &server).await;
    let again = asked(&server);
    assert!(again.len() <= 4, "what was read is not read again: {again:?}");
    assert_eq!(folder.rows("SELECT count(*) FROM incidents").await, [["300"]]);
    let whole = Folder::new();
    collect(&whole, &server).await;
    folder.assert_equals(&whole, &TABLES).await;

    server.fail(rule("/incidents?", 0, 1, Fault::Garbage));
    let error = run(&folder, &server, &kind(&server), false).await.unwrap_err();
    let words = "sent something that is not what PagerDuty documents: expected value at line 1 column 1";
    assert!(error.starts_with(server.url()) && error.ends_with(words), "{error}");
    server.fail(rule("/incidents?", 0, 1, Fault::Status(403)));
    let error = run(&folder, &server, &kind(&server), false).await.unwrap_err();
    assert!(error.ends_with("answers 403 Forbidden: out of order"), "{error}");
    // An incident that is resolved while the open ones are read.
    let resolve = |world: &mut World| {
        world.advance(5);
        let place = world.open()[0];
        world.set_status(place, "resolved");
    };
    server.fail(rule("/log_entries", 0, 1, Fault::Meanwhile(resolve)));
    collect(&folder, &server).await;
    collect(&folder, &server).await;
    let whole = Folder::new();
    collect(&whole, &server).await;
    folder.assert_equals(&whole, &TABLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_of_the_project_is_collected_and_its_state_is_said() {
    let server = Server::start(World::new(8, 20)).await;
    let product = Product::new();
    let text = format!("type = \"pagerduty\"\nurl = \"{}\"\ntoken = {{ file = \"token\" }}\n", server.url());
    product.write("pipelines/acme.toml", &text);
    product.write("token", "wrong");
    let line = product.run(["collect"]).failed(3).to_owned();
    assert!(line.contains("refuses the token (401: who are you)"), "{line}");
    product.write("token", TOKEN);
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT count(*) FROM incidents"), [["20"]]);
    let status = product.run(["collect", "--status", "--format", "csv"]).succeeded();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("requests 9999"), "{status}");
    product.write("pipelines/acme.toml", "type = \"pagerduty\"\n");
    let line = product.run(["collect"]).failed(1).to_owned();
    assert!(line.contains("acme.toml:1:8: needs token = { env = \"PAGERDUTY_TOKEN\" }"), "{line}");
}
