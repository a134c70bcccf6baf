//! Slack's limits and Slack's markup.

use super::*;
use crate::digest::tests::{hard, sample};

fn blocks(digest: &Digest) -> Vec<Value> {
    slack(digest)["blocks"].as_array().unwrap().clone()
}

/// Every text of a message with its kind.
fn texts(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            if let (Some(Value::String(kind)), Some(Value::String(text))) = (map.get("type"), map.get("text")) {
                found.push((kind.clone(), text.clone()));
            }
            map.values().for_each(|it| texts(it, found));
        }
        Value::Array(all) => all.iter().for_each(|it| texts(it, found)),
        _ => {}
    }
}

fn check_limits(digest: &Digest) {
    let message = slack(digest);
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50, "{} blocks", blocks.len());
    for block in blocks {
        let count = |key: &str| block[key].as_array().map(Vec::len);
        let longest =
            |key: &str| block[key].as_array().map(|all| all.iter().map(|it| chars(&it["text"])).max().unwrap());
        match block["type"].as_str().unwrap() {
            "header" => assert!((1..=150).contains(&chars(&block["text"]["text"])), "{block}"),
            "section" => {
                assert!(count("fields").is_none_or(|n| (1..=10).contains(&n)), "{block}");
                assert!(longest("fields").is_none_or(|n| n <= 2000), "{block}");
                assert!(block.get("text").is_none_or(|it| (1..=3000).contains(&chars(&it["text"]))), "{block}");
            }
            "context" => assert!(count("elements") == Some(1) && longest("elements") <= Some(3000), "{block}"),
            kind => assert_eq!(kind, "divider"),
        }
    }
    let mut all = Vec::new();
    texts(&message["blocks"], &mut all);
    assert!(all.iter().all(|(_, text)| !text.trim().is_empty()), "{message}");
}

fn chars(text: &Value) -> usize {
    text.as_str().unwrap().chars().count()
}

#[test]
fn a_message_has_every_figure_with_its_sign_and_words() {
    let all = slack(&sample()).to_string();
    for expected in [
        "23.4\u{a0}h",
        "▲ better −18\u{a0}% (−26.1 to −7.8\u{a0}%)",
        "▼ worse",
        "target 24\u{a0}h",
        "no support source yet",
    ] {
        assert!(all.contains(expected), "{expected} in {all}");
    }
    let digest = sample();
    let figures: usize = digest.groups.iter().map(|group| group.figures.len()).sum();
    let fields: usize = blocks(&digest).iter().filter_map(|it| it["fields"].as_array()).map(Vec::len).sum();
    assert_eq!(fields, figures);
    assert!(all.contains("<https://pace.example.com/metrics/pr_cycle_time?team=checkout|Cycle time>"), "{all}");
    check_limits(&digest);
}

#[test]
fn slacks_limits_hold_for_any_digest() {
    check_limits(&Digest { title: "t".to_owned(), scope: "s".to_owned(), ..Digest::default() });
    check_limits(&hard(200));
    let last: Vec<String> = blocks(&hard(200)).iter().rev().take(3).map(Value::to_string).collect();
    assert!(last.concat().contains("have no place here"), "{last:?}");
}

#[test]
fn a_name_cannot_mention_anybody() {
    let mut digest = sample();
    digest.scope = "<!channel> & <@U123>".to_owned();
    let message = slack(&digest);
    let all = message.to_string();
    assert!(all.contains("&lt;!channel&gt; &amp; &lt;@U123&gt;") && !all.contains("<!channel"), "{all}");
    let mut found = Vec::new();
    texts(&message["blocks"], &mut found);
    assert!(found.iter().any(|(kind, _)| kind == "mrkdwn"));
    assert_eq!(all.matches("\"mrkdwn\"").count(), all.matches("\"verbatim\":true").count());
}

#[test]
fn no_picture_is_sent() {
    assert!(!slack(&sample()).to_string().contains("\"image\""));
}
