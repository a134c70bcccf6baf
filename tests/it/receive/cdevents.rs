//! CDEvents: what anybody builds by the specification is accepted, and rows are the same in whatever order events come.

use super::python;
use super::served::{Served, until};
use crate::cli::product::{Product, assert_same};
use paceline::ambient::Ambient;
use paceline::collect::deliveries::{Deliveries, Letter};
use paceline::collect::{Collecting, Silent};
use paceline::project::Project;
use paceline::store::{Delivery, Store};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

const DOOR: &str = "/api/v1/cdevents/ci";
const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

fn project() -> Product {
    let product = Product::new();
    product.write("pipelines/ci.toml", "type = \"cdevents\"\ntoken = { file = \"token\" }\n");
    product.write("token", "t0ken");
    product
}

fn headers(kind: &str) -> Vec<(&'static str, String)> {
    vec![("content-type", kind.to_owned()), ("authorization", "Bearer t0ken".to_owned())]
}

/// An event at a minute of an hour.
fn event(kind: &str, id: &str, minute: u32, subject: &str, content: Value) -> Value {
    json!({
        "context": {
            "version": "0.4.1", "id": id, "source": "/ci", "type": format!("dev.cdevents.{kind}.0.2.0"),
            "timestamp": format!("2026-02-01T11:{minute:02}:00+01:00")
        },
        "subject": {"id": subject, "source": "/ci", "content": content}
    })
}

/// The event in structured mode.
fn structured(event: &Value) -> Value {
    let context = &event["context"];
    json!({"specversion": "1.0", "id": context["id"], "source": context["source"], "type": context["type"], "data": event})
}

fn deliveries(product: &Product) -> u64 {
    let received = Store::open(&product.data()).unwrap().state().unwrap().received().unwrap();
    received.iter().map(|it| it.deliveries).sum()
}

#[test]
fn what_the_package_of_cloudevents_builds_is_taken() {
    let product = project();
    let server = Served::start(&product);
    let url = format!("http://{}{DOOR}", server.address);
    let Some(answers) = python::send(&["cloudevents", &url, "t0ken"]) else { return };
    let answers: Vec<(u16, Value)> =
        answers.into_iter().map(|(status, body)| (status, serde_json::from_str(&body).unwrap())).collect();
    let taken = |word: &str| json!({ "status": word });
    assert_eq!(answers[..3], [(202, taken("taken")), (202, taken("taken")), (200, taken("taken before"))]);
    let ignored = json!([
        {"event": "dev.cdevents.artifact.published.0.3.0 event 4", "reason": "no table holds artifacts"}
    ]);
    let batch = json!({"status": "taken", "taken": 1, "taken_before": 1, "ignored": ignored});
    assert_eq!(answers[3..], [(202, batch)]);
    until("the deployment", || !product.rows("SELECT * FROM deployments").is_empty());
    let builds = "SELECT repository, build_id, workflow, status, started_at, finished_at FROM builds";
    let run = ["/ci/west", "run-1", "main", "success", "2026-02-01T10:00:00Z", "2026-02-01T10:07:00Z"];
    assert_eq!(product.rows(builds), [run]);
    let deployments = "SELECT service, environment, status, finished_at, is_rollback FROM deployments";
    assert_eq!(product.rows(deployments), [["shop", "production", "success", "2026-02-01T10:10:00Z", "false"]]);
    let wrong = python::send(&["cloudevents", &url, "other"]).unwrap();
    assert!(wrong.iter().all(|(status, body)| *status == 401 && body.contains("the token is not that")), "{wrong:?}");
    let status = product.run(["collect", "--status", "--format", "json"]).succeeded().stdout;
    let status: Value = serde_json::from_slice(&status).unwrap();
    assert_eq!((&status[0]["source"], &status[0]["type"]), (&json!("ci"), &json!("cdevents")));
    assert!(server.get("/collectors").1.contains("3 delivered"));
}

