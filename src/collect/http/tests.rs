//! A server that answers by a list, and what the client makes of it.

use super::limits::tests::limits;
use super::*;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Request as Asked;
use axum::response::Response as Answered;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Status, headers and body.
type Canned = (u16, Vec<(&'static str, String)>, &'static str);

/// What is still to be answered, and what was asked, with the credential and the ETag.
#[derive(Default)]
struct Inside {
    answers: VecDeque<Canned>,
    asked: Vec<String>,
}

struct Server {
    inside: Arc<Mutex<Inside>>,
    url: String,
}

impl Server {
    async fn with(answers: impl IntoIterator<Item = Canned>) -> Server {
        let inside = Arc::new(Mutex::new(Inside { answers: answers.into_iter().collect(), asked: Vec::new() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let service = Router::new().fallback(handle).with_state(inside.clone());
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Server { inside, url }
    }

    fn asked(&self) -> Vec<String> {
        self.inside.lock().unwrap().asked.clone()
    }

    fn client(&self, folder: &std::path::Path) -> Client<'static> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let headers = vec![(http::header::AUTHORIZATION, "Token token=s3cret".to_owned())];
        let endpoint = Endpoint { product: "Vendor", address: &self.url, headers };
        let patience = Patience { failure: Duration::from_millis(1), limit: Duration::from_millis(1) };
        Client::new(&endpoint, limits(folder).with_patience(patience)).unwrap()
    }
}

async fn handle(State(inside): State<Arc<Mutex<Inside>>>, asked: Asked<Body>) -> Answered {
    let word = |name: &str| asked.headers().get(name).map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
    let (etag, credential) = (word("if-none-match"), word("authorization"));
    assert_eq!(credential, "Token token=s3cret");
    let mut inside = inside.lock().unwrap();
    inside.asked.push(format!("{} {} {etag}", asked.method(), asked.uri()).trim().to_owned());
    let (status, headers, body) = inside.answers.pop_front().unwrap_or((500, Vec::new(), "{}"));
    let mut answer = Answered::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(name, value);
    }
    answer.body(Body::from(body)).unwrap()
}

fn plain(status: u16, body: &'static str) -> Canned {
    (status, Vec::new(), body)
}

#[tokio::test]
async fn failures_of_the_moment_are_repeated_and_waits_kept() {
    let folder = tempfile::tempdir().unwrap();
    let wait = |name, value: &str| (429, vec![(name, value.to_owned())], "{}");
    let spent = vec![("ratelimit-remaining", "0".to_owned()), ("ratelimit-reset", "0".to_owned())];
    let server = Server::with([plain(502, ""), wait("retry-after", "1"), (200, spent, "[1]"), plain(200, "[2]")]).await;
    let mut client = server.client(folder.path());
    let began = Instant::now();
    assert_eq!(client.list::<u64>("/a?b=c".to_owned()).await.unwrap(), Some(vec![1]));
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    let began = Instant::now();
    assert_eq!(client.list::<u64>("/d".to_owned()).await.unwrap(), Some(vec![2]));
    assert!(began.elapsed() >= Duration::from_secs(1), "nothing was left of the budget");
    assert_eq!(server.asked(), ["GET /api/a?b=c", "GET /api/a?b=c", "GET /api/a?b=c", "GET /api/d"]);
}

#[tokio::test]
async fn pages_redirects_and_etags_stay_on_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with([]).await;
    let link = |target: &str| vec![("link", format!("<{target}>; rel=\"next\"")), ("etag", "\"e\"".to_owned())];
    let next = format!("{}/a?page=2", server.url);
    server.inside.lock().unwrap().answers.extend([
        (301, vec![("location", "/api/a".to_owned())], ""),
        (200, link(&next), "[1]"),
        plain(200, "[2]"),
        plain(304, ""),
        plain(404, "{}"),
        plain(200, "{\"a\": true}"),
        (200, link("https://elsewhere.example/a"), "[1]"),
        (302, vec![("location", "//elsewhere.example/a".to_owned())], ""),
    ]);
    let mut client = server.client(folder.path());
    assert_eq!(client.list::<u64>("/old".to_owned()).await.unwrap(), Some(vec![1, 2]));
    assert!(matches!(client.get("/a", Some("\"e\"")).await.unwrap(), Answer::Same));
    assert!(matches!(client.get("/b", None).await.unwrap(), Answer::Missing));
    assert!(matches!(client.post("/c", serde_json::json!({})).await.unwrap(), Answer::Page(_)));
    for _ in 0..2 {
        let error = client.get("/a", None).await.unwrap_err().to_string();
        assert!(error.contains("elsewhere.example/a on another host, where the token must not go"), "{error}");
    }
    let asked = ["GET /api/old", "GET /api/a", "GET /api/a?page=2", "GET /api/a \"e\"", "GET /api/b", "POST /api/c"];
    assert_eq!(server.asked()[..6], asked);
    assert_eq!(server.asked().len(), 8, "the other host was not asked");
}

#[tokio::test]
async fn what_goes_wrong_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with([
        plain(401, r#"{"error": {"message": "Unauthorized"}}"#),
        plain(403, r#"{"error": "Forbidden", "description": "no scope"}"#),
        plain(200, r#"{"list": [{"id": "x"}]}"#),
    ])
    .await;
    let mut client = server.client(folder.path());
    let url = &server.url;
    let error = client.get("/a", None).await.unwrap_err().to_string();
    let words = "refuses the token (401: Unauthorized); make a new one, or check where the pipeline reads it from";
    assert_eq!(error, format!("{url}/a {words}"));
    let error = client.get("/a", None).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{url}/a answers 403 Forbidden: Forbidden: no scope"));
    #[derive(Debug, Deserialize)]
    struct List {
        #[expect(dead_code, reason = "reading it fails")]
        list: Vec<Item>,
    }
    #[derive(Debug, Deserialize)]
    struct Item {
        #[expect(dead_code, reason = "reading it fails")]
        id: u64,
    }
    let error = client.pages::<List>("/a".to_owned()).await.unwrap_err().to_string();
    let words =
        "sent something that is not what Vendor documents: at list[0].id: invalid type: string \"x\", expected u64";
    assert!(error.starts_with(&format!("{url}/a {words}")), "{error}");
    // After all attempts.
    let error = client.get("/a", None).await.unwrap_err().to_string();
    assert_eq!(error, format!("{url}/a answers 500 Internal Server Error: {{}}"));
    assert_eq!(server.asked().len(), 3 + ATTEMPTS as usize);
}

#[tokio::test]
async fn names_of_machines_own_secrets_are_not_followed() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let folder = tempfile::tempdir().unwrap();
    let endpoint = |address| Endpoint { product: "Vendor", address, headers: Vec::new() };
    assert!(Client::new(&endpoint("http://169.254.169.254/latest"), limits(folder.path())).is_err());
    let secret =
        Endpoint { headers: vec![(http::header::AUTHORIZATION, "a\nb".to_owned())], ..endpoint("http://a.example") };
    let error = Client::new(&secret, limits(folder.path())).err().unwrap().to_string();
    assert_eq!(
        error,
        "http://a.example/: the API cannot be used: the value of authorization has letters that no header can have"
    );
}
