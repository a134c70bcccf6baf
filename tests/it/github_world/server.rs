//! The world behind an address: who is let in, what is counted, what goes wrong, and what was asked.

pub mod app;
mod limits;
mod line;
mod spoil;

use super::faults::{Fault, Faults, Rule};
use super::graphql::{self, Meter};
use super::rest::{self, page::Ask, page::Reply};
use super::world::World;
use app::Tokens;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use limits::{Door, Limits, Refusal, Told};
use line::{Lines, Scissors};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What GitHub says when a token lacks a permission.
const NOT_ALLOWED: &str = "Resource not accessible by personal access token";
/// Requests at the same time at most.
const MOST_CONCURRENT: usize = 100;

/// A simulated GitHub on a port of this machine; it is gone when it is dropped.
pub struct Server {
    inside: Arc<Mutex<Inside>>,
    url: String,
    task: JoinHandle<()>,
}

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body of a GraphQL request: `query`, `variables`.
    pub graphql: Option<Value>,
    /// Zero when no answer was sent.
    pub status: u16,
    /// Requests or points taken from the budget.
    pub cost: u64,
}

struct Inside {
    world: World,
    rules: Vec<(Rule, Fired)>,
    minute: Duration,
    limits: Limits,
    tokens: Tokens,
    requests: Vec<Request>,
    violations: Vec<String>,
    running: usize,
    most_running: usize,
}

/// How often a rule's requests came, and how often they failed.
#[derive(Clone, Copy, Debug, Default)]
struct Fired {
    seen: usize,
    failed: usize,
}

/// What is to be sent, and what is to be done to it.
struct Outcome {
    reply: Reply,
    door: Door,
    told: Told,
    fault: Option<Fault>,
}

