//! The protocol's rules where no provider looks: tags, tokens, bodies that are none.

use super::organisation::{Organisation, Reply, context, post};
use crate::receive::served::Served;
use serde_json::{Value, json};
use std::net::UdpSocket;

const ALL: &str = "/ofrep/v1/evaluate/flags";
const ONE: &str = "/ofrep/v1/evaluate/flags/wording";

#[test]
fn a_tag_says_that_nothing_is_new_for_the_same_context_alone() {
    let organisation = Organisation::new();
    let server = organisation.serve();
    let mut logins = organisation.teams.keys();
    let (one, other) = (logins.next().unwrap(), logins.next().unwrap());
    let all = |headers: &[(&str, &str)], body: &[u8]| post(&server.address, ALL, headers, body);
    let first = all(&[], &context(one));
    assert_eq!((first.status, first.header("content-type")), (200, Some("application/json")));
    let keys: Vec<Value> = first.json()["flags"].as_array().unwrap().iter().map(|flag| flag["key"].clone()).collect();
    assert_eq!(keys, ["over", "review-assistant", "wording"]);
    let tag = first.header("etag").unwrap();
    for tags in [tag, &format!("W/{tag}"), &format!("\"old\", {tag}")] {
        let again = all(&[("If-None-Match", tags)], &context(one));
        assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag)), "{tags}");
    }
    for body in [context(other), json!({"context": {"targetingKey": one, "plan": "pro"}}).to_string().into_bytes()] {
        let fresh = all(&[("If-None-Match", tag)], &body);
        assert_eq!(fresh.status, 200, "{}", String::from_utf8_lossy(&body));
        assert_ne!(fresh.header("etag"), Some(tag));
    }
    organisation.product.run(["experiment", "stop", "wording", "--reason", "enough"]).succeeded();
    // Flags are looked at every few seconds.
    crate::receive::served::until("a stop is heard of", || all(&[("If-None-Match", tag)], &context(one)).status == 200);
}

#[test]
fn answers_name_the_variant_and_why() {
    let organisation = Organisation::new();
    let server = organisation.serve();
    let (login, team) = organisation.teams.iter().next().unwrap();
    let one = |flag: &str, who: &str| post(&server.address, &format!("{ALL}/{flag}"), &[], &context(who));
    let drawn = organisation.variant("wording", team);
    let found = one("wording", login).json();
    assert_eq!((&found["key"], &found["value"], &found["variant"]), (&json!("wording"), &json!(drawn), &json!(drawn)));
    assert_eq!(found["reason"], "TARGETING_MATCH");
    assert_eq!((&found["metadata"]["experiment"], &found["metadata"]["unit"]), (&json!("wording"), &json!("team")));
    // Tools do not agree on how a login is written.
    assert_eq!(one("wording", &login.to_uppercase()).json(), found);
    for (flag, who, reason) in [("wording", "somebody-else", "DEFAULT"), ("over", login, "DISABLED")] {
        let found = one(flag, who);
        assert_eq!((found.status, &found.json()["reason"]), (200, &json!(reason)));
        assert!(found.json().get("value").is_none(), "{found:?}");
    }
    assert_eq!(one("no-such-flag", login).error(), (404, json!("FLAG_NOT_FOUND"), json!("no-such-flag")));
}

#[test]
fn a_token_opens_flags_and_nothing_else_does() {
    let organisation = Organisation::new();
    let server = organisation.serve_with_token("t0ken");
    let body = context(organisation.teams.keys().next().unwrap());
    for path in [ALL, ONE] {
        let ask = |headers: &[(&str, &str)]| post(&server.address, path, headers, &body);
        let without = ask(&[]);
        assert_eq!((without.status, without.header("www-authenticate")), (401, Some("Bearer")), "{path}");
        for none in ["Basic t0ken", "Bearer", "Bearer "] {
            assert_eq!(ask(&[("Authorization", none)]).status, 401, "{path} {none:?}");
        }
        for wrong in ["Bearer another", "Bearer t0kenn", "Bearer t0ke"] {
            assert_eq!(ask(&[("Authorization", wrong)]).status, 403, "{path} {wrong:?}");
        }
        assert_eq!(ask(&[("X-API-Key", "another")]).status, 403, "{path}");
        for right in [("Authorization", "Bearer t0ken"), ("authorization", "bearer t0ken"), ("X-API-Key", "t0ken")] {
            assert_eq!(ask(&[right]).status, 200, "{path} {right:?}");
        }
    }
    // Who may not ask is not told what there is.
    let unknown = post(&server.address, &format!("{ALL}/no-such-flag"), &[], &body);
    assert_eq!(unknown.error(), (401, json!("GENERAL"), Value::Null));
}

#[test]
fn without_a_token_this_machine_alone_is_answered() {
    let organisation = Organisation::new();
    let server = Served::by(organisation.product.command(["serve", "--http", "0.0.0.0:0"]));
    let port = server.address.rsplit(':').next().unwrap();
    // Nothing is sent: the address by which this machine would.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()).map(|address| address.ip());
    let Some(own) = own.ok().filter(|it| !it.is_loopback()) else {
        eprintln!("skipped: this machine has no address but loopback");
        return;
    };
    let said = post(&format!("{own}:{port}"), ALL, &[], b"{}");
    assert_eq!(said.error(), (403, json!("GENERAL"), Value::Null));
    assert!(said.body.contains("--flag-token"), "{}", said.body);
}

#[test]
fn a_body_that_is_no_context_or_over_64_kib_is_refused() {
    let organisation = Organisation::new();
    let server = organisation.serve();
    let both = |body: &[u8]| {
        [(ALL, Value::Null), (ONE, json!("wording"))].map(|(path, key)| (post(&server.address, path, &[], body), key))
    };
    let refused = |body: &[u8], code: &str| {
        for (reply, key) in both(body) {
            assert_eq!(reply.error(), (400, json!(code), key), "{}", String::from_utf8_lossy(body));
        }
    };
    for body in ["", "{", "{\"context\": {}} x", "nonsense"] {
        refused(body.as_bytes(), "PARSE_ERROR");
    }
    refused(&[b'"', 0xff, b'"'], "PARSE_ERROR");
    for body in ["[]", "7", "{\"context\": []}", "{\"context\": {\"targetingKey\": 7}}"] {
        refused(body.as_bytes(), "INVALID_CONTEXT");
    }
    let one = |body: &[u8]| post(&server.address, ONE, &[], body).error();
    for body in ["{}", "{\"context\": {}}", "{\"context\": {\"targetingKey\": \"\"}}"] {
        assert_eq!(one(body.as_bytes()), (400, json!("TARGETING_KEY_MISSING"), json!("wording")), "{body}");
    }
    // What is too large is not read.
    let login = organisation.teams.keys().next().unwrap();
    let of = |bytes: usize| {
        let body = |pad: &str| json!({"context": {"targetingKey": login, "pad": pad}}).to_string().into_bytes();
        body(&"x".repeat(bytes - body("").len()))
    };
    for path in [ALL, ONE] {
        let ask = |body: &[u8]| -> Reply { post(&server.address, path, &[], body) };
        assert_eq!(ask(&of(64 << 10)).status, 200, "{path}");
        assert_eq!(ask(&of((64 << 10) + 1)).status, 413, "{path}");
    }
}