/// `PACELINE_TEST_CDEVENTS` names a clone of <https://github.com/cdevents/spec>.
#[test]
fn the_published_conformance_documents_are_accepted() {
    let Some(clone) = std::env::var_os("PACELINE_TEST_CDEVENTS").map(PathBuf::from) else {
        eprintln!("skipped: PACELINE_TEST_CDEVENTS does not name a clone of github.com/cdevents/spec");
        return;
    };
    let git = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(&clone).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let product = project();
    let server = Served::start(&product);
    let (mut taken, mut ignored) = (0, Vec::new());
    for (tag, folder) in
        [("v0.4.0", "examples"), ("v0.4.1", "conformance"), ("v0.5.0", "conformance"), ("v0.5.1", "conformance")]
    {
        let names = git(&["ls-tree", "--name-only", tag, &format!("{folder}/")]);
        let names: Vec<&str> = names.lines().filter(|name| name.ends_with(".json")).collect();
        assert!(names.len() > 40, "{tag}: {names:?}");
        for name in names {
            let mut event: Value = serde_json::from_str(&git(&["show", &format!("{tag}:{name}")])).unwrap();
            // All documents have the same id, which only one event of a source can have.
            event["context"]["id"] = format!("{tag} {name}").into();
            let body = structured(&event).to_string();
            match server.post(DOOR, &headers(STRUCTURED), body.as_bytes()) {
                (202, _) => taken += 1,
                (200, said) => {
                    assert!(said["status"] == "ignored" && said["reason"].is_string(), "{tag}:{name}: {said}");
                    ignored.push(format!("{}: {}", event["context"]["type"], said["reason"]));
                }
                other => panic!("{tag}:{name}: {other:?}"),
            }
        }
    }
    ignored.sort();
    eprintln!("{taken} taken, {} ignored: {ignored:#?}", ignored.len());
    until("all documents", || deliveries(&product) == taken);
    assert_eq!(Store::open(&product.data()).unwrap().state().unwrap().refused().unwrap(), []);
    for table in ["builds", "build_jobs", "deployments", "deployment_statuses", "incidents", "tickets", "ticket_events"]
    {
        assert_ne!(product.rows(&format!("SELECT count(*) FROM {table}")), [["0"]], "{table}");
    }
}

/// One life of each thing.
fn lives() -> Vec<Value> {
    let repository = json!({"repository": {"id": "acme/shop"}});
    let at = |environment: &str| json!({"environment": {"id": environment}});
    let ticket = |more: Value| {
        let mut content = json!({"summary": "It is slow\nvery", "creator": "Alice", "assignees": ["bob@acme.example"], "labels": ["b", "a"]});
        content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        content
    };
    vec![
        event("pipelinerun.queued", "1", 0, "run-1", json!({"pipelineName": "main"})),
        event("pipelinerun.started", "2", 1, "run-1", json!({"pipelineName": "main"})),
        event("taskrun.started", "3", 2, "task-1", json!({"taskName": "unit", "pipelineRun": {"id": "run-1"}})),
        event(
            "taskrun.finished",
            "4",
            4,
            "task-1",
            json!({"taskName": "unit", "pipelineRun": {"id": "run-1"}, "outcome": "error"}),
        ),
        // At the same moment as it began.
        event("pipelinerun.finished", "5", 1, "run-1", json!({"pipelineName": "main", "outcome": "failure"})),
        event(
            "testsuiterun.finished",
            "6",
            9,
            "suite-1",
            json!({"outcome": "pass", "testSuite": {"id": "s", "name": "all"}}),
        ),
        event("service.deployed", "7", 10, "shop", at("production")),
        event("service.published", "8", 11, "shop", at("production")),
        event("service.rolledback", "9", 20, "shop", at("production")),
        event("service.removed", "10", 21, "shop", at("production")),
        event(
            "incident.detected",
            "11",
            12,
            "inc-1",
            json!({"description": "Slow\nby a second", "service": {"id": "shop"}}),
        ),
        event(
            "incident.reported",
            "12",
            13,
            "inc-1",
            json!({"description": "Slow", "ticketURI": "https://desk.example/7"}),
        ),
        event("incident.resolved", "13", 30, "inc-1", json!({"description": "Quick again", "service": {"id": "shop"}})),
        event(
            "change.created",
            "14",
            0,
            "acme/shop#42",
            json!({"description": "Revert \"Quick\"", "repository": {"id": "acme/shop"}}),
        ),
        event("change.reviewed", "15", 5, "acme/shop#42", repository.clone()),
        event("change.merged", "16", 6, "acme/shop#42", repository.clone()),
        event("change.updated", "17", 7, "acme/shop#42", repository),
        event("ticket.created", "18", 40, "T-1", ticket(json!({"priority": "low"}))),
        event("ticket.updated", "19", 41, "T-1", ticket(json!({"priority": "high", "updatedBy": "Bob"}))),
        event("ticket.closed", "20", 42, "T-1", ticket(json!({"priority": "high", "resolution": "completed"}))),
    ]
}

