//! Limits, declared waits and everything else that goes wrong.

use super::client::{ask, get, try_get, usual};
use crate::github_world::faults::{Fault, Faults, Rule};
use crate::github_world::server::Server;
use crate::github_world::world::World;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn failing(rule: Rule) -> Server {
    Server::start(World::new(21), Faults::none().and(rule)).await
}

/// The pause that lets a request count as sent after the answer was read.
const READ: Duration = Duration::from_millis(150);

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_within_a_declared_wait_is_noted() {
    for (fault, status, header) in [
        (Fault::Primary { status: 403, wait_seconds: 1 }, 403, "x-ratelimit-reset"),
        (Fault::Primary { status: 429, wait_seconds: 1 }, 429, "x-ratelimit-reset"),
        (Fault::Secondary { status: 403, retry_after_seconds: Some(1) }, 403, "retry-after"),
        (Fault::Secondary { status: 429, retry_after_seconds: Some(1) }, 429, "retry-after"),
    ] {
        let server = failing(Rule::on("/user", fault.clone()).after(1)).await;
        assert_eq!(get(&server, "/user").status, 200);
        let refused = get(&server, "/user");
        assert_eq!(refused.status, status, "{fault:?}");
        match header {
            "retry-after" => assert_eq!(refused.headers[header], "1"),
            _ => {
                let now = server.world(|world| world.clock.now().timestamp());
                assert_eq!(refused.headers[header], (now + 1).to_string());
                assert_eq!(refused.headers["x-ratelimit-remaining"], "0");
            }
        }
        assert_eq!(get(&server, "/rate_limit").status, 200, "asking for the budget is free");
        std::thread::sleep(READ);
        assert_eq!(server.violations(), Vec::<String>::new());
        assert_eq!(get(&server, "/user").status, status);
        assert_eq!(server.violations().len(), 1, "{fault:?}");
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(get(&server, "/user").status, 200);
        assert_eq!((server.violations().len(), server.failures()), (1, vec![1]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secondary_limit_without_a_word_takes_the_declared_minute() {
    let rule = Rule::on("", Fault::Secondary { status: 403, retry_after_seconds: None });
    let server = Server::start(World::new(22), Faults::none().and(rule).minute(Duration::from_secs(1))).await;
    let refused = get(&server, "/user");
    assert!(!refused.headers.contains_key("retry-after") && refused.text.contains("secondary rate limit"));
    std::thread::sleep(READ);
    assert_eq!(ask(&server, "{ viewer { login } }", json!({})).status, 403, "both doors are shut");
    assert_eq!(server.violations().len(), 1);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(get(&server, "/user").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_budget_shuts_its_own_door_until_the_window_is_over() {
    let faults = Faults::none().budget(2, 1, Duration::from_secs(1));
    let server = Server::start(World::new(23), faults).await;
    assert_eq!(get(&server, "/user").headers["x-ratelimit-remaining"], "1");
    assert_eq!(get(&server, "/user").headers["x-ratelimit-remaining"], "0");
    assert_eq!(get(&server, "/user").status, 403);
    let viewer = "{ viewer { login } }";
    assert!(ask(&server, viewer, json!({})).json()["errors"].is_null());
    let limited = ask(&server, viewer, json!({}));
    assert_eq!((limited.status, limited.json()["errors"][0]["type"].as_str()), (200, Some("RATE_LIMITED")));
    std::thread::sleep(Duration::from_millis(1_100));
    assert_eq!(get(&server, "/user").status, 200);
    assert_eq!(server.violations(), Vec::<String>::new(), "all of it came within the grace");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_fails_in_its_own_way() {
    let path = "/repos/acme/alpha/pulls?state=all&per_page=100";
    let server = failing(Rule::on("/graphql", Fault::GraphqlLimited { wait_seconds: 1 })).await;
    assert_eq!(ask(&server, "{ viewer { login } }", json!({})).json()["errors"][0]["type"], "RATE_LIMITED");
    assert_eq!(get(&server, "/user").status, 200);

    let server = failing(Rule::on("", Fault::TooLarge { nodes: 50, status: 502 }).times(9)).await;
    assert_eq!(get(&server, path).status, 502);
    assert_eq!(get(&server, "/repos/acme/alpha/pulls?per_page=50").status, 200);
    let query =
        "query($n: Int) { repository(owner: \"acme\", name: \"alpha\") { pullRequests(first: $n) { totalCount } } }";
    assert_eq!(ask(&server, query, json!({ "n": 51 })).status, 502);
    assert_eq!(ask(&server, query, json!({ "n": 50 })).status, 200);
    assert_eq!(server.failures(), [2]);

    let server = failing(Rule::on("/user", Fault::Status(504))).await;
    assert_eq!(get(&server, "/user").status, 504);
    assert_eq!(get(&server, "/user").status, 200);

    let server = failing(Rule::on("/user", Fault::Drop)).await;
    assert!(try_get(&server, "/user", &[]).is_none());
    assert_eq!(get(&server, "/user").status, 200);
    assert_eq!(server.requests().iter().map(|it| it.status).collect::<Vec<_>>(), [0, 200]);

    let server = failing(Rule::on("/user", Fault::Truncated)).await;
    assert!(try_get(&server, "/user", &[]).is_none());

    let server = failing(Rule::on("/user", Fault::Malformed)).await;
    assert!(serde_json::from_str::<Value>(&get(&server, "/user").text).is_err());

    let server = failing(Rule::on("/user", Fault::Slow(Duration::from_millis(300)))).await;
    let begin = Instant::now();
    get(&server, "/user");
    assert!(begin.elapsed() >= Duration::from_millis(300));

    let server = failing(Rule::on("/pulls", Fault::Retyped { field: "number", value: json!("seven") })).await;
    assert_eq!(get(&server, path).json()[3]["number"], "seven");

    let server = failing(Rule::on("/pulls", Fault::NextLink("http://198.51.100.7/pulls".to_owned()))).await;
    assert_eq!(get(&server, path).headers["link"], "<http://198.51.100.7/pulls>; rel=\"next\"");

    let server = failing(Rule::on("/pulls", Fault::NextLoop).times(usize::MAX)).await;
    assert_eq!(get(&server, path).next().as_deref(), Some(path));

    let server = failing(Rule::on("/user", Fault::Redirect("http://198.51.100.7/user".to_owned()))).await;
    let moved = get(&server, "/user");
    assert_eq!((moved.status, moved.headers["location"].as_str()), (301, "http://198.51.100.7/user"));

    let server = failing(Rule::on("/user", Fault::Revoked).after(1)).await;
    assert_eq!([200, 401, 401].map(|_| get(&server, "/user").status), [200, 401, 401]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_name_or_comes_in_crowds_is_noted() {
    let server = failing(Rule::on("/user", Fault::Slow(Duration::from_secs(1))).times(usize::MAX)).await;
    let authorization = &usual()[1].1;
    let refused = super::client::send(&server, "GET", "/rate_limit", &[("authorization", authorization)], "").unwrap();
    assert_eq!((refused.status, server.violations().len()), (403, 1));
    std::thread::scope(|scope| (0..101).for_each(|_| drop(scope.spawn(|| get(&server, "/user")))));
    assert_eq!(server.most_concurrent(), 101);
    assert_eq!(server.violations().len(), 2);
    assert!(server.violations()[1].ends_with("101 requests at once"));
}
