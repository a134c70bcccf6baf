//! A Backstage server: what is read of it over time, and that Backstage's own client reads the same.

use super::node_tools;
use crate::cli::product::Product;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

const TOKEN: &str = "backstage-token";

/// What is served, and what was asked for.
#[derive(Default)]
struct Inside {
    entities: Vec<Value>,
    queries: Vec<Vec<(String, String)>>,
    /// Requests from this one on fail.
    fails_from: Option<usize>,
    /// Entities of a page, whatever the client asks for.
    most: usize,
}

struct Server {
    inside: Arc<Mutex<Inside>>,
    url: String,
}

impl Server {
    async fn start(entities: Vec<Value>) -> Server {
        let inside = Arc::new(Mutex::new(Inside { entities, most: 4, ..Inside::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/api/catalog/entities/by-query", get(by_query)).with_state(inside.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Server { inside, url }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inside) -> T) -> T {
        change(&mut self.inside.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn product(&self, more: &str) -> Product {
        let product = Product::new();
        product.write("token", TOKEN);
        let url = &self.url;
        let pipeline = format!("type = \"backstage\"\nurl = \"{url}\"\ntoken = {{ file = \"token\" }}\n{more}");
        product.write("pipelines/portal.toml", &pipeline);
        product
    }
}

/// `GET /entities/by-query` as <https://backstage.io/docs/features/software-catalog/software-catalog-api#get-entitiesby-query>
/// describes it: a cursor knows everything about its question.
async fn by_query(
    State(inside): State<Arc<Mutex<Inside>>>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> (StatusCode, String) {
    let mut inside = inside.lock().unwrap();
    inside.queries.push(query.clone());
    if headers.get("authorization").and_then(|it| it.to_str().ok()) != Some(&format!("Bearer {TOKEN}")) {
        return (
            StatusCode::UNAUTHORIZED,
            json!({"error": {"name": "AuthenticationError", "message": "Unauthorized"}}).to_string(),
        );
    }
    if inside.fails_from.is_some_and(|from| inside.queries.len() > from) {
        return (
            StatusCode::BAD_REQUEST,
            json!({"error": {"name": "InputError", "message": "Malformed cursor"}}).to_string(),
        );
    }
    let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (kind, start) = match asked("cursor").and_then(|cursor| cursor.split_once('@')) {
        Some((kind, start)) => (kind.to_owned(), start.parse().unwrap()),
        None => (asked("filter").and_then(|it| it.strip_prefix("kind=")).unwrap_or_default().to_owned(), 0_usize),
    };
    let is_asked = |entity: &&Value| kind.is_empty() || entity["kind"].as_str().unwrap().to_lowercase() == kind;
    let all: Vec<&Value> = inside.entities.iter().filter(is_asked).collect();
    let limit: usize = asked("limit").map_or(20, |it| it.parse().unwrap()).min(inside.most);
    let items: Vec<&&Value> = all.iter().skip(start).take(limit).collect();
    let mut page = json!({ "items": items, "totalItems": all.len(), "pageInfo": {} });
    if start + items.len() < all.len() {
        page["pageInfo"]["nextCursor"] = json!(format!("{kind}@{}", start + limit));
    }
    (StatusCode::OK, page.to_string())
}

/// An entity as a server gives it out, with what it adds by itself.
fn entity(kind: &str, name: &str, annotations: Value, spec: Value) -> Value {
    json!({
        "apiVersion": "backstage.io/v1alpha1", "kind": kind,
        "metadata": { "name": name, "namespace": "default", "uid": format!("uid-{name}"), "etag": "e", "annotations": annotations },
        "spec": spec, "relations": [{ "type": "ownedBy", "targetRef": "group:default/tills" }],
    })
}

fn organisation() -> Vec<Value> {
    let team = |name: &str, parent: Option<&str>, annotations: Value| {
        let mut spec = json!({ "type": "team", "children": [], "profile": { "displayName": format!("The {name}") } });
        parent.inspect(|parent| spec["parent"] = json!(parent));
        entity("Group", name, annotations, spec)
    };
    let user = |name: &str, teams: Value| {
        let profile = json!({ "displayName": name, "email": format!("{name}@acme.example") });
        let annotations = json!({ "github.com/user-login": format!("{name}-hub") });
        entity("User", name, annotations, json!({ "memberOf": teams, "profile": profile }))
    };
    vec![
        team("shops", None, json!({})),
        team("tills", Some("shops"), json!({ "github.com/team-slug": "acme/tills" })),
        team("stores", Some("shops"), json!({})),
        user("ann", json!(["tills"])),
        user("bob", json!(["tills", "stores"])),
        entity(
            "Component",
            "till",
            json!({
                "github.com/project-slug": "acme/shop", "pagerduty.com/service-id": "PT1LL",
                "backstage.io/source-location": "url:https://github.com/acme/shop/tree/main/services/till/",
            }),
            json!({ "type": "service", "lifecycle": "production", "owner": "tills", "system": "sales", "dependsOn": ["resource:db"] }),
        ),
        entity("Resource", "db", json!({}), json!({ "type": "database", "owner": "user:ann" })),
        entity("System", "sales", json!({}), json!({ "owner": "stores" })),
        entity("Location", "all", json!({}), json!({ "target": "x" })),
        json!({ "apiVersion": "acme.example/v1", "kind": "Widget", "metadata": { "name": "own-kind" }, "spec": { "owner": "stores" } }),
    ]
}

fn rows(product: &Product, sql: &str) -> Vec<String> {
    product.rows(sql).into_iter().map(|row| row.join(" ")).collect()
}

const COMPONENTS: &str =
    "SELECT entity, repository, path, service, team, valid_from, valid_to FROM components ORDER BY 1, 6";

#[tokio::test(flavor = "multi_thread")]
async fn entities_come_change_and_go() {
    let server = Server::start(organisation()).await;
    let mut product = server.product("");
    product.run(["collect"]).succeeded();
    let day = "2026-03-01T12:00:00Z";
    assert_eq!(
        rows(&product, COMPONENTS),
        [
            format!("component:default/till acme/shop services/till PT1LL  {day} "),
            format!("group:default/shops    shops {day} "),
            format!("group:default/stores    stores {day} "),
            format!("group:default/tills    acme/tills {day} "),
            format!("resource:default/db     {day} "),
            format!("system:default/sales     {day} "),
            format!("widget:default/own-kind     {day} "),
        ]
    );
    let owners = "SELECT entity, owner, owner_id IS NOT NULL FROM component_owners WHERE valid_to IS NULL ORDER BY 1";
    assert_eq!(
        rows(&product, owners),
        [
            "component:default/till group:default/tills false",
            "resource:default/db  true",
            "system:default/sales group:default/stores false",
            "widget:default/own-kind group:default/stores false",
        ]
    );
    let relations = "SELECT entity, relation, target FROM dependencies WHERE valid_to IS NULL ORDER BY 1, 2";
    assert_eq!(
        rows(&product, relations),
        [
            "component:default/till dependsOn resource:default/db",
            "component:default/till partOf system:default/sales",
            "group:default/stores childOf group:default/shops",
            "group:default/tills childOf group:default/shops",
        ]
    );
    let teams = "SELECT team, title, parent FROM teams ORDER BY 1";
    assert_eq!(rows(&product, teams), ["acme/tills The tills shops", "shops The shops ", "stores The stores shops"]);
    let members = "SELECT team, weight, valid_from, valid_to FROM team_members ORDER BY 1, 2, 3";
    let joined = [format!("acme/tills 0.5 {day} "), format!("acme/tills 1.0 {day} "), format!("stores 0.5 {day} ")];
    assert_eq!(rows(&product, members), joined);
    // The owner of the database is the member of the tills who has all of her time there.
    let same =
        "SELECT count(*) FROM component_owners o JOIN team_members m ON m.person_id = o.owner_id AND m.weight = 1";
    assert_eq!(rows(&product, same), ["1"]);

    // Nothing changed: nothing is written.
    let before = product.files("tables");
    product.now = "2026-03-02T12:00:00Z";
    assert_eq!(product.run(["collect"]).succeeded().stderr, "portal: nothing new\n");
    assert!(product.files("tables") == before);

    // A failure in the middle of the list is no end of what was not listed.
    let asked = server.change(|it| it.queries.len());
    server.change(|it| it.fails_from = Some(asked + 1));
    let answer = product.run(["collect"]);
    assert!(answer.failed(3).contains("answers 400 Bad Request"), "{}", answer.stderr);
    assert!(product.files("tables") == before);
    server.change(|it| it.fails_from = None);

    server.change(|it| {
        it.entities.retain(|entity| entity["metadata"]["name"] != "sales");
        let till = it.entities.iter_mut().find(|entity| entity["metadata"]["name"] == "till").unwrap();
        till["spec"]["owner"] = json!("stores");
        till["spec"]["lifecycle"] = json!("deprecated");
        let bob = it.entities.iter_mut().find(|entity| entity["metadata"]["name"] == "bob").unwrap();
        bob["spec"]["memberOf"] = json!(["stores"]);
        let db = it.entities.iter_mut().find(|entity| entity["metadata"]["name"] == "db").unwrap();
        db["spec"]["owner"] = json!(7);
    });
    // What is put aside is a failure of the source, and the rest is stored.
    let answer = product.run(["collect"]);
    assert_eq!(answer.code, Some(3));
    let said = answer.stderr;
    assert!(said.contains("portal: entity resource:default/db: spec.owner is no text; put aside"), "{said}");
    let next = "2026-03-02T12:00:00Z";
    let till = "SELECT lifecycle, valid_from, valid_to FROM components WHERE name = 'till' ORDER BY 2";
    assert_eq!(rows(&product, till), [format!("production {day} {next}"), format!("deprecated {next} ")]);
    let gone = "SELECT name, valid_to FROM components WHERE name IN ('sales', 'db') ORDER BY 1";
    assert_eq!(rows(&product, gone), ["db ".to_owned(), format!("sales {next}")]);
    assert_eq!(
        rows(&product, members),
        [
            format!("acme/tills 0.5 {day} {next}"),
            format!("acme/tills 1.0 {day} "),
            format!("stores 0.5 {day} {next}"),
            format!("stores 1.0 {next} "),
        ]
    );
    let log = "SELECT team, change, person_id IS NOT NULL, changed_at FROM team_changes ORDER BY 1, 2";
    assert_eq!(rows(&product, log), [format!("acme/tills left true {next}")]);
    let team = "SELECT team_of_component('component:default/till', TIMESTAMP '2026-03-01T13:00:00Z') AS a,
                       team_of_component('component:default/till', TIMESTAMP '2026-03-02T13:00:00Z') AS b";
    assert_eq!(rows(&product, team), ["acme/tills stores"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_filter_says_is_asked_for() {
    let server = Server::start(organisation()).await;
    let product = server.product("filter = \"kind=group\"\n");
    product.run(["collect"]).succeeded();
    assert_eq!(rows(&product, "SELECT DISTINCT kind FROM components"), ["group"]);
    let first = server.change(|it| it.queries[0].clone());
    assert!(first.contains(&("filter".to_owned(), "kind=group".to_owned())), "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_groups_is_said() {
    let mut entities = organisation();
    entities[0]["spec"]["parent"] = json!("tills");
    entities[2]["spec"]["parent"] = json!("nowhere");
    entities[7]["spec"]["owner"] = json!("nobody");
    let server = Server::start(entities).await;
    let product = server.product("");
    let said = product.run(["collect"]).succeeded().stderr;
    for line in [
        "portal: the groups above group:default/shops go round in a circle",
        "portal: the groups above group:default/tills go round in a circle",
        "portal: group:default/stores names group:default/nowhere, and there is no such group",
        "portal: system:default/sales is owned by group:default/nobody, and no such team is known",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(rows(&product, "SELECT count(*), count(parent) FROM teams"), ["3 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_cannot_be_read_stays_as_it_was() {
    let server = Server::start(organisation()).await;
    let mut product = server.product("");
    product.run(["collect"]).succeeded();
    let teams = "SELECT team, title, parent FROM teams ORDER BY 1";
    let members = "SELECT team, weight, valid_from, valid_to FROM team_members ORDER BY 1, 2, 3";
    let before = (rows(&product, teams), rows(&product, members));
    // The team above another, and one that has members.
    for index in [0, 1] {
        server.change(|it| it.entities[index]["spec"]["children"] = json!(7));
    }
    product.now = "2026-03-02T12:00:00Z";
    let said = product.run(["collect"]).stderr;
    assert!(said.contains("entity group:default/tills: spec.children is no list; put aside"), "{said}");
    assert_eq!((rows(&product, teams), rows(&product, members)), before);
    assert_eq!(rows(&product, "SELECT count(*) FROM team_changes"), ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_is_said() {
    let server = Server::start(organisation()).await;
    let product = server.product("");
    product.write("token", "wrong");
    let answer = product.run(["collect"]);
    assert!(answer.failed(3).contains("refuses the token (401: Unauthorized)"), "{}", answer.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn backstages_own_client_pages_through_the_same() {
    let server = Server::start(organisation()).await;
    let Some(tools) = node_tools("the server of these tests is not read by Backstage's client") else { return };
    let script = tools.join("page.mjs");
    let output = Command::new("node").arg(script).args([server.url.as_str(), TOKEN]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut theirs: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert!(server.change(|it| it.queries.len()) >= 4);
    let product = server.product("");
    product.run(["collect"]).succeeded();
    let mut ours = rows(&product, "SELECT entity FROM components");
    // People and places to look for more are not among the components.
    assert_eq!(theirs.iter().filter(|it| it.starts_with("user:") || it.starts_with("location:")).count(), 3);
    theirs.retain(|it| !it.starts_with("user:") && !it.starts_with("location:"));
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
}
