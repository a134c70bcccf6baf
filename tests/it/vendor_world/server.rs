//! An address behind which a world is: who is let in, what is counted, what goes wrong, and what was asked.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// What a vendor has and how it answers.
pub trait World: Send + 'static {
    fn answer(&mut self, ask: &Ask) -> Reply;
    fn now(&self) -> DateTime<Utc>;
    /// The only value of `Authorization` that is let in.
    fn credential(&self) -> String;
    /// The headers of what is left of a budget, and of a refusal.
    fn told(&self, left: Left, is_refusal: bool) -> Vec<(&'static str, String)>;
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    pub most: u64,
    pub remaining: u64,
    /// Whole seconds until it is whole again.
    pub seconds: u64,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Ask {
    pub path: String,
    pub query: Vec<(String, String)>,
}

impl Ask {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(it, _)| it == name).map(|(_, value)| value.as_str()).collect()
    }

    /// A parameter that is not among these.
    pub fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.query.iter().map(|(name, _)| name.as_str()).find(|name| !known.contains(name))
    }
}

pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Reply {
    pub fn of(body: Value) -> Reply {
        Reply { status: 200, body }
    }

    pub fn error(status: u16, message: &str) -> Reply {
        Reply { status, body: json!({ "error": { "message": message } }) }
    }
}

/// What goes wrong with requests whose path contains a text, after so many and so often.
#[derive(Clone)]
pub struct Rule<W> {
    pub path: &'static str,
    pub skip: usize,
    pub times: usize,
    pub fault: Fault<W>,
}

#[derive(Clone)]
pub enum Fault<W> {
    Status(u16),
    /// An answer that is no JSON.
    Garbage,
    /// It changes before it answers.
    Meanwhile(fn(&mut W)),
}

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub status: u16,
}

struct Inside<W> {
    world: W,
    rules: Vec<(Rule<W>, usize, usize)>,
    /// Requests of a window, and how long that is.
    limit: (u64, Duration),
    window: Option<Instant>,
    used: u64,
    /// Nobody may ask before this, since a refusal said so.
    wait: Option<Instant>,
    requests: Vec<Request>,
    violations: Vec<String>,
}

/// A simulated API on a port of this machine; it is gone when it is dropped.
pub struct Server<W> {
    inside: Arc<Mutex<Inside<W>>>,
    url: String,
    task: JoinHandle<()>,
}

impl<W: World> Server<W> {
    pub async fn start(world: W) -> Server<W> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inside = Arc::new(Mutex::new(Inside {
            world,
            rules: Vec::new(),
            limit: (1_000_000, Duration::from_secs(60)),
            window: None,
            used: 0,
            wait: None,
            requests: Vec::new(),
            violations: Vec::new(),
        }));
        let service = Router::new().fallback(handle::<W>).with_state(inside.clone());
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Server { inside, url, task }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn inside(&self) -> MutexGuard<'_, Inside<W>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the world or changes it while it is served.
    pub fn world<T>(&self, change: impl FnOnce(&mut W) -> T) -> T {
        change(&mut self.inside().world)
    }

    pub fn fail(&self, rule: Rule<W>) {
        self.inside().rules.push((rule, 0, 0));
    }

    /// So many requests in a window.
    pub fn limit(&self, most: u64, window: Duration) {
        self.inside().limit = (most, window);
    }

    /// What was received since this was last asked, in order of arrival.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.inside().requests)
    }

    /// Where a client asked while it should wait, or did not say who it is.
    pub fn violations(&self) -> Vec<String> {
        self.inside().violations.clone()
    }
}

impl<W> Drop for Server<W> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle<W: World>(
    State(inside): State<Arc<Mutex<Inside<W>>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    _body: Bytes,
) -> Response<Body> {
    let mut inside = inside.lock().unwrap_or_else(PoisonError::into_inner);
    let (reply, told, text) = inside.reply(&method, &uri, &headers);
    let date = inside.world.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let (path, status) = (uri.to_string(), reply.status);
    inside.requests.push(Request { method: method.to_string(), path, headers, status });
    let mut response = Response::builder().status(reply.status).header("date", date);
    for (name, value) in told {
        response = response.header(name, value);
    }
    response.body(Body::from(text.unwrap_or_else(|| reply.body.to_string()))).unwrap()
}

/// An answer, the headers of its limits, and what is sent in place of its body.
type Answered = (Reply, Vec<(&'static str, String)>, Option<String>);

impl<W: World> Inside<W> {
    fn reply(&mut self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Answered {
        let header = |name: &str| headers.get(name).map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
        if header("user-agent").is_empty() {
            self.violations.push(format!("{method} {uri}: no User-Agent"));
        }
        if header("authorization") != self.world.credential() {
            return (Reply::error(401, "who are you"), Vec::new(), None);
        }
        let now = Instant::now();
        if self.wait.is_some_and(|until| now < until) {
            self.violations.push(format!("{method} {uri}: asked while it should wait"));
        }
        if self.window.is_none_or(|until| now >= until) {
            (self.window, self.used) = (Some(now + self.limit.1), 0);
        }
        let left = self.window.unwrap_or(now) - now;
        self.used += 1;
        let is_refusal = self.used > self.limit.0;
        let remaining = self.limit.0.saturating_sub(self.used);
        let left = Left { most: self.limit.0, remaining, seconds: left.as_secs_f64().ceil() as u64 };
        let told = self.world.told(left, is_refusal);
        if is_refusal {
            self.wait = Some(now + Duration::from_secs(left.seconds));
            return (Reply::error(429, "too many requests"), told, None);
        }
        for (rule, seen, failed) in &mut self.rules {
            if uri.to_string().contains(rule.path) {
                *seen += 1;
                if *seen > rule.skip && *failed < rule.times {
                    *failed += 1;
                    match rule.fault {
                        Fault::Status(status) => return (Reply::error(status, "out of order"), told, None),
                        Fault::Garbage => return (Reply::of(Value::Null), told, Some("<html>".to_owned())),
                        Fault::Meanwhile(happens) => happens(&mut self.world),
                    }
                }
            }
        }
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let ask = Ask { path: uri.path().to_owned(), query };
        let reply =
            if method == Method::GET { self.world.answer(&ask) } else { Reply::error(405, "only questions here") };
        (reply, told, None)
    }
}
