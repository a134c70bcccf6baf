//! The address of a simulated GitLab: who is let in, how often, and what goes wrong.

use super::World;
use super::answers::{Ask, Reply};
use crate::vendor_world::folder::TOKEN;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// What goes wrong with requests whose path contains a text, after so many and so often.
#[derive(Clone, Debug)]
pub struct Rule {
    pub path: &'static str,
    pub skip: usize,
    pub times: usize,
    pub fault: Fault,
}

#[derive(Clone, Debug)]
pub enum Fault {
    Status(u16),
    /// An answer that is no JSON.
    Garbage,
    /// A field has text in place of a number.
    Retyped(&'static str),
    /// The next page is on another host.
    Astray,
    /// Things change before it answers.
    Meanwhile,
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct Request {
    /// With the query.
    pub path: String,
    pub status: u16,
}

struct Inside {
    world: World,
    rules: Vec<(Rule, usize, usize)>,
    /// Requests of a second; unlimited where there is none.
    limit: Option<u64>,
    window: Option<(Instant, u64)>,
    requests: Vec<Request>,
    violations: Vec<String>,
}

/// A simulated GitLab on a port of this machine; it is gone when it is dropped.
pub struct Server {
    inside: Arc<Mutex<Inside>>,
    url: String,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(world: World) -> Server {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (rules, requests, violations) = (Vec::new(), Vec::new(), Vec::new());
        let inside = Inside { world, rules, limit: None, window: None, requests, violations };
        let inside = Arc::new(Mutex::new(inside));
        let service = Router::new().fallback(handle).with_state((inside.clone(), url.clone()));
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Server { inside, url, task }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the world or changes it while it is served.
    pub fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.inside().world)
    }

    pub fn fail(&self, rule: Rule) {
        self.inside().rules.push((rule, 0, 0));
    }

    /// Nothing goes wrong any more.
    pub fn mend(&self) {
        self.inside().rules.clear();
    }

    /// So many requests a second.
    pub fn limit(&self, most: u64) {
        self.inside().limit = Some(most);
    }

    /// What was received since this was last asked, in order of arrival.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.inside().requests)
    }

    /// Where a client asked what it must not, or while it should wait.
    pub fn violations(&self) -> Vec<String> {
        self.inside().violations.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(
    State((inside, url)): State<(Arc<Mutex<Inside>>, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut inside = inside.lock().unwrap_or_else(PoisonError::into_inner);
    let date = inside.world.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let (mut reply, fault) = inside.reply(&method, &uri, &headers, &body);
    let mut text = reply.body.to_string();
    match fault {
        Some(Fault::Garbage) => text = "<html>502</html>".to_owned(),
        Some(Fault::Retyped(field)) => {
            text = text.replace(&format!("\"{field}\":"), &format!("\"{field}\":\"x\",\"_\":"))
        }
        _ => {}
    }
    let etag = format!("W/\"{}\"", blake3::hash(text.as_bytes()).to_hex());
    let is_same = reply.status == 200 && headers.get("if-none-match").is_some_and(|it| it == etag.as_str());
    if is_same {
        (reply.status, text) = (304, String::new());
    }
    inside.requests.push(Request { path: uri.to_string(), status: reply.status });
    let mut response = Response::builder().status(reply.status).header("date", date).header("etag", etag);
    if reply.status == 429 {
        response = response.header("retry-after", "1");
    }
    if let Some((limit, used)) = inside.limit.zip(inside.window.map(|it| it.1)) {
        let left = limit.saturating_sub(used);
        response = response.header("ratelimit-limit", limit).header("ratelimit-remaining", left);
    }
    if reply.has_next {
        let host = if matches!(fault, Some(Fault::Astray)) { "https://elsewhere.example" } else { url.as_str() };
        response = response.header("link", format!("<{host}{}>; rel=\"next\"", following(&uri)));
    }
    response.body(Body::from(text)).unwrap()
}

/// The path of the page after this one.
fn following(uri: &Uri) -> String {
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned();
    let mut query: Vec<(String, String)> = query.collect();
    let page = query.iter().find(|(name, _)| name == "page").map_or(1, |(_, it)| it.parse::<usize>().unwrap());
    query.retain(|(name, _)| name != "page");
    query.push(("page".to_owned(), (page + 1).to_string()));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{}?{query}", uri.path())
}

impl Inside {
    fn reply(&mut self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> (Reply, Option<Fault>) {
        let refused = |status, message: &str| Reply { status, body: json!({ "message": message }), has_next: false };
        if headers.get("authorization").is_none_or(|it| it != &format!("Bearer {TOKEN}")) {
            return (refused(401, "401 Unauthorized"), None);
        }
        if let Some(limit) = self.limit {
            let now = Instant::now();
            let (since, used) = self.window.filter(|it| now - it.0 < Duration::from_secs(1)).unwrap_or((now, 0));
            self.window = Some((since, used + 1));
            if used > limit {
                self.violations.push(format!("{method} {uri}: asked while it should wait"));
            }
            if used >= limit {
                return (refused(429, "Retry later"), None);
            }
        }
        let mut fault = None;
        for (rule, seen, failed) in &mut self.rules {
            if uri.to_string().contains(rule.path) {
                *seen += 1;
                if *seen > rule.skip && *failed < rule.times {
                    *failed += 1;
                    fault = Some(rule.fault.clone());
                }
            }
        }
        match fault {
            Some(Fault::Status(status)) => return (refused(status, "out of order"), None),
            Some(Fault::Meanwhile) => drop((0..5).map(|_| self.world.change()).collect::<Vec<_>>()),
            _ => {}
        }
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let reply = self.world.answer(&Ask { path: uri.path().to_owned(), query, body });
        if reply.status == 400 {
            self.violations.push(format!("{method} {uri}: {}", reply.body));
        }
        (reply, fault)
    }
}
