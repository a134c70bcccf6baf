//! How a source stands can be seen: what is left of its budget, what is waited for, what a failed run stored.

use crate::cli::product::{Answer, Product, csv_rows};
use crate::github_world::client::send_to;
use crate::github_world::faults::{Fault, Faults, Rule};
use crate::github_world::server::Server;
use crate::github_world::server::app::TOKEN;
use crate::github_world::world::World;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

fn product(server: &Server) -> Product {
    let product = Product::new();
    let (url, repository) = (server.url(), "acme/alpha");
    let text = format!(
        "type = \"github\"\nurl = \"{url}\"\ntoken = {{ file = \"token\" }}\nrepositories = [\"{repository}\"]\n"
    );
    product.write("token", TOKEN);
    product.write("pipelines/acme.toml", &text);
    product
}

/// A column of `collect --status` for the only source; empty where it is not known.
fn status(product: &Product, column: &str) -> String {
    let answer = product.run(["collect", "--status", "--format", "csv"]).succeeded();
    let text = String::from_utf8(answer.stdout.clone()).unwrap();
    let place = text.lines().next().unwrap().split(',').position(|name| name == column).unwrap();
    csv_rows(&answer.stdout).first().map(|row| row[place].clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_and_what_is_waited_for_can_be_seen() {
    let limited = Rule::on("/graphql", Fault::Primary { status: 403, wait_seconds: 8 }).after(1);
    let server = Server::start(World::new(7), Faults::none().and(limited)).await;
    let product = product(&server);
    let mut collecting = Ended(product.command(["collect"]).spawn().unwrap());
    let began = Instant::now();
    while !product.data().join("state.sqlite").is_file() || status(&product, "waits_until").is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "nobody says that GitHub is waited for");
        assert!(collecting.0.try_wait().unwrap().is_none(), "it ended instead of waiting");
    }
    assert_eq!((status(&product, "rows"), status(&product, "missed")), (String::new(), String::new()), "unknown yet");
    let page = Pages::of(&product).get("/collectors");
    assert!(page.contains("waiting for GitHub until <time datetime=\"2026-03-01T12:00:"), "{page}");
    assert!(collecting.0.wait().unwrap().success());

    let spent = |graphql: bool| {
        server.requests().iter().filter(|it| it.graphql.is_some() == graphql).map(|it| it.cost).sum::<u64>()
    };
    let left = (5_000 - spent(false), 5_000 - spent(true));
    assert_eq!(status(&product, "budget"), format!("core {}/5000 graphql {}/5000", left.0, left.1));
    assert_eq!(status(&product, "waits_until"), "");
    product.run(["collect", "--reconcile"]).succeeded();
    assert_eq!(status(&product, "missed"), "0");
    let page = Pages::of(&product).get("/collectors");
    assert!(!page.contains("waiting for") && page.contains(" of 5,000<small>graphql"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_says_what_it_stored() {
    let broken = Rule::on("/graphql", Fault::Malformed).after(1).times(100);
    let server = Server::start(World::new(7), Faults::none().and(broken)).await;
    let product = product(&server);
    let answer = product.run(["collect"]);
    assert!(answer.failed(3).contains("sent something that is not what GitHub documents"));
    let tables =
        ["repositories", "pull_requests", "pull_request_commits", "pull_request_events", "reviews", "review_comments"];
    let counts: Vec<String> = tables.iter().map(|name| format!("(SELECT count(*) FROM stored.{name})")).collect();
    let stored = &product.rows(&format!("SELECT {}", counts.join(" + ")))[0][0];
    assert!(stored.parse::<u64>().unwrap() > 25, "the first page is stored");
    assert_eq!(&status(&product, "rows"), stored);
    assert_eq!(status(&product, "failures"), "1");
}

#[test]
fn every_bad_file_of_a_folder_is_said() {
    let product = Product::new();
    product.write("pipelines/saved.toml", "type = \"github\"\npath = \"answers\"\n");
    product.write("answers/a.json", "{\"number\": 1,");
    product.write(
        "answers/b.json",
        r#"[{"node_id": "R_1", "id": 1, "full_name": "acme/shop", "default_branch": "main", "updated_at": "2024-06-01T08:00:00Z"}]"#,
    );
    product.write("answers/c.json", r#"[{"full_name": 7, "default_branch": "main"}]"#);
    let Answer { code, stderr, .. } = product.run(["collect"]);
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!((code, lines.len()), (Some(3), 3), "{stderr}");
    assert!(lines[0].starts_with("warning: ./answers/a.json: "), "{stderr}");
    assert!(lines[1].starts_with("warning: ./answers/c.json: [0].full_name: "), "{stderr}");
    assert_eq!(lines[2], "error: 2 of 3 files cannot be read; what the others hold is stored");
    assert_eq!(product.rows("SELECT repository FROM repositories"), [["acme/shop"]]);
    assert_eq!(status(&product, "rows"), "1");
}

/// A process that does not outlive its test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The pages of a data folder.
struct Pages {
    _server: Ended,
    url: String,
}

impl Pages {
    fn of(product: &Product) -> Pages {
        let mut server = product.command(["serve", "--http", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
        let server = Ended(server);
        let url = said.find_map(|line| Some(line.strip_prefix("serving ")?.split(' ').next()?.to_owned()));
        Pages { _server: server, url: url.expect("it says where it serves") }
    }

    fn get(&self, path: &str) -> String {
        let answer = send_to(&self.url, "GET", path, &[], "").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text
    }
}
