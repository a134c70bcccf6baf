//! What the collector asks for, held against GitHub's own description of its API by Prism, which answers from it.

use crate::cli::product::{Answer, Product};
use crate::github_world::faults::Faults;
use crate::github_world::published::installed;
use crate::github_world::server::app::{APP_ID, APP_KEY, INSTALLATION};
use crate::github_world::server::{Request, Server};
use crate::github_world::world::World;
use crate::openapi::Prism;
use axum::body::Bytes;
use axum::http::HeaderMap;
use paceline::ambient::Ambient;
use paceline::store::Store;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// GitHub's description of github.com, published with its clients.
const DESCRIPTION: &str = "node_modules/@octokit/openapi/generated/api.github.com.json";

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_as_github_describes_them_and_links_to_another_host_are_not_followed() {
    let Some(folder) = installed("requests are not checked against GitHub's description") else { return };
    let prism = Prism::start(&folder, &folder.join(DESCRIPTION));

    let wrong = [
        ("/repos/acme/alpha/pulls?per_page=many", "Request query parameter per_page must be integer"),
        ("/repos/acme/alpha/pulls?state=gone", "Request query parameter state must be equal to one of"),
        ("/orgs/acme/repos?sort=size", "Request query parameter sort must be equal to one of"),
        ("/search/issues", "Request query must have required property 'q'"),
        ("/repos/acme/alpha/pulls?per_pag=100", "no parameter per_pag is described"),
        ("/repos/acme/alpha/pull", "The route /repos/acme/alpha/pull hasn't been found"),
    ];
    for (path, words) in wrong {
        let objections = objections(&prism, &get(path));
        assert!(objections.len() == 1 && objections[0].contains(words), "{path}: {objections:?}");
    }
    for request in requests().await {
        assert_eq!(objections(&prism, &request), Vec::<String>::new(), "{} {}", request.method, request.path);
    }
    refuses_links_to_another_host(&prism);
}

/// The REST requests of a first run, one after changes, and a comparison, as an App; of those that differ only in numbers
/// within the path, one.
async fn requests() -> Vec<Request> {
    let server = Server::start(World::new(6), Faults::none()).await;
    server.world(|world| world.clock.run_from(Ambient::default().now()));
    let (product, url) = (Product::new(), server.url());
    product.write("app.pem", APP_KEY);
    let text = format!(
        "type = \"github\"\nurl = \"{url}\"\nrepositories = [\"acme/*\", \"acme/alpha\"]\n\
         [app]\nid = {APP_ID}\ninstallation = {INSTALLATION}\nkey = {{ file = \"app.pem\" }}\n"
    );
    product.write("pipelines/acme.toml", &text);
    product.run(["collect"]).succeeded();
    server.world(|world| (0..40).for_each(|_| drop(world.change())));
    product.run(["collect", "--reconcile"]).succeeded();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let mut distinct = BTreeMap::new();
    for request in server.requests().into_iter().filter(|it| it.graphql.is_none()) {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let shape: Vec<&str> = path.split('/').map(|part| if is_number(part) { "0" } else { part }).collect();
        distinct.entry((request.method.clone(), shape.join("/"), query.to_owned())).or_insert(request);
    }
    let found: Vec<String> = distinct.keys().map(|(method, path, _)| format!("{method} {path}")).collect();
    for expected in ["POST /app/installations/0/access_tokens", "GET /orgs/acme/repos", "GET /repos/acme/alpha/pulls"] {
        assert!(found.iter().any(|it| it == expected), "{expected} was not asked: {found:?}");
    }
    distinct.into_values().collect()
}

/// Prism's lists go on at <https://api.github.com>.
fn refuses_links_to_another_host(prism: &Prism) {
    let product = Product::new();
    let repository = "octocat/Hello-World";
    // As if its pull requests were read before, so that REST's list is asked.
    let cursor = json!({ "repositories": { "MDEwOlJlcG9zaXRvcnkxMjk2MjY5": {
        "name": repository, "pulls": { "until": "2000-01-01T00:00:00Z", "settled": true } } } });
    let plan = json!({ "cursor": cursor, "at": product.now, "observations": [] }).to_string();
    let state = Store::open(&product.data()).unwrap().state().unwrap();
    let version = state.begin("github:prism", &plan).unwrap();
    state.finish("github:prism", version).unwrap();
    drop(state);
    for (repositories, list) in [("acme/*", "/orgs/acme/repos?"), (repository, "/repos/octocat/Hello-World/pulls?")] {
        let text = format!(
            "type = \"github\"\nurl = \"{}\"\ntoken = {{ env = \"PRISM_TOKEN\" }}\nrepositories = [\"{repositories}\"]\n",
            prism.url
        );
        product.write("pipelines/prism.toml", &text);
        let (mut command, began) = (product.command(["collect"]), Instant::now());
        command.env("PRISM_TOKEN", "any");
        let answer = Answer::of(command);
        let line = answer.failed(3);
        assert!(line.starts_with(&format!("{}{list}", prism.url)), "{line}");
        let words = "points to https://api.github.com/resource on another host, where the token must not go";
        assert!(line.ends_with(words), "{line}");
        // Trying the other host would take its attempts and the waits between them.
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

fn get(path: &str) -> Request {
    let (method, path) = ("GET".to_owned(), path.to_owned());
    Request { method, path, headers: HeaderMap::new(), body: Bytes::new(), graphql: None, status: 0, cost: 0 }
}

fn objections(prism: &Prism, request: &Request) -> Vec<String> {
    let Request { method, path, headers, body, .. } = request;
    prism.objections(method, path, headers, std::str::from_utf8(body).unwrap())
}
