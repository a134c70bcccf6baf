//! Answers of the protocol, byte for byte.

use super::{sample, team_of};
use paceline::flags::{Context, read_request};
use serde_json::{Value, json};

/// Asks as the web would: status and body.
fn asked(key: &str, body: &Value) -> (u16, Value) {
    let set = sample();
    let answer = read_request(body.to_string().as_bytes()).and_then(|context| set.evaluate(key, &context, team_of));
    match answer {
        Ok(evaluation) => (200, serde_json::to_value(evaluation).unwrap()),
        Err(failure) => (failure.status(), serde_json::to_value(failure.body(Some(key))).unwrap()),
    }
}

#[test]
fn a_flag_answers_with_its_value_or_leaves_it_to_the_tool() {
    let metadata = json!({"experiment": "ide-assistant", "weeks": 6});
    let cases = [
        (
            "ide-assistant",
            "ada",
            json!({"value": true, "variant": "treatment", "reason": "TARGETING_MATCH", "metadata": metadata}),
        ),
        (
            "ide-assistant",
            "zoë",
            json!({"value": false, "variant": "control", "reason": "TARGETING_MATCH", "metadata": metadata}),
        ),
        ("ide-assistant", "linus", json!({"variant": "", "reason": "DEFAULT", "metadata": metadata})),
        // A team is no developer: the caller says who belongs to what.
        ("ide-assistant", "platform", json!({"variant": "", "reason": "DEFAULT", "metadata": metadata})),
        ("layout", "ada", json!({"value": {}, "variant": "wide", "reason": "TARGETING_MATCH"})),
        (
            "layout",
            "grace",
            json!({"value": {"beside": ["a", null], "columns": 1}, "variant": "plain", "reason": "DEFAULT"}),
        ),
        ("review-bot", "developer-2", json!({"value": "on", "variant": "treatment", "reason": "SPLIT"})),
        ("review-bot", "developer-0", json!({"variant": "", "reason": "DEFAULT"})),
        ("everybody", "linus", json!({"value": true, "variant": "on", "reason": "STATIC"})),
        ("undecided", "linus", json!({"variant": "", "reason": "DEFAULT"})),
        ("off", "ada", json!({"variant": "", "reason": "DISABLED"})),
    ];
    for (key, targeting_key, mut expected) in cases {
        expected["key"] = json!(key);
        let found = asked(key, &json!({"context": {"targetingKey": targeting_key}}));
        assert_eq!(found, (200, expected), "{key} {targeting_key}");
    }
}

#[test]
fn a_failure_has_its_code_a_sentence_and_a_status() {
    for (key, body, status, code, details) in [
        ("exp", json!({"context": {"targetingKey": "ada"}}), 404, "FLAG_NOT_FOUND", "there is no flag exp"),
        ("review-bot", json!({}), 400, "TARGETING_KEY_MISSING", "flag review-bot needs context.targetingKey"),
        (
            "ide-assistant",
            json!({"context": {"team": "platform"}}),
            400,
            "TARGETING_KEY_MISSING",
            "flag ide-assistant needs context.targetingKey",
        ),
        ("everybody", json!({"context": 1}), 400, "INVALID_CONTEXT", "context is not an object"),
    ] {
        let expected = json!({"key": key, "errorCode": code, "errorDetails": details});
        assert_eq!(asked(key, &body), (status, expected), "{key} {body}");
    }
}

#[test]
fn flags_that_need_no_targeting_key_answer_without_one() {
    for (key, reason) in [("everybody", "STATIC"), ("off", "DISABLED")] {
        let (status, answer) = asked(key, &json!({}));
        assert_eq!((status, &answer["reason"]), (200, &json!(reason)), "{key}");
    }
}

#[test]
fn a_bulk_answer_has_every_flag_and_its_failures() {
    let set = sample();
    let keys: Vec<&str> = set.flags().map(|flag| flag.key.as_str()).collect();
    let ada = Context { targeting_key: Some("ada".to_owned()), ..Context::default() };
    for (context, failures) in [(ada, 0), (Context::default(), 5)] {
        let bulk = serde_json::to_value(set.evaluate_all(&context, team_of)).unwrap();
        assert_eq!(bulk["metadata"], json!({"flagSetId": "paceline"}));
        let flags = bulk["flags"].as_array().unwrap();
        assert_eq!(flags.iter().map(|flag| flag["key"].as_str().unwrap()).collect::<Vec<_>>(), keys);
        let failed = flags.iter().filter(|flag| flag["errorCode"] == "TARGETING_KEY_MISSING").count();
        assert_eq!(failed, failures, "{flags:?}");
        for flag in flags.iter().filter(|flag| flag.get("errorCode").is_none()) {
            let body = json!({"context": {"targetingKey": context.targeting_key}});
            assert_eq!(asked(flag["key"].as_str().unwrap(), &body), (200, flag.clone()));
        }
    }
}
