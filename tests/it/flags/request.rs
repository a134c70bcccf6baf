//! Bodies of requests, and the tag of a bulk answer.

use super::{sample, team_of};
use paceline::flags::{Context, ErrorCode, etag, etag_matches, read_request};
use serde_json::json;

#[test]
fn a_body_is_a_context_or_a_failure() {
    let of = |key: &str| Ok(Context { targeting_key: Some(key.to_owned()), ..Context::default() });
    let nobody = || Ok(Context::default());
    let cases = [
        (r#"{"context": {"targetingKey": "ada"}}"#, of("ada")),
        (r#"{"context": {"targetingKey": "\u0000"}}"#, of("\0")),
        (r#"{"context": {"targetingKey": ""}}"#, nobody()),
        (r#"{"context": {"targetingKey": null}}"#, nobody()),
        (r#"{"context": {}}"#, nobody()),
        (r#"{"context": null}"#, nobody()),
        ("{}", nobody()),
        (r#"{"context": {"targetingKey": 7}}"#, Err(ErrorCode::InvalidContext)),
        (r#"{"context": {"targetingKey": ["ada"]}}"#, Err(ErrorCode::InvalidContext)),
        (r#"{"context": "ada"}"#, Err(ErrorCode::InvalidContext)),
        (r#"{"context": []}"#, Err(ErrorCode::InvalidContext)),
        ("[]", Err(ErrorCode::InvalidContext)),
        ("null", Err(ErrorCode::InvalidContext)),
        ("", Err(ErrorCode::ParseError)),
        ("{", Err(ErrorCode::ParseError)),
        (r#"{"context": {"targetingKey": "\ud800"}}"#, Err(ErrorCode::ParseError)),
    ];
    for (body, expected) in cases {
        let found = read_request(body.as_bytes()).map_err(|failure| failure.code);
        assert_eq!(found, expected, "{body}");
    }
    assert_eq!(read_request(b"\xff").unwrap_err().code, ErrorCode::ParseError);
    let deep = format!(r#"{{"context": {}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read_request(deep.as_bytes()).unwrap_err().code, ErrorCode::ParseError);
    let context = read_request(br#"{"context": {"ide": "vim", "targetingKey": "ada"}, "more": 1}"#).unwrap();
    assert_eq!(context.attributes.into_iter().collect::<Vec<_>>(), [("ide".to_owned(), json!("vim"))]);
}

#[test]
fn the_tag_is_the_same_only_for_the_same_answer_and_context() {
    let set = sample();
    let tag = |body: &str| {
        let context = read_request(body.as_bytes()).unwrap();
        etag(&serde_json::to_vec(&set.evaluate_all(&context, team_of)).unwrap(), &context)
    };
    let ada = tag(r#"{"context": {"targetingKey": "ada", "ide": {"name": "vim", "major": 9}}}"#);
    assert_eq!(ada, tag(r#"{"context": {"ide": {"major": 9, "name": "vim"}, "targetingKey": "ada"}}"#));
    assert_eq!(ada.len(), 34);
    let others = [
        // Of the same team: the same answer to another context.
        r#"{"context": {"targetingKey": "ada@example.org", "ide": {"name": "vim", "major": 9}}}"#,
        r#"{"context": {"targetingKey": "grace", "ide": {"name": "vim", "major": 9}}}"#,
        r#"{"context": {"targetingKey": "ada", "ide": {"name": "vim", "major": 10}}}"#,
        r#"{"context": {"targetingKey": "ada", "ide": {"name": "vim", "major": "9"}}}"#,
        r#"{"context": {"targetingKey": "ada", "ide": ["name", "vim", "major", 9]}}"#,
        r#"{"context": {"targetingKey": "ada", "ide": null}}"#,
        r#"{"context": {"targetingKey": "ada"}}"#,
        "{}",
    ];
    let mut tags: Vec<String> = others.iter().map(|body| tag(body)).collect();
    tags.push(ada);
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), others.len() + 1);
    let context = Context::default();
    assert_ne!(etag(b"{}", &context), etag(b"[]", &context), "another answer to the same context");
}

#[test]
fn if_none_match_is_a_list_and_compares_weakly() {
    for (header, expected) in [
        (r#""a""#, true),
        (r#"W/"a""#, true),
        (r#""b", W/"a""#, true),
        ("*", true),
        (r#""b""#, false),
        ("a", false),
        ("", false),
    ] {
        assert_eq!(etag_matches(header, r#""a""#), expected, "{header}");
    }
}
