//! GraphQL: what is answered, how pages hold together, what is refused, what it costs.

use super::client::{ask, data, get, pages};
use crate::github_world::faults::Faults;
use crate::github_world::graphql::schema::{SCHEMA, named};
use crate::github_world::server::Server;
use crate::github_world::world::generate::Size;
use crate::github_world::world::{At, World, node_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PULLS: &str = "query Pulls($after: String) {
    repository(owner: \"acme\", name: \"alpha\") {
        pullRequests(first: 10, after: $after, orderBy: {field: UPDATED_AT, direction: ASC}) {
            totalCount
            nodes { number }
            pageInfo { hasNextPage endCursor }
        }
    }
}";

async fn serve(world: World) -> Server {
    Server::start(world, Faults::none()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_hold_their_place_while_rows_move() {
    let server = serve(World::new(11)).await;
    let repository = server.world(|it| it.repositories[0].id);
    let (mut after, mut met) = (Value::Null, BTreeMap::new());
    let mut moved = None;
    loop {
        let page = data(&server, PULLS, json!({ "after": after }))["repository"]["pullRequests"].take();
        assert_eq!(page["totalCount"], 30);
        for node in page["nodes"].as_array().unwrap() {
            *met.entry(node["number"].as_u64().unwrap()).or_insert(0) += 1;
        }
        if moved.is_none() {
            let number = *met.keys().next().unwrap();
            server.world(|it| it.comment(At { repository, number })).unwrap();
            moved = Some(number);
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(met.len(), 30, "nothing is left out");
    // What moved is met again at its new place; nothing else is.
    assert!(met.iter().all(|(number, times)| *times == if Some(*number) == moved { 2 } else { 1 }), "{met:?}");
    let answer = ask(&server, PULLS, json!({ "after": "b2Rk" })).json();
    assert_eq!(answer["errors"][0]["type"], "INVALID_CURSOR_ARGUMENTS");
}

const BUSY: &str = "query Busy($number: Int!, $after: String) {
    repository(owner: \"acme\", name: \"alpha\") {
        pullRequest(number: $number) {
            LIST(first: 100, after: $after) { totalCount nodes { FIELDS } pageInfo { hasNextPage endCursor } }
        }
    }
}";

/// Every row of a list of a pull request.
fn nodes(server: &Server, number: u64, list: &str, fields: &str) -> Vec<Value> {
    let query = BUSY.replace("LIST", list).replace("FIELDS", fields);
    let (mut after, mut rows) = (Value::Null, Vec::new());
    loop {
        let answer = data(server, &query, json!({ "number": number, "after": after }));
        let page = &answer["repository"]["pullRequest"][list];
        rows.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], rows.len());
            return rows;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_doors_tell_the_same_of_long_lists() {
    let server = serve(World::sized(12, Size { busy_pulls: 1, ..Size::default() })).await;
    let busy = |world: &mut World| world.repositories[0].pulls().find(|it| it.0.comments.len() > 100).unwrap().0.number;
    let number = server.world(busy);
    let base = format!("/repos/acme/alpha/pulls/{number}");
    let by_rest = |path: &str, field: &str| -> Vec<String> {
        let rows = pages(&server, &format!("{path}?per_page=100"));
        rows.iter().flat_map(|page| page.json().as_array().unwrap().clone()).map(|row| row[field].to_string()).collect()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let reviews: Vec<String> =
        nodes(&server, number, "reviews", "fullDatabaseId").iter().map(|it| text(&it["fullDatabaseId"])).collect();
    assert!(reviews.len() > 100);
    assert_eq!(reviews, by_rest(&format!("{base}/reviews"), "id"));
    let comments: Vec<String> =
        nodes(&server, number, "comments", "fullDatabaseId").iter().map(|it| text(&it["fullDatabaseId"])).collect();
    assert_eq!(comments, by_rest(&format!("/repos/acme/alpha/issues/{number}/comments"), "id"));
    let commits: Vec<String> =
        nodes(&server, number, "commits", "commit { oid }").iter().map(|it| it["commit"]["oid"].to_string()).collect();
    assert!(commits.len() > 100);
    assert_eq!(commits, by_rest(&format!("{base}/commits"), "sha"));
    let of_threads = "comments(first: 100) { nodes { fullDatabaseId pullRequestReview { fullDatabaseId } } }";
    let threads = nodes(&server, number, "reviewThreads", of_threads);
    let mut in_threads: Vec<String> = threads
        .iter()
        .flat_map(|it| it["comments"]["nodes"].as_array().unwrap())
        .map(|it| text(&it["fullDatabaseId"]))
        .collect();
    in_threads.sort();
    let mut listed = by_rest(&format!("{base}/comments"), "id");
    listed.sort();
    assert!(in_threads.len() > 100);
    assert_eq!(in_threads, listed);
    assert!(nodes(&server, number, "labels", "name").len() > 100);
    let times: Vec<String> = nodes(
        &server,
        number,
        "timelineItems",
        "... on ClosedEvent { createdAt } __typename ... on LabeledEvent { createdAt }",
    )
    .iter()
    .filter_map(|it| it["createdAt"].as_str().map(str::to_owned))
    .collect();
    assert!(times.len() > 100 && times.is_sorted());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_and_who_is_a_machine() {
    let server = serve(World::new(13)).await;
    let review_query = "query($id: ID!) { node(id: $id) { __typename ... on PullRequest { number author { __typename login ... on User { name email databaseId } }
        reviews(first: 100) { nodes { author { login } } } } } }";
    let (number, pull, author, reviewer) = server.world(|world| {
        let humans: Vec<u64> = world.users.iter().filter(|it| !it.is_bot).map(|it| it.id).collect();
        let found = world.repositories[0]
            .pulls()
            .find(|(item, pull)| humans.contains(&item.author) && !pull.reviews.is_empty());
        let (item, pull) = found.unwrap();
        (item.number, pull.id, item.author, pull.reviews[0].author)
    });
    let of = |server: &Server| data(server, review_query, json!({ "id": node_id("PR", pull) }))["node"].take();
    assert_eq!(of(&server)["author"]["databaseId"], author);
    server.world(|world| world.delete_user(author));
    server.world(|world| world.delete_user(reviewer));
    let node = of(&server);
    assert_eq!((&node["author"], &node["reviews"]["nodes"][0]["author"]), (&Value::Null, &Value::Null));
    let path = format!("/repos/acme/alpha/pulls/{number}");
    assert_eq!(get(&server, &path).json()["user"]["login"], "ghost");
    assert_eq!(get(&server, &format!("{path}/reviews")).json()[0]["user"], Value::Null);
    let bot = server.world(|world| world.users.iter().find(|it| it.is_bot).unwrap().id);
    let asked = data(
        &server,
        "query($id: ID!) { node(id: $id) { __typename ... on Bot { login } } }",
        json!({ "id": node_id("BOT", bot) }),
    );
    assert_eq!(asked["node"], json!({ "__typename": "Bot", "login": "dependabot" }));
    let by_rest = server.world(|world| crate::github_world::rest::shape::user(world, bot));
    assert_eq!((by_rest["login"].as_str(), by_rest["type"].as_str()), (Some("dependabot[bot]"), Some("Bot")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_null_with_an_error() {
    let server = serve(World::new(14)).await;
    let answer =
        ask(&server, "{ repository(owner: \"acme\", name: \"nothing\") { id } rateLimit { cost } }", json!({})).json();
    assert_eq!(answer["data"], json!({ "repository": null, "rateLimit": { "cost": 1 } }));
    assert_eq!(
        answer["errors"][0],
        json!({ "type": "NOT_FOUND", "path": ["repository"],
        "message": "Could not resolve to a Repository with the name 'acme/nothing'." })
    );
    let id = server.world(|it| node_id("R", it.repositories[0].id));
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Repository { name } } }";
    let answer = ask(&server, nodes, json!({ "ids": [id, "nonsense"] })).json();
    assert_eq!(answer["data"]["nodes"], json!([{ "id": id, "name": "alpha" }, null]));
    assert_eq!(answer["errors"][0]["path"], json!(["nodes", 1]));
    assert_eq!(answer["errors"][0]["message"], "Could not resolve to a node with the global id of 'nonsense'");
    // A former name is followed.
    let repository = server.world(|it| it.repositories[0].id);
    server.world(|it| it.rename_repository(repository, "omega"));
    let found = data(&server, "{ repository(owner: \"acme\", name: \"alpha\") { nameWithOwner } }", json!({}));
    assert_eq!(found["repository"]["nameWithOwner"], "acme/omega");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_in_githubs_words() {
    let server = serve(World::new(15)).await;
    let in_repository = |part: &str| format!("{{ repository(owner: \"acme\", name: \"alpha\") {{ {part} }} }}");
    let cases = [
        (in_repository("stars"), "Field 'stars' doesn't exist on type 'Repository'"),
        (
            in_repository("releases(first: 1, bogus: 2) { totalCount }"),
            "Field 'releases' doesn't accept argument 'bogus'",
        ),
        (
            in_repository("releases { totalCount }"),
            "You must provide a `first` or `last` value to properly paginate the `releases` connection.",
        ),
        (
            in_repository("releases(first: 101) { totalCount }"),
            "Requesting 101 records on the `releases` connection exceeds the `first` limit of 100 records.",
        ),
        (
            in_repository("defaultBranchRef"),
            "Field must have selections (field 'defaultBranchRef' returns Ref but has no selections. Did you mean 'defaultBranchRef { ... }'?)",
        ),
        (
            in_repository("name { x }"),
            "Selections can't be made on scalars (field 'name' returns String but has selections)",
        ),
        (in_repository("... on Star { id }"), "No such type Star, so it can't be a fragment condition"),
        (in_repository("... on User { id }"), "Fragment on User can't be spread inside Repository"),
        (in_repository("...lost"), "Fragment lost was used, but not defined"),
        (
            in_repository("pullRequests(first: 1, states: [SHUT]) { totalCount }"),
            "Argument 'states' on Field 'pullRequests' has an invalid value ([SHUT]). Expected type '[PullRequestState!]'.",
        ),
        ("{ repository(owner: \"acme\") { id } }".to_owned(), "Field 'repository' is missing required arguments: name"),
        ("query Q($n: Int) { viewer { id } }".to_owned(), "Variable $n is declared by Q but not used"),
        ("query Q { node(id: $id) { id } }".to_owned(), "Variable $id is used by Q but not declared"),
        (
            "query Q($id: ID!) { node(id: $id) { id } }".to_owned(),
            "Variable $id of type ID! was provided invalid value",
        ),
        (
            in_repository(
                "pullRequests(first: 100) { nodes { reviewThreads(first: 100) { nodes { comments(first: 100) { totalCount } } } } }",
            ),
            "This query requests up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000.",
        ),
    ];
    for (query, message) in cases {
        let answer = ask(&server, &query, json!({}));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["errors"][0]["message"], message, "{query}");
        assert!(answer.json()["data"].is_null(), "{query}");
    }
    let undefined = ask(&server, &in_repository("stars"), json!({})).json()["errors"][0].take();
    let extensions = json!({ "code": "undefinedField", "typeName": "Repository", "fieldName": "stars" });
    assert_eq!((&undefined["path"], &undefined["extensions"]), (&json!(["query", "repository", "stars"]), &extensions));
    assert_eq!(undefined["locations"], json!([{ "line": 1, "column": 46 }]));
    assert!(
        ask(&server, "{ viewer { ", json!({})).json()["errors"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("Parse error")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cost_is_the_number_of_requests_by_a_hundred() {
    let server = serve(World::new(16)).await;
    // 1 + 50 × 3 = 151 requests, 2 points; 50 + 50 × 300 nodes.
    let query = "{ rateLimit { cost limit remaining used nodeCount } repository(owner: \"acme\", name: \"alpha\") { pullRequests(first: 50) { nodes {
        reviews(first: 100) { totalCount } commits(first: 100) { totalCount } timelineItems(first: 100) { totalCount } } } } }";
    let limit = data(&server, query, json!({}))["rateLimit"].take();
    assert_eq!(limit, json!({ "cost": 2, "limit": 5_000, "remaining": 4_998, "used": 2, "nodeCount": 15_050 }));
    let answer = ask(&server, "{ viewer { login } }", json!({}));
    assert_eq!(
        (answer.headers["x-ratelimit-used"].as_str(), answer.headers["x-ratelimit-resource"].as_str()),
        ("3", "graphql")
    );
    assert_eq!(get(&server, "/user").headers["x-ratelimit-used"], "1", "the budgets are apart");
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_fragments_edges_and_repeated_fields() {
    let server = serve(World::new(17)).await;
    let query = "query($n: Int = 2) {
        one: repository(owner: \"acme\", name: \"alpha\") { ...named pullRequests(first: $n) { edges { cursor node { number } } } pullRequests(first: $n) { totalCount edges { node { state } } } }
        two: repository(owner: \"acme\", name: \"beta\") { ...named }
    }
    fragment named on Repository { name owner { login __typename } }";
    let answer = data(&server, query, json!({}));
    assert_eq!(answer["two"], json!({ "name": "beta", "owner": { "login": "acme", "__typename": "Organization" } }));
    let edges = answer["one"]["pullRequests"]["edges"].as_array().unwrap();
    assert_eq!((edges.len(), &answer["one"]["pullRequests"]["totalCount"]), (2, &json!(30)));
    assert!(edges[1]["node"]["number"] == 2 && edges[1]["node"]["state"].is_string() && edges[1]["cursor"].is_string());
}

/// A selection of all there is of a type, each type once on a way.
fn everything(of: &str, above: &[&str]) -> String {
    let above = [above, &[of]].concat();
    let mut parts = vec!["__typename".to_owned()];
    for (name, field) in SCHEMA.fields(of).unwrap() {
        let returns = named(&field.kind);
        // Many rows above, few within them: a query has a most number of nodes.
        let rows = if above.len() < 3 { 60 } else { 3 };
        let arguments = if field.arguments.contains_key("first") { format!("(first: {rows})") } else { String::new() };
        if SCHEMA.fields(returns).is_none() {
            parts.push(name.clone());
        } else if !above.contains(&returns) {
            parts.push(format!("{name}{arguments} {{ {} }}", everything(returns, &above)));
        }
    }
    for object in SCHEMA.possible(of).iter().filter(|it| !above.contains(&it.as_str())) {
        parts.push(format!("... on {object} {{ {} }}", everything(object, &above)));
    }
    parts.join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_the_schema_is_answered() {
    let server = serve(World::sized(18, Size { repositories: 1, ..Size::default() })).await;
    let name = server.world(|world| {
        (0..600).for_each(|_| drop(world.change()));
        (world.repositories[0].owner.clone(), world.repositories[0].name.clone())
    });
    let (talked, reviewed, issue) = server.world(|world| {
        let repository = &world.repositories[0];
        let talked = repository.pulls().max_by_key(|it| it.0.comments.len()).unwrap();
        let reviewed = repository.pulls().max_by_key(|it| it.1.review_comments.len()).unwrap();
        let labeled = repository.issues().max_by_key(|it| it.labels.len()).unwrap();
        (talked.0.number, reviewed.0.number, labeled.number)
    });
    let mut met = BTreeMap::new();
    for (field, arguments) in [
        ("pullRequest", format!("(number: {talked})")),
        ("pullRequest", format!("(number: {reviewed})")),
        ("issue", format!("(number: {issue})")),
        ("releases", "(first: 20)".to_owned()),
        ("deployments", "(first: 20)".to_owned()),
        ("owner", String::new()),
        ("defaultBranchRef", String::new()),
    ] {
        let all = everything(named(&SCHEMA.fields("Repository").unwrap()[field].kind), &["Repository"]);
        let repository = format!("repository(owner: \"{}\", name: \"{}\")", name.0, name.1);
        let answer = data(&server, &format!("{{ {repository} {{ {field}{arguments} {{ {all} }} }} }}"), json!({}));
        count_types(&answer, &mut met);
    }
    let run = server.world(|world| node_id("WFR", world.repositories[0].runs[0].id));
    let all = everything("WorkflowRun", &[]);
    let answer = data(&server, &format!("{{ node(id: \"{run}\") {{ ... on WorkflowRun {{ {all} }} }} }}"), json!({}));
    count_types(&answer, &mut met);
    for kind in [
        "PullRequest",
        "WorkflowRun",
        "CheckSuite",
        "Issue",
        "PullRequestReview",
        "PullRequestReviewComment",
        "IssueComment",
        "Commit",
        "GitActor",
        "Label",
        "Team",
        "Deployment",
        "DeploymentStatus",
        "Release",
    ] {
        assert!(met.contains_key(kind), "{kind} was not met: {met:?}");
    }
}

fn count_types(value: &Value, met: &mut BTreeMap<String, usize>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = object.get("__typename").and_then(Value::as_str) {
                *met.entry(name.to_owned()).or_insert(0) += 1;
            }
            object.values().for_each(|value| count_types(value, met));
        }
        Value::Array(items) => items.iter().for_each(|value| count_types(value, met)),
        _ => {}
    }
}
