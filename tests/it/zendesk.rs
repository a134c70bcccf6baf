//! Collecting from Zendesk: every ticket arrives with what happened to it, once, whatever changes and whatever goes wrong.

use crate::cli::product::Product;
use crate::vendor_world::folder::{Folder, TOKEN};
use crate::vendor_world::server::{Fault, Rule, Server};
use crate::vendor_world::zendesk::World;
use paceline::collect::Report;
use paceline::project::{ApiSource, PipelineKind, ZendeskCredential, ZendeskPipeline};
use std::time::Duration;

const TABLES: [&str; 2] = ["tickets", "ticket_events"];

fn keys(server: &Server<World>) -> ZendeskPipeline {
    let credential = ZendeskCredential::ApiToken { email: "agent@acme.example".to_owned(), token: Folder::token() };
    ZendeskPipeline {
        from: ApiSource::Api { url: server.url().to_owned(), credential },
        since: None,
        webhook_secret: None,
    }
}

/// Runs two minutes later, when all that happened is exported.
async fn run(folder: &Folder, server: &Server<World>, reconciles: bool) -> Result<Report, String> {
    let now = server.world(|world| {
        world.advance(120);
        world.now
    });
    let kind = PipelineKind::Zendesk(keys(server));
    folder.collect(kind, now, reconciles).await.map_err(|error| error.to_string())
}

async fn collect(folder: &Folder, server: &Server<World>) -> Report {
    run(folder, server, false).await.unwrap()
}

fn asked(server: &Server<World>) -> Vec<String> {
    server.take_requests().into_iter().map(|it| it.path.split('?').next().unwrap().to_owned()).collect()
}

const EXPORTS: [&str; 3] = [
    "/api/v2/incremental/tickets/cursor.json",
    "/api/v2/incremental/ticket_events.json",
    "/api/v2/incremental/ticket_metric_events.json",
];

