//! The cloud's ways, which no server has: tokens for pages, changes in pages of their own, requests of Service Management.

use super::{TABLES, keys, run};
use crate::vendor_world::folder::{Folder, TOKEN};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use paceline::project::JiraPipeline;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// Changes that an answer about several issues has at most.
const CHANGES: usize = 3;

struct World {
    now: DateTime<Utc>,
    /// By number, with all changes and comments.
    issues: Vec<Value>,
    /// The status that this part of a path answers.
    fault: Option<(&'static str, u16)>,
    /// How many times more.
    faults: usize,
    requests: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_and_parts_equal_the_whole() {
    let cloud = Cloud::start(230).await;
    let folder = Folder::new();
    let keys = cloud.keys();
    run(&folder, &keys, cloud.now(), false).await.unwrap();
    let (changes, comments) = cloud.world(|world| (world.parts("changes"), world.parts("comments")));
    assert_eq!(folder.count("SELECT count(*) FROM tickets").await, 230);
    assert_eq!(folder.count("SELECT count(*) FROM ticket_events").await, changes + comments);
    // What only some issues have in pages of their own is asked for them alone.
    let (long, asked) = cloud.world(|world| {
        let long = world.issues.iter().filter(|issue| issue["changes"].as_array().unwrap().len() > CHANGES).count();
        (long, std::mem::take(&mut world.requests).len())
    });
    assert!(long > 20 && asked <= 3 + 3 + long, "{asked} requests for {long}");

    let request =
        "SELECT topic, priority, first_response_at, assignee_id IS NULL FROM tickets WHERE source_key = 'OPS-10'";
    assert_eq!(folder.rows(request).await, [["Get access", "High", "2026-02-01T06:30:00Z", "true"]]);
    // An answer that the requester does not see is none.
    let noted = "SELECT count(*) FROM ticket_events WHERE event = 'noted'";
    assert_eq!(folder.count(noted).await, cloud.world(|world| world.noted()));
    // The account's address is known, and the same person is found by it.
    let people = "SELECT count(DISTINCT requester_id) FROM tickets";
    assert_eq!(folder.count(people).await, 3);

    for step in 0..4 {
        cloud.world(|world| (0..step * 7).for_each(|at| world.change(at * 31 + step)));
        run(&folder, &keys, cloud.now(), false).await.unwrap();
    }
    cloud.world(|world| drop(world.issues.remove(5)));
    cloud.world(|world| world.requests.clear());
    run(&folder, &keys, cloud.now(), true).await.unwrap();
    // A comparison needs no changes, of which all issues together may have more than fits into memory.
    let searches = cloud.world(|world| std::mem::take(&mut world.requests));
    let mut searches = searches.iter().filter(|it| it.contains("/search/jql") && !it.contains("updated+DESC"));
    assert!(searches.clone().count() == 3 && searches.all(|it| !it.contains("expand")), "{searches:?}");
    let whole = Folder::new();
    run(&whole, &keys, cloud.now(), false).await.unwrap();
    folder.assert_equals(&whole, &TABLES).await;
    assert_eq!(folder.rows("SELECT sum(at_source - found), sum(gone) FROM source_counts").await, [["0", "1"]]);
    // Nothing new costs what has to be known of a Jira, and one question.
    cloud.world(|world| world.requests.clear());
    assert_eq!(run(&folder, &keys, cloud.now(), false).await.unwrap().rows, []);
    assert_eq!(cloud.world(|world| world.requests.len()), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_reading_goes_on_where_it_ended() {
    let cloud = Cloud::start(230).await;
    let (folder, keys) = (Folder::new(), cloud.keys());
    cloud.world(|world| world.fault = Some(("nextPageToken=200", 400)));
    let error = run(&folder, &keys, cloud.now(), false).await.unwrap_err().to_string();
    assert!(error.contains("answers 400 Bad Request: out of order") && !error.contains('\n'), "{error}");
    assert_eq!(folder.count("SELECT count(*) FROM tickets").await, 200);
    cloud.world(|world| {
        world.fault = None;
        world.requests.clear();
        world.change(3);
    });
    run(&folder, &keys, cloud.now(), false).await.unwrap();
    let searches = cloud.world(|world| world.requests.iter().filter(|it| it.contains("/search/jql")).count());
    assert_eq!(searches, 1, "only the rest was read");
    run(&folder, &keys, cloud.now(), false).await.unwrap();
    let whole = Folder::new();
    run(&whole, &keys, cloud.now(), false).await.unwrap();
    folder.assert_equals(&whole, &TABLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_whose_place_the_cloud_forgot_begins_again() {
    let cloud = Cloud::start(230).await;
    let (folder, keys) = (Folder::new(), cloud.keys());
    cloud.world(|world| world.fault = Some(("nextPageToken=200", 400)));
    run(&folder, &keys, cloud.now(), false).await.unwrap_err();
    cloud.world(|world| {
        world.faults = 1;
        world.requests.clear();
    });
    run(&folder, &keys, cloud.now(), false).await.unwrap();
    let searches = cloud.world(|world| world.requests.iter().filter(|it| it.contains("/search/jql")).count());
    assert_eq!(searches, 4, "the place that is forgotten, and all pages");
    assert_eq!(folder.count("SELECT count(*) FROM tickets").await, 230);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_in_one_line() {
    let cloud = Cloud::start(3).await;
    let faults = [
        ("/serverInfo", 404, "/rest/api/2/serverInfo answers 404 Not Found: it is not there, or not for this token"),
        ("/search/jql", 403, "answers 403 Forbidden: out of order"),
        ("", 401, "refuses the token (401: out of order)"),
    ];
    for (path, status, words) in faults {
        cloud.world(|world| world.fault = Some((path, status)));
        let error = run(&Folder::new(), &cloud.keys(), cloud.now(), false).await.unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n') && !error.contains(TOKEN), "{error}");
    }
}

/// A simulated cloud; it is gone when it is dropped.
struct Cloud {
    world: Arc<Mutex<World>>,
    url: String,
    task: JoinHandle<()>,
}

impl Cloud {
    async fn start(issues: usize) -> Cloud {
        let now = "2026-02-01T00:00:00Z".parse().unwrap();
        let mut world = World { now, issues: Vec::new(), fault: None, faults: usize::MAX, requests: Vec::new() };
        (0..issues).for_each(|number| world.create(number));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(world));
        let service = Router::new().fallback(handle).with_state(world.clone());
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Cloud { world, url, task }
    }

    fn keys(&self) -> JiraPipeline {
        JiraPipeline { email: Some("ann@acme.example".to_owned()), ..keys(&self.url, &["OPS"]) }
    }

    fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock().unwrap())
    }

    fn now(&self) -> DateTime<Utc> {
        self.world(|world| world.now)
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(world): State<Arc<Mutex<World>>>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let mut world = world.lock().unwrap();
    world.requests.push(uri.to_string());
    // ann@acme.example:s3cret
    let is_ann = headers["authorization"] == "Basic YW5uQGFjbWUuZXhhbXBsZTpzM2NyZXQ=";
    let (status, body) = match world.fault {
        Some((path, status)) if world.faults > 0 && uri.to_string().contains(path) => {
            world.faults -= 1;
            (status, error("out of order"))
        }
        _ if !is_ann => (401, error("who are you")),
        _ => world.answer(&uri),
    };
    let date = world.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    Response::builder().status(status).header("date", date).body(Body::from(body.to_string())).unwrap()
}

fn error(message: &str) -> Value {
    json!({ "errorMessages": [message], "errors": {} })
}

impl World {
    /// Issues differ in how much happened to them, by their number.
    fn create(&mut self, number: usize) {
        self.now += TimeDelta::minutes(3);
        let user = json!({ "accountId": format!("5e97:{}", number % 3), "emailAddress": format!("u{}@acme.example", number % 3) });
        let (at, key) = (moment(self.now), format!("OPS-{number}"));
        let mut fields = json!({
            "summary": "Help", "project": { "key": "OPS" }, "issuetype": { "name": "Service Request" },
            "priority": { "name": "High" }, "status": status("1"), "labels": [], "components": [], "reporter": user,
            "created": at, "updated": at,
        });
        if number == 10 {
            let stop = DateTime::parse_from_rfc3339("2026-02-01T06:30:00Z").unwrap().timestamp_millis();
            fields["customfield_10010"] = json!({ "requestType": { "name": "Get access" } });
            fields["customfield_10030"] = json!({
                "name": "Time to first response", "completedCycles": [{ "stopTime": { "epochMillis": stop } }],
            });
        }
        self.issues.push(json!({
            "id": (10_000 + number).to_string(), "key": key, "self": format!("https://acme.example/rest/api/3/issue/{number}"),
            "fields": fields, "changes": [], "comments": [],
        }));
        let index = self.issues.len() - 1;
        (0..number % 6).for_each(|_| self.change(index));
    }

    fn change(&mut self, index: usize) {
        self.now += TimeDelta::milliseconds(1_500);
        let (at, index) = (moment(self.now), index % self.issues.len());
        let number = self.parts("changes") + self.parts("comments");
        let issue = &mut self.issues[index];
        issue["fields"]["updated"] = at.clone().into();
        let user = json!({ "accountId": "5e97:1" });
        if number.is_multiple_of(3) {
            let comment = json!({ "id": number.to_string(), "author": user, "created": at, "updated": at, "jsdPublic": number.is_multiple_of(2) });
            issue["comments"].as_array_mut().unwrap().push(comment);
            return;
        }
        let from = issue["fields"]["status"].clone();
        let to = status(if from["id"] == "1" { "3" } else { "1" });
        let item = json!({
            "field": "status", "fieldtype": "jira", "from": from["id"], "fromString": from["name"], "to": to["id"],
            "toString": to["name"],
        });
        issue["changes"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "id": number.to_string(), "author": user, "created": at, "items": [item] }));
        issue["fields"]["resolutiondate"] = if to["id"] == "3" { at.into() } else { Value::Null };
        issue["fields"]["status"] = to;
    }

    fn parts(&self, name: &str) -> usize {
        self.issues.iter().map(|issue| issue[name].as_array().unwrap().len()).sum()
    }

    fn noted(&self) -> usize {
        let comments = self.issues.iter().flat_map(|issue| issue["comments"].as_array().unwrap());
        comments.filter(|comment| comment["jsdPublic"] == false).count()
    }

    fn answer(&self, uri: &Uri) -> (u16, Value) {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let get = |name: &str| query.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
        let number = |name: &str| get(name).map_or(0, |it| it.parse::<usize>().unwrap());
        let parts: Vec<&str> = uri.path().split('/').skip(3).collect();
        match parts[..] {
            ["2", "serverInfo"] => (200, json!({ "deploymentType": "Cloud" })),
            ["2", "status"] => (200, json!([status("1"), status("3")])),
            ["2", "field"] => {
                let field = |id: &str, kind: &str| json!({ "id": id, "schema": { "custom": kind } });
                let request = field("customfield_10010", "com.atlassian.servicedesk:vp-origin");
                let sla = field("customfield_10030", "com.atlassian.servicedesk:sd-sla-field");
                (200, json!([request, sla, { "id": "summary" }]))
            }
            ["3", "search", "jql"] => {
                let jql = get("jql").unwrap_or_default();
                assert!(get("startAt").is_none() && jql.starts_with("project in (\"OPS\")"), "{uri}");
                let mut found: Vec<&Value> = self.issues.iter().filter(|issue| self.is_found(jql, issue)).collect();
                found.sort_by_key(|issue| issue["fields"]["updated"].as_str());
                found.reverse();
                let (start, size) = (number("nextPageToken"), number("maxResults"));
                let is_last = found.len() <= start + size;
                let page: Vec<Value> = found.into_iter().skip(start).take(size).map(listed).collect();
                let token = (!is_last).then(|| (start + size).to_string());
                (200, json!({ "issues": page, "isLast": is_last, "nextPageToken": token }))
            }
            [_, "issue", named, ref rest @ ..] => {
                let Some(issue) = self.issues.iter().find(|it| it["id"] == named || it["key"] == named) else {
                    return (404, error("Issue does not exist or you do not have permission to see it."));
                };
                let (start, size) = (number("startAt"), number("maxResults"));
                let part = |name: &str| {
                    let all = issue[name].as_array().unwrap();
                    let page: Vec<&Value> = all.iter().skip(start).take(size).collect();
                    (json!(page), all.len())
                };
                match rest {
                    [] => (200, listed(issue)),
                    ["changelog"] => {
                        let (values, total) = part("changes");
                        (200, json!({ "values": values, "total": total, "isLast": true }))
                    }
                    ["comment"] => {
                        let (comments, total) = part("comments");
                        (200, json!({ "comments": comments, "total": total }))
                    }
                    _ => (404, error("no such resource")),
                }
            }
            _ => (404, error("no such resource")),
        }
    }

    /// Jira compares whole minutes.
    fn is_found(&self, jql: &str, issue: &Value) -> bool {
        let Some((_, ago)) = jql.split_once("updated >= \"-") else { return true };
        let (number, _) = ago.split_once('"').unwrap();
        let (number, unit) = number.split_at(number.len() - 1);
        let minutes = number.parse::<i64>().unwrap() * if unit == "h" { 60 } else { 1 };
        let from = self.now - TimeDelta::minutes(minutes);
        issue["fields"]["updated"].as_str().unwrap() >= from.format("%Y-%m-%dT%H:%M").to_string().as_str()
    }
}

/// An issue as a list has it: with some of its changes and all of its few comments.
fn listed(issue: &Value) -> Value {
    let mut listed = issue.clone();
    let object = listed.as_object_mut().unwrap();
    let (changes, comments) = (object.remove("changes").unwrap(), object.remove("comments").unwrap());
    let changes = changes.as_array().unwrap();
    let newest: Vec<&Value> = changes.iter().rev().take(CHANGES).collect();
    listed["changelog"] = json!({ "histories": newest, "total": changes.len() });
    listed["fields"]["comment"] = json!({ "total": comments.as_array().unwrap().len(), "comments": comments });
    listed
}

fn status(id: &str) -> Value {
    let (name, category) = if id == "1" { ("Open", "new") } else { ("Done", "done") };
    json!({ "id": id, "name": name, "statusCategory": { "key": category } })
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}
