//! REST: pages, filters, redirects, ETags, tokens, shapes.

use super::client::{Answer, get, pages, send, try_get};
use crate::github_world::faults::Faults;
use crate::github_world::server::Server;
use crate::github_world::server::app::{APP_ID, APP_KEY, INSTALLATION, TOKEN};
use crate::github_world::world::generate::Size;
use crate::github_world::world::{At, World};
use paceline::ambient::Ambient;
use serde_json::Value;
use std::collections::BTreeSet;

async fn serve(world: World) -> Server {
    Server::start(world, Faults::none()).await
}

fn all_ids(pages: &[Answer]) -> Vec<u64> {
    pages.iter().flat_map(Answer::ids).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_bring_every_row_once() {
    let server = serve(World::new(1)).await;
    let pages = pages(&server, "/repos/acme/alpha/pulls?state=all&per_page=7");
    let want: Vec<u64> = server.world(|it| {
        it.repositories[0].pulls().map(|(_, pull)| pull.id).collect::<Vec<_>>().into_iter().rev().collect()
    });
    assert!(want.len() > 21);
    assert_eq!(all_ids(&pages), want, "newest first, as GitHub's default is");
    assert_eq!(pages.len(), want.len().div_ceil(7));
    let id = server.world(|it| it.repositories[0].id);
    let link = |page: usize, rel: &str| {
        format!("<{}/repositories/{id}/pulls?page={page}&per_page=7&state=all>; rel=\"{rel}\"", server.url())
    };
    let second = [link(1, "prev"), link(3, "next"), link(pages.len(), "last"), link(1, "first")].join(", ");
    assert_eq!(pages[1].headers["link"], second);
    assert!(!get(&server, "/repos/acme/alpha/releases?per_page=100").headers.contains_key("link"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_move_between_pages_are_met_twice_or_never() {
    let server = serve(World::new(2)).await;
    let path = "/repos/acme/alpha/pulls?state=all&sort=updated&per_page=10";
    let (newest, rest) = ("&direction=desc", "&page=2");
    let first = get(&server, &format!("{path}{newest}"));
    let second = get(&server, &format!("{path}{newest}{rest}"));
    // A row of the second page comes to the front: the last of the first page is pushed into the second.
    let moved = second.json()[4]["number"].as_u64().unwrap();
    let repository = server.world(|it| it.repositories[0].id);
    server.world(|it| it.comment(At { repository, number: moved })).unwrap();
    let again = get(&server, &format!("{path}{newest}{rest}"));
    assert_eq!(again.ids()[0], first.ids()[9], "met twice");
    // Oldest first, it leaves a gap: what followed moves up and is skipped.
    let first = get(&server, path);
    let second = get(&server, &format!("{path}{rest}"));
    let moved = first.json()[0]["number"].as_u64().unwrap();
    server.world(|it| it.comment(At { repository, number: moved })).unwrap();
    let again = get(&server, &format!("{path}{rest}"));
    assert_eq!(again.ids()[0], second.ids()[1]);
    assert!(!again.ids().contains(&second.ids()[0]), "never met");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_did_not_change_costs_nothing() {
    let server = serve(World::new(3)).await;
    let path = "/repos/acme/beta/pulls?state=all&sort=updated";
    let first = get(&server, path);
    let used = |answer: &Answer| answer.headers["x-ratelimit-used"].parse::<u64>().unwrap();
    let etag = first.headers["etag"].clone();
    let same = try_get(&server, path, &[("if-none-match", &etag)]).unwrap();
    assert_eq!((same.status, same.text.as_str(), used(&same)), (304, "", used(&first)));
    let at = server.world(|it| At { repository: it.repositories[1].id, number: 1 });
    server.world(|it| it.comment(at)).unwrap();
    let changed = try_get(&server, path, &[("if-none-match", &etag)]).unwrap();
    assert_eq!((changed.status, used(&changed)), (200, used(&first) + 1));
    assert_ne!(changed.headers["etag"], etag);
    let requests = server.requests();
    assert_eq!(requests.iter().map(|it| it.cost).collect::<Vec<_>>(), [1, 0, 1]);
    assert!(requests.iter().all(|it| it.path == path && it.method == "GET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_name_leads_to_the_id() {
    let server = serve(World::new(4)).await;
    let (id, node) = (
        get(&server, "/repos/acme/alpha").json()["id"].clone(),
        get(&server, "/repos/acme/alpha").json()["node_id"].clone(),
    );
    let numeric = id.as_u64().unwrap();
    server.world(|it| it.rename_repository(numeric, "omega"));
    server.world(|it| it.transfer_repository(numeric, "elsewhere"));
    let moved = get(&server, "/repos/acme/alpha/pulls?state=all");
    assert_eq!(moved.status, 301);
    assert_eq!(moved.headers["location"], format!("{}/repositories/{id}/pulls?state=all", server.url()));
    let there = get(&server, &format!("/repositories/{id}/pulls?state=all"));
    assert_eq!(there.ids(), get(&server, "/repos/elsewhere/omega/pulls?state=all").ids());
    let now = get(&server, "/repos/elsewhere/omega").json();
    assert_eq!((&now["id"], &now["node_id"]), (&id, &node));
    assert_eq!(get(&server, "/repos/acme/omega").status, 301);
    assert_eq!(get(&server, "/repos/acme/nothing").status, 404);
    assert_eq!(get(&server, "/orgs/acme/repos").json().as_array().unwrap().len(), 2);
    assert_eq!(get(&server, "/users/elsewhere/repos").json()[0]["full_name"], "elsewhere/omega");
    assert_eq!(get(&server, "/installation/repositories").json()["total_count"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn since_and_state_filter() {
    let server = serve(World::new(5)).await;
    let issues = pages(&server, "/repos/acme/alpha/issues?state=all&sort=updated&direction=asc&per_page=100");
    let times: Vec<String> =
        issues[0].json().as_array().unwrap().iter().map(|it| it["updated_at"].as_str().unwrap().to_owned()).collect();
    assert!(times.is_sorted() && times.len() == 40);
    let since = &times[25];
    let late = get(&server, &format!("/repos/acme/alpha/issues?state=all&since={since}&per_page=100")).ids().len();
    assert_eq!(late, times.iter().filter(|it| *it >= since).count());
    let open = get(&server, "/repos/acme/alpha/issues?per_page=100").json();
    assert!(open.as_array().unwrap().iter().all(|it| it["state"] == "open"));
    let comments = get(
        &server,
        &format!("/repos/acme/alpha/issues/comments?since={since}&sort=updated&direction=asc&per_page=100"),
    );
    let comments: Vec<String> =
        comments.json().as_array().unwrap().iter().map(|it| it["updated_at"].as_str().unwrap().to_owned()).collect();
    assert!(!comments.is_empty() && comments.is_sorted() && comments.iter().all(|it| it >= since));
    // Deleted: gone as an issue, not found as a pull request.
    let (repository, number) =
        server.world(|it| (it.repositories[0].id, it.repositories[0].pulls().next().unwrap().0.number));
    server.world(|it| it.delete(At { repository, number }));
    assert_eq!(get(&server, &format!("/repos/acme/alpha/issues/{number}")).status, 410);
    assert_eq!(get(&server, &format!("/repos/acme/alpha/pulls/{number}")).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_search_of_runs_ends_at_a_thousand() {
    let size =
        Size { repositories: 1, pulls: 1, issues: 0, runs: 1_040, deployments: 0, releases: 0, ..Size::default() };
    let server = serve(World::sized(6, size)).await;
    let count = |path: &str| {
        let pages = pages(&server, path);
        (pages[0].json()["total_count"].as_u64().unwrap(), ids_within(&pages, "workflow_runs").len())
    };
    assert_eq!(count("/repos/acme/alpha/actions/runs?per_page=100"), (1_040, 1_040));
    assert_eq!(count("/repos/acme/alpha/actions/runs?per_page=100&created=2020-01-01..*"), (1_040, 1_000));
    let (from, to) =
        server.world(|it| (it.repositories[0].runs[100].created_at, it.repositories[0].runs[199].created_at));
    let range = format!("{}..{}", from.format("%Y-%m-%dT%H:%M:%SZ"), to.format("%Y-%m-%dT%H:%M:%SZ"));
    let (total, _) = count(&format!("/repos/acme/alpha/actions/runs?per_page=100&created={range}"));
    assert!((100..105).contains(&total), "{total}");
    let answer = get(&server, "/repos/acme/alpha/actions/runs?created=yesterday");
    assert_eq!(answer.status, 422);
}

fn ids_within(pages: &[Answer], field: &str) -> BTreeSet<u64> {
    pages
        .iter()
        .flat_map(|page| {
            page.json()[field].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_run_again_keeps_its_id_and_shows_the_latest_jobs() {
    let server = serve(World::new(7)).await;
    let repository = server.world(|it| it.repositories[0].id);
    let said = server.world(|it| {
        loop {
            if let Some(said) = it.rerun_some(repository) {
                break said;
            }
            it.progress_some_run(repository);
        }
    });
    let id = said.split(' ').nth(1).unwrap();
    let path = format!("/repos/acme/alpha/actions/runs/{id}");
    let run = get(&server, &path).json();
    assert_eq!((&run["run_attempt"], &run["status"], &run["conclusion"]), (&2.into(), &"queued".into(), &Value::Null));
    let jobs = |path: &str| get(&server, path).json()["total_count"].clone();
    assert_eq!(jobs(&format!("{path}/jobs")), 2);
    assert_eq!(jobs(&format!("{path}/jobs?filter=all")), 4);
    assert_eq!(jobs(&format!("{path}/attempts/1/jobs")), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_valid_tokens_are_let_in() {
    let server = serve(World::new(8)).await;
    let bare = |authorization: &[(&str, &str)]| {
        let headers: Vec<(&str, &str)> =
            [("user-agent", "test")].into_iter().chain(authorization.iter().copied()).collect();
        let answer = send(&server, "GET", "/user", &headers, "").unwrap();
        (answer.status, answer.json()["message"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(bare(&[]), (401, "Requires authentication".to_owned()));
    assert_eq!(bare(&[("authorization", "Bearer wrong")]), (401, "Bad credentials".to_owned()));
    assert_eq!(bare(&[("authorization", &format!("token {TOKEN}"))]).0, 200);
    let now = Ambient::default().now();
    server.world(|it| it.clock.run_from(now));
    let key = octocrab::jsonwebtoken::EncodingKey::from_rsa_pem(APP_KEY.as_bytes()).unwrap();
    let statement = octocrab::auth::create_jwt(APP_ID.into(), &key).unwrap();
    let path = format!("/app/installations/{INSTALLATION}/access_tokens");
    let give = |statement: &str| {
        let bearer = format!("Bearer {statement}");
        send(&server, "POST", &path, &[("user-agent", "test"), ("authorization", &bearer)], "").unwrap()
    };
    let given = give(&statement);
    assert_eq!(given.status, 201, "{}", given.text);
    assert_eq!(bare(&[("authorization", &format!("Bearer {}", given.json()["token"].as_str().unwrap()))]).0, 200);
    let other = octocrab::auth::create_jwt(78_u64.into(), &key).unwrap();
    assert_eq!(give(&other).status, 404);
    let (head, signature) = statement.rsplit_once('.').unwrap();
    let forged: String = signature.chars().rev().collect();
    assert_eq!(give(&format!("{head}.{forged}")).status, 401);
    server.world(|it| it.clock.run_from(now + chrono::TimeDelta::minutes(10)));
    assert!(give(&statement).text.contains("'exp'"));
    server.world(|it| it.clock.run_from(now - chrono::TimeDelta::minutes(5)));
    assert!(give(&statement).text.contains("too far"));
}

/// Each door's rows have the fields that GitHub's description requires, with its types.
#[tokio::test(flavor = "multi_thread")]
async fn rows_have_the_published_shape() {
    let server = serve(World::sized(9, Size { busy_pulls: 1, ..Size::default() })).await;
    server.world(|it| (0..40).for_each(|_| drop(it.change())));
    let id = server.world(|it| it.repositories[0].id);
    let (number, issue) = server.world(|it| {
        let busy = it.repositories[0].pulls().find(|(item, _)| item.comments.len() > 100);
        (busy.unwrap().0.number, it.repositories[0].issues().next().unwrap().number)
    });
    let (run, deployment) = server.world(|it| (it.repositories[0].runs[0].id, it.repositories[0].deployments[0].id));
    let base = format!("/repositories/{id}");
    let delivery = server.world(|it| it.deliveries[0].id);
    let doors = [
        ("simple-user", "/user".to_owned()),
        ("minimal-repository", "/installation/repositories".to_owned()),
        ("full-repository", base.clone()),
        ("pull-request-simple", format!("{base}/pulls?state=all&per_page=100")),
        ("pull-request", format!("{base}/pulls/{number}")),
        ("issue", format!("{base}/issues?state=all&per_page=100")),
        ("issue", format!("{base}/issues/{issue}")),
        ("issue-comment", format!("{base}/issues/comments?per_page=100")),
        ("issue-comment", format!("{base}/issues/{number}/comments")),
        ("pull-request-review", format!("{base}/pulls/{number}/reviews")),
        ("pull-request-review-comment", format!("{base}/pulls/{number}/comments")),
        ("pull-request-review-comment", format!("{base}/pulls/comments")),
        ("commit", format!("{base}/pulls/{number}/commits")),
        ("issue-event", format!("{base}/issues/{number}/events")),
        ("workflow-run", format!("{base}/actions/runs")),
        ("workflow-run", format!("{base}/actions/runs/{run}")),
        ("job", format!("{base}/actions/runs/{run}/jobs?filter=all")),
        ("deployment", format!("{base}/deployments")),
        ("deployment-status", format!("{base}/deployments/{deployment}/statuses")),
        ("release", format!("{base}/releases")),
        ("tag", format!("{base}/tags")),
        ("team", "/orgs/acme/teams".to_owned()),
        ("simple-user", "/orgs/acme/teams/platform/members".to_owned()),
        ("simple-user", "/orgs/acme/members".to_owned()),
        ("hook-delivery-item", "/orgs/acme/hooks/1/deliveries".to_owned()),
        ("hook-delivery", format!("/orgs/acme/hooks/1/deliveries/{delivery}")),
        ("copilot", "/orgs/acme/copilot/metrics?since=2026-01-10".to_owned()),
    ];
    for (schema, path) in doors {
        let rows = rows(get(&server, &path).json());
        assert!(!rows.is_empty(), "{path} is empty");
        rows.iter().for_each(|row| has_shape(schema, row, &path));
    }
    let timeline = rows(get(&server, &format!("{base}/issues/{number}/timeline?per_page=100")).json());
    for row in timeline {
        let schema = match row["event"].as_str().unwrap() {
            "committed" => "timeline-committed-event",
            "reviewed" => "timeline-reviewed-event",
            "commented" => "timeline-comment-event",
            _ => "issue-event",
        };
        has_shape(schema, &row, "the timeline");
    }
    has_shape("rate-limit", &get(&server, "/rate_limit").json()["resources"]["core"], "/rate_limit");
}

/// The rows of a list, of the list within an object, or the one object.
fn rows(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(rows) => rows,
        Value::Object(ref object) if object.contains_key("total_count") => {
            object.values().find_map(Value::as_array).unwrap().clone()
        }
        one => vec![one],
    }
}

fn has_shape(schema: &str, row: &Value, path: &str) {
    let begin = format!("{schema}: ");
    let required = include_str!("../rest/required.txt").lines().find_map(|line| line.strip_prefix(&begin));
    let required = required.unwrap_or(if schema == "copilot" { "date=string total_active_users=integer" } else { "" });
    assert!(!required.is_empty(), "{schema} is not in required.txt");
    for (field, kinds) in required.split(' ').map(|it| it.split_once('=').unwrap()) {
        let value = row.get(field).unwrap_or_else(|| panic!("{path}: no {field} in {row}"));
        let fits = kinds.trim_end_matches('?').split('|').any(|kind| match kind {
            "string" => value.is_string(),
            "integer" => value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            _ => value.is_object(),
        });
        // GitHub gives null for users who are gone, whatever its description says.
        let may_be_null = kinds.ends_with('?') || ["user", "author", "committer", "parent"].contains(&field);
        assert!(fits || (may_be_null && value.is_null()), "{path}: {field} is {value}, not {kinds}");
    }
}