#[tokio::test]
async fn everything_arrives_with_the_least_requests() {
    let server = Server::start(World::new(1, 200)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    assert_eq!(asked(&server), EXPORTS);
    let (comments, notes, replied, solved) = server.world(|world| {
        let children = |is_public: bool| {
            // The comment that a ticket is created with is the ticket itself.
            let later = world.audits.iter().filter(|it| it.children[0]["event_type"] != "Create");
            later.flat_map(|it| &it.children).filter(|it| it["comment_public"] == is_public).count()
        };
        let count = |of: &dyn Fn(usize) -> bool| (0..world.tickets.len()).filter(|place| of(*place)).count();
        let replied = count(&|place| world.tickets[place].first_reply_at.is_some());
        (children(true), children(false), replied, count(&|place| world.tickets[place].status == "solved"))
    });
    let words = |all: &[usize]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let counts = "SELECT count(*), count(first_response_at), count(resolved_at), count(DISTINCT project),
                  count(*) FILTER (WHERE labels = 'access,vpn'), count(*) FILTER (WHERE state = 'done') FROM tickets";
    assert_eq!(folder.rows(counts).await, [words(&[200, replied, solved, 2, 200, solved])]);
    let counts = "SELECT count(*) FILTER (WHERE event = 'commented'), count(*) FILTER (WHERE event = 'noted'),
                  count(*) FILTER (WHERE event = 'resolved' AND field = 'status' AND to_value = 'solved'),
                  count(*) FILTER (WHERE event = 'fulfilled' AND field = 'reply_time') FROM stored.ticket_events";
    assert_eq!(folder.rows(counts).await, [words(&[comments, notes, solved, replied])]);
    // The first public answer is the moment at which Zendesk's own promise was kept.
    let sql = "SELECT count(*) FROM tickets t JOIN stored.ticket_events e ON e.ticket_id = t.ticket_id
               WHERE e.event = 'fulfilled' AND e.happened_at = t.first_response_at";
    assert_eq!(folder.rows(sql).await, [words(&[replied])]);
    let known = folder.store.state().unwrap().identities().unwrap();
    assert!(known.iter().any(|it| it.2.key.email == "u100@acme.example"), "{known:?}");
    // A row names an account, and the account has an address.
    let sql = "SELECT count(*) FROM stored.tickets t JOIN stored.identities i ON i.identity = t.requester_id";
    assert_eq!(folder.rows(sql).await, [["200"]]);
    // Nothing new: one question to each export.
    assert_eq!(collect(&folder, &server).await.rows, []);
    assert_eq!(asked(&server), EXPORTS);
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn parts_equal_the_whole() {
    for seed in 0..6 {
        let server = Server::start(World::new(seed, 40)).await;
        server.world(|world| world.page = 25);
        let parts = Folder::new();
        collect(&parts, &server).await;
        for round in 0..4 {
            let said: Vec<String> = server.world(|world| (0..4 + round).map(|_| world.change()).collect());
            eprintln!("{seed}: {said:?}");
            collect(&parts, &server).await;
        }
        run(&parts, &server, true).await.unwrap();
        let whole = Folder::new();
        collect(&whole, &server).await;
        parts.assert_equals(&whole, &TABLES).await;
        let living = server.world(|world| world.living().len().to_string());
        assert_eq!(parts.rows("SELECT count(*) FROM tickets").await, [[living]]);
        assert_eq!(parts.rows("SELECT sum(at_source - found), sum(gone) FROM source_counts").await, [["0", "0"]]);
        assert_eq!(server.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_is_deleted_goes_with_all_that_happened_to_it() {
    let server = Server::start(World::new(2, 30)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    let (deleted, gone) = server.world(|world| {
        world.delete(3);
        (world.tickets[3].id, world.delete_for_good(7))
    });
    collect(&folder, &server).await;
    let left = |id: i64| {
        format!(
            "SELECT (SELECT count(*) FROM tickets WHERE ticket_id = '{id}') AS tickets,
                 (SELECT count(*) FROM stored.ticket_events WHERE ticket_id = '{id}' AND deleted_at IS NULL) AS events"
        )
    };
    assert_eq!(folder.rows(&left(deleted)).await, [["0", "0"]]);
    assert_eq!(folder.rows(&left(gone)).await[0][0], "1", "nothing tells of it");
    run(&folder, &server, true).await.unwrap();
    assert_eq!(folder.rows(&left(gone)).await, [["0", "0"]]);
    assert_eq!(folder.rows("SELECT sum(gone) FROM source_counts").await, [["1"]]);
    let whole = Folder::new();
    collect(&whole, &server).await;
    folder.assert_equals(&whole, &TABLES).await;
}

#[tokio::test]
async fn tickets_opened_before_since_are_left_out() {
    let server = Server::start(World::new(4, 40)).await;
    let since = server.world(|world| world.now) - chrono::TimeDelta::days(100);
    let keys = ZendeskPipeline { since: Some(since), ..keys(&server) };
    let folder = Folder::new();
    let now = server.world(|world| world.now);
    folder.collect(PipelineKind::Zendesk(keys), now, true).await.unwrap();
    let expected = server.world(|world| world.tickets.iter().filter(|it| it.created_at >= since).count().to_string());
    assert_eq!(folder.rows("SELECT count(*) FROM tickets").await, [[expected.clone()]]);
    let counts = "SELECT sum(at_source), sum(found), sum(gone) FROM source_counts";
    assert_eq!(folder.rows(counts).await, [[expected.clone(), expected, "0".to_owned()]]);
}

#[tokio::test]
async fn what_was_missed_is_found_by_comparing() {
    let server = Server::start(World::new(5, 30)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    server.world(|world| {
        // Behind the place where the export goes on, where nothing is read again.
        let moment = world.tickets[4].generated_at + chrono::TimeDelta::seconds(1);
        (world.tickets[4].generated_at, world.tickets[4].status) = (moment, "closed");
    });
    collect(&folder, &server).await;
    let status = |of: &str| format!("SELECT count(*) FROM tickets WHERE status = '{of}'");
    assert_eq!(folder.rows(&status("closed")).await, [["0"]]);
    run(&folder, &server, true).await.unwrap();
    assert_eq!(folder.rows(&status("closed")).await, [["1"]]);
    assert_eq!(folder.rows("SELECT sum(at_source - found) FROM source_counts").await, [["1"]]);
}

#[tokio::test]
async fn limits_are_kept_and_faults_are_one_line() {
    let server = Server::start(World::new(3, 60)).await;
    server.world(|world| world.page = 15);
    // As the exports have ten a minute.
    server.limit(4, Duration::from_secs(1));
    let folder = Folder::new();
    collect(&folder, &server).await;
    assert_eq!(folder.rows("SELECT count(*) FROM tickets").await, [["60"]]);
    let refused = server.take_requests().into_iter().filter(|it| it.status == 429).count();
    assert!(refused > 0, "the limit was not met");
    assert_eq!(server.violations(), Vec::<String>::new());

    server.limit(1_000, Duration::from_secs(60));
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.world(|world| (0..30).for_each(|_| drop(world.change())));
    let rule = |path, skip, times, fault| Rule { path, skip, times, fault };
    // Once for a moment, then for good while the events are read.
    server.fail(rule("tickets/cursor", 0, 1, Fault::Status(503)));
    server.fail(rule("ticket_events", 1, 6, Fault::Status(500)));
    let error = run(&folder, &server, false).await.unwrap_err();
    assert!(!error.contains('\n') && error.ends_with("answers 500 Internal Server Error: out of order"), "{error}");
    asked(&server);
    collect(&folder, &server).await;
    let again = asked(&server);
    assert_eq!(again.iter().filter(|it| *it == EXPORTS[0]).count(), 1, "tickets are not read again: {again:?}");
    let whole = Folder::new();
    collect(&whole, &server).await;
    folder.assert_equals(&whole, &TABLES).await;
    server.fail(rule("tickets/cursor", 0, 1, Fault::Garbage));
    let error = run(&folder, &server, false).await.unwrap_err();
    assert!(error.contains("sent something that is not what Zendesk documents"), "{error}");
    // One that changes between the exports.
    let change = |world: &mut World| {
        world.advance(5);
        world.set_status(0, "open");
    };
    server.fail(rule("ticket_events", 0, 1, Fault::Meanwhile(change)));
    collect(&folder, &server).await;
    collect(&folder, &server).await;
    let whole = Folder::new();
    collect(&whole, &server).await;
    folder.assert_equals(&whole, &TABLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_of_the_project_is_collected() {
    let server = Server::start(World::new(8, 20)).await;
    let product = Product::new();
    let url = server.url();
    let text = format!(
        "type = \"zendesk\"\nurl = \"{url}\"\nemail = \"agent@acme.example\"\ntoken = {{ file = \"token\" }}\n"
    );
    product.write("pipelines/acme.toml", &text);
    product.write("token", "wrong");
    let line = product.run(["collect"]).failed(3).to_owned();
    assert!(line.contains("refuses the token (401: who are you)"), "{line}");
    product.write("token", TOKEN);
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT count(*) FROM tickets"), [["20"]]);
    product.write("pipelines/acme.toml", "type = \"zendesk\"\ntoken = { file = \"token\" }\n");
    let line = product.run(["collect"]).failed(1).to_owned();
    assert!(line.contains("acme.toml:1:8: needs subdomain = \"ACCOUNT\""), "{line}");
    let url = "https://ann:s3cret@acme.zendesk.com";
    product.write(
        "pipelines/acme.toml",
        &format!("type = \"zendesk\"\ntoken = {{ file = \"token\" }}\nurl = \"{url}\"\n"),
    );
    let line = product.run(["collect"]).failed(1).to_owned();
    assert!(line.contains("acme.toml:3:7: an address without a name, password or query"), "{line}");
    assert!(!line.contains("s3cret"), "{line}");
    product.write("pipelines/acme.toml", "type = \"zendesk\"\nemail = \"a@b.example\"\npath = \"answers\"\n");
    let line = product.run(["collect"]).failed(1).to_owned();
    assert!(line.contains("acme.toml:3:8: saved answers need no subdomain, url or email"), "{line}");
}

#[tokio::test]
async fn a_comparison_that_broke_off_is_made_again() {
    let server = Server::start(World::new(6, 30)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    server.world(|world| {
        world.delete_for_good(7);
        world.advance(8 * 86_400);
    });
    // The export goes on by its cursor, and a comparison begins at the beginning.
    server.fail(Rule { path: "start_time=0&per_page", skip: 0, times: 6, fault: Fault::Status(500) });
    run(&folder, &server, false).await.unwrap_err();
    assert_eq!(folder.rows("SELECT count(*) FROM tickets").await, [["30"]]);
    collect(&folder, &server).await;
    assert_eq!(folder.rows("SELECT count(*) FROM tickets").await, [["29"]]);
}

#[tokio::test]
async fn saved_answers_are_read() {
    let folder = Folder::new();
    let ticket = r#"{"id": 35, "url": "https://acme.zendesk.com/api/v2/tickets/35.json", "subject": "Help\nme",
        "status": "pending", "tags": ["b", "a"], "requester_id": 20978392, "assignee_id": null,
        "created_at": "2009-07-20T22:55:29Z", "updated_at": "2011-05-05T10:38:52Z", "type": "incident"}"#;
    folder.write("answers/list.json", &format!("{{\"tickets\": [{ticket}]}}"));
    folder.write("answers/wrong.json", "{\"tickets\": [{\"id\": \"x\"}]}");
    let keys = ZendeskPipeline { from: ApiSource::Saved("answers".into()), since: None, webhook_secret: None };
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    let error = folder.collect(PipelineKind::Zendesk(keys), now, false).await.unwrap_err().to_string();
    assert_eq!(error, "1 of 2 files cannot be read; what the others hold is stored");
    let sql = "SELECT ticket_id, kind, state, labels, subject, url, resolved_at FROM stored.tickets";
    let url = "https://acme.zendesk.com/agent/tickets/35";
    assert_eq!(folder.rows(sql).await, [["35", "incident", "waiting", "a,b", "Help", url, ""]]);
    let since = Some("2010-01-01T00:00:00Z".parse().unwrap());
    let keys = ZendeskPipeline { from: ApiSource::Saved("answers/list.json".into()), since, webhook_secret: None };
    let newer = Folder::new();
    newer.write("answers/list.json", &format!("{{\"tickets\": [{ticket}]}}"));
    newer.collect(PipelineKind::Zendesk(keys), now, false).await.unwrap();
    assert_eq!(newer.rows("SELECT count(*) FROM stored.tickets").await, [["0"]], "it was opened before");
}
