//! What the collector asks for, held against PagerDuty's own description of its API by Prism.

use super::{collect, kind, run};
use crate::openapi::{Prism, described};
use crate::vendor_world::folder::Folder;
use crate::vendor_world::pagerduty::World;
use crate::vendor_world::server::{Request, Server};
use paceline::project::PagerdutyPipeline;
use std::collections::BTreeMap;

/// The description is published, but in no package of a registry: a copy is looked for, and nothing is checked without one.
const DESCRIPTION: (&str, &str) = ("PACELINE_PAGERDUTY_OPENAPI", "tests/pagerduty/openapiv3.json");
const WHERE: &str = "reference/REST/openapiv3.json of https://github.com/PagerDuty/api-schema";

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_as_pagerduty_describes_them() {
    let Some((tools, description)) = described(DESCRIPTION, WHERE) else { return };
    let prism = Prism::start(&tools, &description);
    let requests = requests().await;
    let headers = requests[0].headers.clone();
    let get =
        |path: &str| Request { method: "GET".to_owned(), path: path.to_owned(), headers: headers.clone(), status: 0 };
    for (path, words) in [
        ("/incidents?limit=many", "Request query parameter limit must be integer"),
        ("/incidents?date_range=some", "must be equal to one of"),
        ("/incidents?sorted_by=created_at", "no parameter sorted_by is described"),
        ("/incident", "hasn't been found"),
    ] {
        let objections = objections(&prism, &get(path));
        assert!(objections.len() == 1 && objections[0].contains(words), "{path}: {objections:?}");
    }
    for request in &requests {
        assert_eq!(objections(&prism, request), Vec::<String>::new(), "{} {}", request.method, request.path);
    }
    eprintln!("{} requests are as described", requests.len());
}

/// The requests of a first run, of one after changes, of a comparison that finds something, and of one with services; those
/// that differ in the values of their parameters alone once.
async fn requests() -> Vec<Request> {
    let server = Server::start(World::new(9, 40)).await;
    let folder = Folder::new();
    collect(&folder, &server).await;
    server.world(|world| {
        (0..5).for_each(|_| drop(world.change()));
        world.rename(3);
    });
    let keys = PagerdutyPipeline { services: vec!["PS1".to_owned()], ..kind(&server) };
    run(&Folder::new(), &server, &keys, true).await.unwrap();
    run(&folder, &server, &kind(&server), true).await.unwrap();
    let mut distinct = BTreeMap::new();
    for request in server.take_requests() {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let path = path.split('/').map(|it| if it.starts_with("Q0") { "ID" } else { it }).collect::<Vec<_>>().join("/");
        let names: Vec<String> =
            url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
        distinct.entry((path, names)).or_insert(request);
    }
    let paths: Vec<&str> = distinct.keys().map(|(path, _)| path.as_str()).collect();
    for expected in ["/incidents", "/incidents/ID/log_entries", "/log_entries", "/users"] {
        assert!(paths.contains(&expected), "{expected} was not asked: {paths:?}");
    }
    distinct.into_values().collect()
}

/// The description names the version that is asked for as a header, and its answers as plain JSON: without that Prism has none.
fn objections(prism: &Prism, request: &Request) -> Vec<String> {
    let mut headers = request.headers.clone();
    let accept = headers.get("accept").unwrap().to_str().unwrap();
    assert_eq!(accept, "application/vnd.pagerduty+json;version=2");
    headers.insert("accept", format!("{accept}, application/json").parse().unwrap());
    prism.objections(&request.method, &request.path, &headers, "")
}