/// A product that events were brought into.
fn brought(events: &[Value], chance: &mut ChaCha8Rng) -> Product {
    let product = project();
    bring(&product, events, chance);
    product
}

/// Brings events in one after the other; after each, as chance has it, into the tables.
fn bring(product: &Product, events: &[Value], chance: &mut ChaCha8Rng) {
    let store = Store::open(&product.data()).unwrap();
    let deliveries = Deliveries::open(&store, Project::load(product.home()).unwrap().pipelines.into_values()).unwrap();
    let ambient = Ambient::fixed("2026-03-01T12:00:00Z".parse().unwrap(), "tests");
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(16 << 20).enable_all().build().unwrap();
    runtime.block_on(async {
        let begin = || Collecting::begin(&store, &ambient, &Silent).unwrap().with_deliveries(Some(&deliveries));
        for event in events {
            let key = event["context"]["id"].as_str().unwrap().to_owned();
            let delivery = Delivery { source: "ci".to_owned(), key, received_at: ambient.now() };
            let (kind, body) = (event["context"]["type"].as_str().unwrap(), event.to_string());
            deliveries.take(delivery, Letter { event: kind, body: body.as_bytes() }).await.unwrap();
            if chance.random_bool(0.3) {
                begin().take_deliveries().await.unwrap();
            }
        }
        begin().take_deliveries().await.unwrap();
    });
}

#[test]
fn what_has_no_beginning_waits_for_it() {
    let mut chance = ChaCha8Rng::seed_from_u64(8);
    let suite = |outcome: &str| json!({"outcome": outcome, "testSuite": {"id": "s", "name": "all"}});
    let product = brought(&[event("testsuiterun.finished", "1", 9, "suite-1", suite("pass"))], &mut chance);
    let waiting = || {
        let state = Store::open(&product.data()).unwrap().state().unwrap();
        state.partial("ci", "builds", "[\"/ci\",\"suite-1\"]").unwrap()
    };
    let builds = || product.rows("SELECT workflow, status, started_at, finished_at FROM builds");
    assert_eq!(builds(), Vec::<Vec<String>>::new());
    assert!(waiting().unwrap().contains("success"));
    bring(&product, &[event("testsuiterun.started", "2", 4, "suite-1", json!({}))], &mut chance);
    assert_eq!(builds(), [["all", "success", "2026-02-01T10:04:00Z", "2026-02-01T10:09:00Z"]]);
    assert_eq!(waiting(), None);
    // Its end is told again, later: the newer one counts.
    bring(&product, &[event("testsuiterun.finished", "3", 10, "suite-1", suite("fail"))], &mut chance);
    assert_eq!(builds(), [["all", "failure", "2026-02-01T10:04:00Z", "2026-02-01T10:10:00Z"]]);
}