impl Server {
    /// Serves the world.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(mut world: World, faults: Faults) -> Server {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        world.api.clone_from(&url);
        let inside = Arc::new(Mutex::new(Inside {
            world,
            limits: Limits::new(&faults),
            minute: faults.minute,
            rules: faults.rules.into_iter().map(|rule| (rule, Fired::default())).collect(),
            tokens: Tokens::new(),
            requests: Vec::new(),
            violations: Vec::new(),
            running: 0,
            most_running: 0,
        }));
        let service = Router::new().fallback(handle).with_state(inside.clone());
        let service = service.into_make_service_with_connect_info::<Scissors>();
        let task = tokio::spawn(async move { axum::serve(Lines(listener), service).await.unwrap() });
        Server { inside, url, task }
    }

    /// The address, such as `http://127.0.0.1:40000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }

    /// Looks at the world or changes it while it is served.
    pub fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.inside().world)
    }

    /// What was received so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.inside().requests.clone()
    }

    /// The texts of the GraphQL queries received so far, each once.
    pub fn queries(&self) -> Vec<String> {
        let texts = self.requests().into_iter().filter_map(|it| Some(it.graphql?["query"].as_str()?.to_owned()));
        texts.collect::<std::collections::BTreeSet<String>>().into_iter().collect()
    }

    /// Where a client did what GitHub forbids: asked while it should wait, over 100 requests at once, no `User-Agent`.
    pub fn violations(&self) -> Vec<String> {
        self.inside().violations.clone()
    }

    /// How many requests each rule failed, in the order of the rules.
    pub fn failures(&self) -> Vec<usize> {
        self.inside().rules.iter().map(|(_, fired)| fired.failed).collect()
    }

    /// Requests that were under way at the same time at most.
    pub fn most_concurrent(&self) -> usize {
        self.inside().most_running
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A handler that panicked shows in its own request and spoils no other.
fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request that is counted as running.
struct Underway(Arc<Mutex<Inside>>);

impl Drop for Underway {
    fn drop(&mut self) {
        lock(&self.0).running -= 1;
    }
}

async fn handle(
    State(inside): State<Arc<Mutex<Inside>>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let index = lock(&inside).arrive(&method, &uri, &headers, &body);
    // Also when the client hangs up and this is never finished.
    let _underway = Underway(inside.clone());
    // Requests are under way for a moment, so that those sent together are seen together.
    tokio::task::yield_now().await;
    let outcome = lock(&inside).decide(index, &method, &uri, &headers);
    if let Some(Fault::Slow(time)) = outcome.fault {
        tokio::time::sleep(time).await;
    }
    let mut inside = lock(&inside);
    if matches!(outcome.fault, Some(Fault::Drop)) {
        scissors.cut();
    } else {
        inside.requests[index].status = outcome.reply.status;
    }
    let (now, address) = (inside.world.clock.now(), format!("{}{uri}", inside.world.api));
    drop(inside);
    spoil::response(outcome, now, &address)
}

impl Inside {
    /// Notes the request and what is wrong with it; its place among the requests.
    fn arrive(&mut self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> usize {
        self.running += 1;
        self.most_running = self.most_running.max(self.running);
        let path = uri.to_string();
        if self.running > MOST_CONCURRENT {
            self.violations.push(format!("{method} {path}: {} requests at once", self.running));
        }
        if header(headers, "user-agent").is_none_or(str::is_empty) {
            self.violations.push(format!("{method} {path}: no User-Agent"));
        }
        let graphql = (uri.path() == "/graphql").then(|| serde_json::from_slice(body).unwrap_or(Value::Null));
        let (headers, body) = (headers.clone(), body.clone());
        self.requests.push(Request { method: method.to_string(), path, headers, body, graphql, status: 0, cost: 0 });
        self.requests.len() - 1
    }

    fn decide(&mut self, index: usize, method: &Method, uri: &Uri, headers: &HeaderMap) -> Outcome {
        let door = if uri.path() == "/graphql" { Door::Graphql } else { Door::Rest };
        let (reply, fault) = self.reply(index, door, method, uri, headers);
        let told = self.limits.told(door);
        Outcome { reply, door, told, fault }
    }

    fn reply(
        &mut self,
        index: usize,
        door: Door,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> (Reply, Option<Fault>) {
        if header(headers, "user-agent").is_none_or(str::is_empty) {
            return (Reply::error(403, "Request forbidden by administrative rules."), None);
        }
        let ask = ask(method, uri);
        // Asking for the budget is free, also for those who wait.
        if ask.path == "/rate_limit" {
            return (self.tokens.refuse(header(headers, "authorization")).unwrap_or_else(|| self.rate_limit()), None);
        }
        if let Some(file) = ask.path.strip_prefix("/signed/") {
            if headers.contains_key("authorization") {
                self.violations.push(format!("{method} {uri}: the token goes where it must not"));
            }
            return (rest::signed(&self.world, file), None);
        }
        if let Some((refusal, seconds_left, wrong)) = self.limits.waiting(door) {
            self.violations.extend(wrong.map(|wrong| format!("{method} {uri}: {wrong}")));
            return (self.refusal(door, refusal, seconds_left), None);
        }
        let size = self.size(index, &ask);
        let asked = self.requests[index].graphql.as_ref().and_then(|it| it["query"].as_str()).unwrap_or_default();
        let fault = self.fault(&format!("{uri} {asked}"), size);
        if let Some(reply) = fault.as_ref().and_then(|fault| self.failed(door, fault)) {
            return (reply, fault);
        }
        if let ["app", "installations", id, "access_tokens"] = ask.path[1..].split('/').collect::<Vec<_>>()[..]
            && method == Method::POST
        {
            let now = self.world.clock.now();
            return (self.tokens.give(id, header(headers, "authorization"), now), fault);
        }
        if let Some(refused) = self.tokens.refuse(header(headers, "authorization")) {
            return (refused, fault);
        }
        let reply = match door {
            Door::Graphql => self.graphql(index),
            Door::Rest => self.rest(index, &ask, header(headers, "if-none-match")),
        };
        (reply, fault)
    }

    fn refusal(&mut self, door: Door, refusal: Refusal, seconds_left: u64) -> Reply {
        refusal.reply(self.world.clock.now(), self.limits.told(door).limit, seconds_left)
    }

    /// Nodes or rows that are asked for.
    fn size(&mut self, index: usize, ask: &Ask) -> u64 {
        match &self.requests[index].graphql {
            Some(request) => graphql::nodes(request),
            None => ask.per_page() as u64,
        }
    }

    /// The fault of the first rule that this request falls under.
    fn fault(&mut self, path: &str, size: u64) -> Option<Fault> {
        for (rule, fired) in &mut self.rules {
            let is_large = !matches!(rule.fault, Fault::TooLarge { nodes, .. } if size <= nodes);
            if path.contains(&rule.path) && is_large {
                fired.seen += 1;
                if fired.seen > rule.skip && fired.failed < rule.times {
                    fired.failed += 1;
                    return Some(rule.fault.clone());
                }
            }
        }
        None
    }

    /// The answer, if the fault leaves none of the right one.
    fn failed(&mut self, door: Door, fault: &Fault) -> Option<Reply> {
        let (refusal, of, wait) = match *fault {
            Fault::Primary { status, wait_seconds } => (Refusal::Primary { status }, Some(door), wait_seconds),
            Fault::GraphqlLimited { wait_seconds } => (Refusal::Graphql, Some(door), wait_seconds),
            Fault::Secondary { status, retry_after_seconds } => {
                let is_announced = retry_after_seconds.is_some();
                (Refusal::Secondary { status, is_announced }, None, retry_after_seconds.unwrap_or(0))
            }
            Fault::TooLarge { status, .. } | Fault::Status(status) => {
                return Some(Reply { status, ..Reply::of(Value::String("<html>Unicorn!</html>".to_owned())) });
            }
            Fault::Denied { .. } if door == Door::Graphql => {
                let error = json!({ "type": "FORBIDDEN", "message": NOT_ALLOWED, "path": ["repository"] });
                return Some(Reply::of(json!({ "data": { "repository": null }, "errors": [error] })));
            }
            Fault::Denied { status: 404 } => return Some(Reply::not_found()),
            Fault::Denied { status } => return Some(Reply::error(status, NOT_ALLOWED)),
            Fault::Drop => return Some(Reply::of(Value::Null)),
            Fault::Redirect(ref to) => {
                let body = json!({ "message": "Moved Permanently", "url": to });
                return Some(Reply { status: 301, headers: vec![("location", to.clone())], body });
            }
            Fault::Meanwhile(happens) => {
                happens(&mut self.world);
                return None;
            }
            Fault::Revoked => {
                self.tokens.revoke();
                return None;
            }
            _ => return None,
        };
        let is_unannounced = matches!(refusal, Refusal::Secondary { is_announced: false, .. });
        let wait_for = if is_unannounced { self.minute } else { Duration::from_secs(wait) };
        self.limits.declare(of, wait_for, refusal);
        Some(self.refusal(door, refusal, wait))
    }

    fn rate_limit(&mut self) -> Reply {
        let now = self.world.clock.now().timestamp();
        let (rest, graphql) = (self.limits.told(Door::Rest), self.limits.told(Door::Graphql));
        let show = |it: Told| {
            json!({ "limit": it.limit, "used": it.used, "remaining": it.limit - it.used,
                "reset": now + i64::try_from(it.resets_in_seconds).unwrap() })
        };
        let resources = json!({ "core": show(rest), "graphql": show(graphql), "search": show(rest) });
        Reply::of(json!({ "resources": resources, "rate": show(rest) }))
    }

    fn graphql(&mut self, index: usize) -> Reply {
        let Some(request) = self.requests[index].graphql.clone() else { return Reply::not_found() };
        if self.requests[index].method != "POST" {
            return Reply::not_found();
        }
        let told = self.limits.told(Door::Graphql);
        let cost = graphql::cost(&request);
        let meter = Meter {
            limit: told.limit,
            used: (told.used + cost).min(told.limit),
            resets_in_seconds: told.resets_in_seconds,
        };
        let body = graphql::answer(&self.world, &request, meter);
        self.limits.take(Door::Graphql, cost);
        self.requests[index].cost = cost;
        Reply::of(body)
    }

    fn rest(&mut self, index: usize, ask: &Ask, known: Option<&str>) -> Reply {
        let mut reply = rest::answer(&self.world, ask);
        if reply.status == 200 {
            let tag = format!("W/\"{}\"", blake3::hash(reply.body.to_string().as_bytes()).to_hex());
            if known == Some(tag.as_str()) {
                // A list that did not change costs nothing.
                return Reply { status: 304, headers: vec![("etag", tag)], body: Value::Null };
            }
            reply.headers.push(("etag", tag));
        }
        self.limits.take(Door::Rest, 1);
        self.requests[index].cost = 1;
        reply
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn ask(method: &Method, uri: &Uri) -> Ask {
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    Ask { method: method.to_string(), path: uri.path().to_owned(), query }
}
