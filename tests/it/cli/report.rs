//! What is shown, handed on: digests and the pages as files.

use super::product::Product;
use crate::collect::generated;
use crate::receive::served::Served;
use serde_json::Value;

fn organisation() -> Product {
    let product = Product::new();
    product.run(["simulate", "--out", "acme", "--teams", "6", "--weeks", "40", "--until", "2026-01-05"]).succeeded();
    product.collect("acme");
    product
}

fn text(product: &Product, args: &[&str]) -> String {
    let words = ["report", "digest"].iter().chain(args);
    String::from_utf8(product.run(words).succeeded().stdout).unwrap()
}

#[test]
fn a_digest_says_the_numbers_of_the_command_line_in_every_form() {
    let product = organisation();
    let told = product.table(&["metric", "show", "pr_cycle_time", "--source", "acme", "--weeks", "12"]);
    let all = told.iter().find(|row| row.iter().any(|cell| cell == "all")).unwrap();
    let value: f64 = all.iter().filter_map(|cell| cell.parse().ok()).find(|value: &f64| value.fract() != 0.0).unwrap();
    let value = format!("{value:.1}");
    let digest = ["--source", "acme", "--weeks", "12"];
    let plain = text(&product, &digest);
    assert!(plain.contains("PR cycle time") && plain.contains(&value), "{value}: {plain}");
    assert!(plain.lines().all(|line| line.chars().count() <= 78), "{plain}");
    let html = text(&product, &[&digest[..], &["--as", "html"]].concat());
    assert!(html.contains(&value) && html.contains("data:image/png;base64,"), "{html}");
    let slack: Value = serde_json::from_str(&text(&product, &[&digest[..], &["--as", "slack"]].concat())).unwrap();
    assert!(slack["blocks"].to_string().contains(&value), "{slack}");
    let mail = text(&product, &[&digest[..], &["--as", "eml", "--recipient", "team@example.com"]].concat());
    assert!(mail.contains("To: team@example.com") && mail.contains("multipart/alternative"), "{mail}");
    assert_eq!(mail, text(&product, &[&digest[..], &["--as", "eml", "--recipient", "team@example.com"]].concat()));
    let (status, page) = Served::start(&product).get("/digest?source=acme&weeks=12");
    assert!(status == 200 && page.contains(&value), "{page}");
}

#[test]
fn a_digest_is_of_a_team_and_of_a_period_that_ends_when_asked() {
    let product = organisation();
    let teams = product.rows("SELECT DISTINCT team FROM home_teams ORDER BY team");
    let team = teams[0][0].as_str();
    let of_team = text(&product, &["--source", "acme", "--team", team]);
    assert!(of_team.contains(team) && of_team != text(&product, &["--source", "acme"]), "{of_team}");
    let earlier = text(&product, &["--source", "acme", "--to", "2025-09-28"]);
    assert!(earlier.contains("28 Sep 2025"), "{earlier}");
}

#[test]
fn what_cannot_be_told_is_refused_in_a_line() {
    let product = organisation();
    let refused = |args: &[&str]| {
        let answer = product.run(["report", "digest"].iter().chain(args));
        assert!(answer.stdout.is_empty(), "{args:?}");
        answer.failed(1).to_owned()
    };
    assert_eq!(refused(&["--team", "nobody"]), "no digest: there is no team nobody");
    assert!(refused(&["--as", "eml", "--recipient", "nobody"]).contains("write name@example.com"));
    let unreachable = ["--smtp", "smtp://127.0.0.1:1", "--from", "a@example.com", "--recipient", "b@example.com"];
    assert!(refused(&unreachable).contains("127.0.0.1:1"));
    let secret = refused(&["--slack", "http://127.0.0.1:1/services/secret"]);
    assert!(secret.contains("127.0.0.1") && !secret.contains("secret"), "{secret}");
    let empty = Product::new();
    assert_eq!(empty.run(["report", "digest"]).code, Some(1));
}

#[test]
fn pages_are_written_as_files_that_lead_to_each_other() {
    let product = Product::new();
    generated(&product.home().join("app"), 20, 24);
    product.collect("app");
    let answer = product.run(["report", "site", "--out", "site"]).succeeded();
    assert!(answer.stderr.contains("open site/index.html"), "{}", answer.stderr);
    let read = |file: &str| std::fs::read_to_string(product.home().join("site").join(file)).unwrap();
    let index = read("index.html");
    assert!(index.contains("href=\"metrics/commit_cadence.html\"") && !index.contains("<form"), "{index}");
    assert!(index.contains("href=\"assets/paceline.css\"") && read("assets/paceline.css").contains(":root"));
    let metric = read("metrics/commit_cadence.html");
    assert!(metric.contains("href=\"../index.html\"") && !metric.contains("href=\"/"), "{metric}");
}