#[test]
fn the_order_of_events_does_not_matter() {
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let mut events = lives();
    let ordered = brought(&events, &mut chance);
    let builds = "SELECT build_id, workflow, status, started_at, finished_at FROM builds ORDER BY 1";
    // A suite that was only told to have ended waits for its beginning.
    assert_eq!(ordered.rows(builds), [["run-1", "main", "failure", "2026-02-01T10:01:00Z", "2026-02-01T10:01:00Z"]]);
    let jobs = "SELECT build_id, job_id, name, status, started_at, finished_at FROM build_jobs";
    let job = ["run-1", "task-1", "unit", "failure", "2026-02-01T10:02:00Z", "2026-02-01T10:04:00Z"];
    assert_eq!(ordered.rows(jobs), [job]);
    let deployments = "SELECT deployment_id, is_rollback, started_at FROM deployments ORDER BY 3";
    assert_eq!(
        ordered.rows(deployments),
        [["7", "false", "2026-02-01T10:10:00Z"], ["9", "true", "2026-02-01T10:20:00Z"]]
    );
    let statuses = "SELECT deployment_id, status FROM deployment_statuses ORDER BY reported_at";
    assert_eq!(ordered.rows(statuses), [["7", "deployed"], ["7", "published"], ["9", "rolledback"], ["9", "removed"]]);
    let incidents = "SELECT incident_id, service, status, subject, url, opened_at, resolved_at FROM incidents";
    let incident =
        ["inc-1", "shop", "resolved", "Slow", "https://desk.example/7", "2026-02-01T10:12:00Z", "2026-02-01T10:30:00Z"];
    assert_eq!(ordered.rows(incidents), [incident]);
    let pulls = "SELECT number, state, created_at, merged_at, closed_at, is_revert FROM pull_requests";
    let pull = ["42", "merged", "2026-02-01T10:00:00Z", "2026-02-01T10:06:00Z", "2026-02-01T10:06:00Z", "true"];
    assert_eq!(ordered.rows(pulls), [pull]);
    assert_eq!(ordered.rows("SELECT event FROM pull_request_events"), [["merged"]]);
    assert_eq!(ordered.rows("SELECT state FROM reviews"), [["commented"]]);
    let tickets = "SELECT subject, priority, status, state, labels, opened_at, resolved_at FROM tickets";
    let ticket = ["It is slow", "high", "completed", "done", "a,b", "2026-02-01T10:40:00Z", "2026-02-01T10:42:00Z"];
    assert_eq!(ordered.rows(tickets), [ticket]);
    assert_eq!(
        ordered.rows("SELECT count(*) FROM tickets WHERE requester_id IS NOT NULL AND assignee_id <> requester_id"),
        [["1"]]
    );
    assert_eq!(ordered.rows("SELECT event FROM ticket_events ORDER BY happened_at"), [["changed"], ["resolved"]]);
    let expected = ordered.dump(&[]);
    assert!(!expected.contains("Alice"), "somebody is named in a table");
    for _ in 0..4 {
        // What happens to a deployment is told after it.
        events.shuffle(&mut chance);
        let place = |events: &[Value], id: &str| events.iter().position(|it| it["context"]["id"] == *id).unwrap();
        for (first, second) in [("7", "8"), ("9", "10")] {
            let (one, other) = (place(&events, first), place(&events, second));
            if one > other {
                events.swap(one, other);
            }
        }
        let order: Vec<&str> = events.iter().map(|it| it["context"]["id"].as_str().unwrap()).collect();
        let shuffled = brought(&events, &mut chance);
        assert_same(&shuffled.dump(&[]), &expected, &format!("{order:?}"));
        assert_eq!(Store::open(&shuffled.data()).unwrap().state().unwrap().refused().unwrap(), [], "{order:?}");
    }
}

#[test]
fn what_is_malformed_is_refused_in_one_line() {
    let product = project();
    let server = Served::start(&product);
    let good = structured(&event("change.merged", "1", 0, "42", json!({"repository": {"id": "acme/shop"}})));
    let with = |path: &str, value: Value| {
        let mut event = good.clone();
        *event.pointer_mut(path).unwrap() = value;
        event.to_string()
    };
    let without = |name: &str| {
        let mut event = good.clone();
        event.as_object_mut().unwrap().remove(name);
        event.to_string()
    };
    let type_ = "dev.cdevents.change.merged.0.2.0";
    let cases = [
        ("{".to_owned(), "the body is not JSON".to_owned()),
        ("[]".to_owned(), "it is no JSON object".to_owned()),
        (without("id"), "id is missing".to_owned()),
        (without("data"), "it needs data or data_base64, and not both".to_owned()),
        (with("/specversion", "0.3".into()), "specversion is 0.3; this door understands 1.0".to_owned()),
        (with("/source", "a b".into()), "source is no address".to_owned()),
        (with("/id", "a\nb".into()), "id is missing, or no text".to_owned()),
        (with("/data", "text".into()), format!("{type_}: invalid type: string")),
        (with("/data/context/timestamp", "noon".into()), format!("{type_}: context.timestamp: ")),
        (with("/data/subject/id", "".into()), format!("{type_}: subject.id has 0 bytes")),
        (with("/data/subject/content", json!([])), format!("{type_}: subject.content: ")),
        (
            with("/data/context/type", "dev.cdevents.change.created.0.2.0".into()),
            format!("{type_}: the event itself is of type"),
        ),
    ];
    for (body, words) in &cases {
        let (status, said) = server.post(DOOR, &headers(STRUCTURED), body.as_bytes());
        let said = said["error"].as_str().unwrap_or_default();
        assert!(status == 400 && said.contains(words) && !said.contains('\n'), "{body}: {status} {said}");
    }
    // Of a batch with one of them none is taken.
    let batch = format!("[{good},{}]", with("/specversion", "2.0".into()));
    let (status, said) = server.post(DOOR, &headers(BATCH), batch.as_bytes());
    assert_eq!(status, 400);
    assert!(said["error"].as_str().unwrap().starts_with("event 2 of the batch: specversion is 2.0"), "{said}");
    let many = format!("[{}]", vec!["{}"; 10_001].join(","));
    assert_eq!(server.post(DOOR, &headers(BATCH), many.as_bytes()).0, 400);
    assert_eq!(server.post(DOOR, &headers("application/json"), good.to_string().as_bytes()).0, 415);
    let mut packed = headers(STRUCTURED);
    packed.push(("content-encoding", "gzip".to_owned()));
    assert_eq!(server.post(DOOR, &packed, b"").0, 415);
    assert!(product.files("landing").iter().all(|(_, bytes)| bytes.len() < 100), "something was stored");
    // Binary mode, in which a name that is not plain text is written as in an address; and data in base64.
    let mut binary = headers("application/json; charset=utf-8");
    let attributes = [("ce-specversion", "1.0"), ("ce-id", "sp%C3%A4t 1"), ("ce-source", "/ci"), ("ce-type", type_)];
    binary.extend(attributes.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(server.post(DOOR, &binary, good["data"].to_string().as_bytes()).0, 202);
    let mut other = good.clone();
    other["id"] = "spät 1".into();
    assert_eq!(server.post(DOOR, &headers(STRUCTURED), other.to_string().as_bytes()).0, 200, "it was taken before");
    let foreign =
        json!({"specversion": "1.0", "id": "1", "source": "/x", "type": "com.example.made", "data": 7}).to_string();
    let (status, said) = server.post(DOOR, &headers(STRUCTURED), foreign.as_bytes());
    assert_eq!((status, &said["status"]), (200, &json!("ignored")));
    assert_eq!(
        server.post(DOOR, &headers(BATCH), b"[]"),
        (200, json!({"status": "ignored", "taken": 0, "taken_before": 0, "ignored": []}))
    );
}

#[test]
fn a_signature_of_standard_webhooks_will_do() {
    let product = project();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    product.write("pipelines/ci.toml", "type = \"cdevents\"\nwebhook_secret = { file = \"token\" }\n");
    product.write("token", secret);
    let server = Served::start(&product);
    let url = format!("http://{}{DOOR}", server.address);
    let body = structured(&event("change.merged", "1", 0, "42", json!({"repository": {"id": "acme/shop"}})));
    let time = "2026-03-01T12:00:00+00:00";
    let send = |secret: &str| python::send(&["standard", &url, secret, time, STRUCTURED, &body.to_string()]);
    let Some(answers) = send(secret) else { return };
    let statuses: Vec<u16> = answers.iter().map(|it| it.0).collect();
    assert_eq!(statuses, [202, 200, 401], "{answers:?}");
    assert!(send("whsec_QUJD").unwrap().iter().all(|it| it.0 == 401));
    assert_eq!(server.post(DOOR, &headers(STRUCTURED), body.to_string().as_bytes()).0, 401);
}
