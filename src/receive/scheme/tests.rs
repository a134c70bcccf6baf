//! The vectors that vendors publish, and what may be wrong with each of their deliveries.

use super::*;

/// Where nothing else is said: <https://github.com/standard-webhooks/standard-webhooks>, the tests of its libraries.
const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const STANDARD_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const STANDARD_BODY: &str = r#"{"test": 2432232314}"#;

/// <https://github.com/PagerDuty/go-pagerduty/blob/main/webhookv3/webhookv3_test.go>
const PAGERDUTY_SECRET: &str = "lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK";
const PAGERDUTY_SIGNATURE: &str = "v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd";
const PAGERDUTY_BODY: &str = r#"{"event":{"id":"01BWDWL3NYY7LUFPZCC28QUCMK","event_type":"incident.priority_updated","resource_type":"incident","occurred_at":"2021-04-26T17:36:27.458Z","agent":{"html_url":"https://acme.pagerduty.com/users/PLH1HKV","id":"PLH1HKV","self":"https://api.pagerduty.com/users/PLH1HKV","summary":"Tenex Engineer","type":"user_reference"},"client":null,"data":{"id":"PGR0VU2","type":"incident","self":"https://api.pagerduty.com/incidents/PGR0VU2","html_url":"https://acme.pagerduty.com/incidents/PGR0VU2","number":2,"status":"triggered","title":"A little bump in the road","service":{"html_url":"https://acme.pagerduty.com/services/PF9KMXH","id":"PF9KMXH","self":"https://api.pagerduty.com/services/PF9KMXH","summary":"API Service","type":"service_reference"},"assignees":[{"html_url":"https://acme.pagerduty.com/users/PTUXL6G","id":"PTUXL6G","self":"https://api.pagerduty.com/users/PTUXL6G","summary":"User 123","type":"user_reference"}],"escalation_policy":{"html_url":"https://acme.pagerduty.com/escalation_policies/PUS0KTE","id":"PUS0KTE","self":"https://api.pagerduty.com/escalation_policies/PUS0KTE","summary":"Default","type":"escalation_policy_reference"},"teams":[{"html_url":"https://acme.pagerduty.com/teams/PFCVPS0","id":"PFCVPS0","self":"https://api.pagerduty.com/teams/PFCVPS0","summary":"Engineering","type":"team_reference"}],"priority":{"html_url":"https://acme.pagerduty.com/account/incident_priorities","id":"PSO75BM","self":"https://api.pagerduty.com/priorities/PSO75BM","summary":"P1","type":"priority_reference"},"urgency":"high","conference_bridge":{"conference_number":1000,"conference_url":"https://example.com"},"resolve_reason":null}}}"#;

/// The secret with which Zendesk signs tests, and its formula: <https://developer.zendesk.com/documentation/webhooks/verifying/>.
/// The page has no signature; this one is `openssl dgst -sha256 -hmac SECRET -binary | base64` of its timestamp and body.
const ZENDESK_SECRET: &str = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==";
const ZENDESK_SIGNATURE: &str = "gf3v0LzLRHPUnIdhbvwRDVEvzSb07/QN0GYjSNlkBT0=";
const ZENDESK_BODY: &str = r#"{"say": "hello"}"#;

/// <https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks>
const JIRA_SIGNATURE: &str = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
const GITHUB_SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const SECRET: &str = "It's a Secret to Everybody";

/// A delivery of which everything is right.
struct Delivery {
    signature: Signature,
    secret: &'static str,
    /// The header that proves who is there comes first.
    headers: Vec<(&'static str, String)>,
    body: &'static str,
    signed_at: &'static str,
    id: Option<&'static str>,
    event: Option<&'static str>,
}

fn deliveries() -> Vec<Delivery> {
    let headers = |all: &[(&'static str, &str)]| all.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let standard = |event: &[(&'static str, &str)]| {
        let own = [
            ("webhook-signature", STANDARD_SIGNATURE),
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
        ];
        headers(&[&own, event].concat())
    };
    let id = Some("msg_p5jXN8AQM9LWM0D4loKWxJek");
    let of = |signature, secret, headers, body| {
        let (signed_at, id, event) = ("2021-02-25T15:02:10Z", None, None);
        Delivery { signature, secret, headers, body, signed_at, id, event }
    };
    let jira = [("x-hub-signature", JIRA_SIGNATURE), ("x-atlassian-webhook-identifier", "d-1")];
    let bitbucket = [("x-hub-signature", JIRA_SIGNATURE), ("x-request-uuid", "d-2"), ("x-event-key", "repo:push")];
    let github = [("x-hub-signature-256", GITHUB_SIGNATURE), ("x-github-event", "push"), ("x-github-delivery", "d-3")];
    let gitlab = [("x-gitlab-token", SECRET), ("x-gitlab-event", "Merge Request Hook"), ("idempotency-key", "d-4")];
    let zendesk = [
        ("x-zendesk-webhook-signature", ZENDESK_SIGNATURE),
        ("x-zendesk-webhook-signature-timestamp", "2021-07-25T10:00:00Z"),
        ("x-zendesk-webhook-invocation-id", "d-5"),
    ];
    vec![
        Delivery { id, ..of(Signature::Standard, STANDARD_SECRET, standard(&[]), STANDARD_BODY) },
        Delivery {
            id,
            event: Some("push_hook"),
            ..of(Signature::Gitlab, STANDARD_SECRET, standard(&[("x-gitlab-event", "Push Hook")]), STANDARD_BODY)
        },
        Delivery {
            id: Some("d-4"),
            event: Some("merge_request_hook"),
            ..of(Signature::Gitlab, SECRET, headers(&gitlab), "{}")
        },
        Delivery { id: Some("d-1"), ..of(Signature::Jira, SECRET, headers(&jira), "Hello World!") },
        Delivery {
            id: Some("d-2"),
            event: Some("repo:push"),
            ..of(Signature::Jira, SECRET, headers(&bitbucket), "Hello World!")
        },
        Delivery {
            id: Some("d-3"),
            event: Some("push"),
            ..of(Signature::Github, SECRET, headers(&github), "Hello, World!")
        },
        Delivery {
            id: Some("01BWDWL3NYY7LUFPZCC28QUCMK"),
            event: Some("incident.priority_updated"),
            ..of(
                Signature::Pagerduty,
                PAGERDUTY_SECRET,
                headers(&[("x-pagerduty-signature", PAGERDUTY_SIGNATURE)]),
                PAGERDUTY_BODY,
            )
        },
        Delivery {
            signed_at: "2021-07-25T10:00:00Z",
            id: Some("d-5"),
            ..of(Signature::Zendesk, ZENDESK_SECRET, headers(&zendesk), ZENDESK_BODY)
        },
    ]
}

/// What comes of a delivery that arrives `late` after it was signed.
fn enter(
    delivery: &Delivery,
    headers: &[(&str, String)],
    body: &[u8],
    late: TimeDelta,
) -> Result<(Option<String>, Option<String>), Refusal> {
    let headers = headers
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), value.parse().unwrap()))
        .collect::<HeaderMap>();
    let now = delivery.signed_at.parse::<DateTime<Utc>>().unwrap() + late;
    let envelope = Seal::of(delivery.signature, delivery.secret).unwrap().open(&headers, now)?;
    envelope.verify(body)?;
    let value = serde_json::from_slice(body).unwrap_or_default();
    Ok((envelope.id.find(&value), envelope.event.find(&value)))
}

#[test]
fn what_vendors_publish_is_accepted() {
    for delivery in deliveries() {
        let found = enter(&delivery, &delivery.headers, delivery.body.as_bytes(), TimeDelta::zero());
        let (id, event) = found.unwrap_or_else(|error| panic!("{:?}: {error}", delivery.signature));
        assert_eq!((id.as_deref(), event.as_deref()), (delivery.id, delivery.event), "{:?}", delivery.signature);
    }
}

#[test]
fn another_body_another_secret_and_another_signature_are_refused() {
    for delivery in deliveries() {
        let enter = |headers: &[(&str, String)], body: &[u8]| enter(&delivery, headers, body, TimeDelta::zero());
        let shows = delivery.headers[0].0 == "x-gitlab-token";
        let what = format!("{:?}", delivery.signature);
        let mut other = delivery.body.as_bytes().to_vec();
        other.push(b' ');
        // A token says nothing of the body.
        assert_eq!(enter(&delivery.headers, &other).is_ok(), shows, "{what}");
        let with = |value: Option<&str>| {
            let mut headers = delivery.headers.clone();
            match value {
                Some(value) => headers[0].1 = value.to_owned(),
                None => drop(headers.remove(0)),
            }
            enter(&headers, delivery.body.as_bytes())
        };
        assert!(matches!(with(None), Err(Refusal::Unsigned(_))), "{what}: missing");
        for malformed in ["", "v1", "sha256=", "sha1=00", "v1,", "v1=", "v2,AAAA", "é", "v1,!!!! v1,????"] {
            let refused = with(Some(malformed));
            assert!(matches!(refused, Err(Refusal::BadSignature(..) | Refusal::WrongToken)), "{what}: {malformed}");
        }
        let known = &delivery.headers[0].1;
        // One digit in the middle is another.
        let middle = known.len() / 2;
        let digit = if known.as_bytes()[middle] == b'7' { "8" } else { "7" };
        let forged = format!("{}{digit}{}", &known[..middle], &known[middle + 1..]);
        assert!(matches!(with(Some(&forged)), Err(Refusal::Forged | Refusal::WrongToken)), "{what}: {forged}");
        let secret = if delivery.secret.starts_with("whsec_") { "whsec_QUJD" } else { "another" };
        let stranger = Delivery { secret, headers: delivery.headers.clone(), ..delivery };
        let refused = super::tests::enter(&stranger, &stranger.headers, stranger.body.as_bytes(), TimeDelta::zero());
        assert!(matches!(refused, Err(Refusal::Forged | Refusal::WrongToken)), "{what}: another secret");
    }
}

#[test]
fn what_was_signed_long_ago_or_later_is_refused() {
    for delivery in deliveries() {
        let is_dated = delivery.headers.iter().any(|(name, _)| name.ends_with("timestamp"));
        for (late, is_near) in [(300, true), (-300, true), (301, false), (-301, false)] {
            let found = enter(&delivery, &delivery.headers, delivery.body.as_bytes(), TimeDelta::seconds(late));
            match found {
                Ok(_) => assert!(is_near || !is_dated, "{:?} after {late} s", delivery.signature),
                Err(error) => {
                    assert!(
                        is_dated && !is_near && matches!(error, Refusal::Expired(_)),
                        "{:?}: {error}",
                        delivery.signature
                    );
                }
            }
        }
        // The moment is signed: nobody makes it another, and none can be left out.
        for (index, (name, _)) in
            delivery.headers.iter().enumerate().filter(|(_, (name, _))| name.ends_with("timestamp"))
        {
            let mut headers = delivery.headers.clone();
            headers[index].1 = headers[index].1.replace("10:00:00", "10:00:01").replace("30", "31");
            let moved = enter(&delivery, &headers, delivery.body.as_bytes(), TimeDelta::zero());
            assert!(matches!(moved, Err(Refusal::Forged)), "{name}");
            headers[index].1 = "yesterday".to_owned();
            let unreadable = enter(&delivery, &headers, delivery.body.as_bytes(), TimeDelta::zero());
            assert!(matches!(unreadable, Err(Refusal::BadSignature(..))), "{name}");
            headers.remove(index);
            let missing = enter(&delivery, &headers, delivery.body.as_bytes(), TimeDelta::zero());
            assert!(matches!(missing, Err(Refusal::Unsigned(_))), "{name}");
        }
    }
}

#[test]
fn one_of_several_signatures_is_enough() {
    let all = deliveries();
    let (standard, pagerduty) = (&all[0], &all[6]);
    let zeros = format!("v1,{}=", "A".repeat(43));
    let several = [
        (standard, format!("v0,AAAA {zeros} {STANDARD_SIGNATURE} v1a,AAAA"), true),
        (standard, format!("{zeros} v0,{}", &STANDARD_SIGNATURE[3..]), false),
        (pagerduty, format!("v1={},{PAGERDUTY_SIGNATURE}", "0".repeat(64)), true),
        (pagerduty, format!("v2={}, v1={}", &PAGERDUTY_SIGNATURE[3..], "0".repeat(64)), false),
    ];
    for (delivery, signatures, holds) in several {
        let mut headers = delivery.headers.clone();
        headers[0].1 = signatures;
        let found = enter(delivery, &headers, delivery.body.as_bytes(), TimeDelta::zero());
        assert_eq!(found.is_ok(), holds, "{}", headers[0].1);
    }
}

/// Zendesk's page once had a signature over the body and then the timestamp, which is not what it signs.
#[test]
fn zendesk_signs_the_timestamp_first() {
    let all = deliveries();
    let delivery =
        Delivery { secret: "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA=", ..all.into_iter().next_back().unwrap() };
    let mut headers = delivery.headers.clone();
    headers[0].1 = "tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw=".to_owned();
    assert!(matches!(enter(&delivery, &headers, ZENDESK_BODY.as_bytes(), TimeDelta::zero()), Err(Refusal::Forged)));
}

#[test]
fn a_token_is_known_without_the_body() {
    let seal = Seal::bearer("s3cret");
    let open = |value: &str| {
        let headers = HeaderMap::from_iter([(axum::http::header::AUTHORIZATION, value.parse().unwrap())]);
        seal.open(&headers, DateTime::UNIX_EPOCH).map(|_| ())
    };
    assert!(open("Bearer s3cret").is_ok() && open("bearer  s3cret").is_ok());
    assert!(matches!(open("Bearer s3cre"), Err(Refusal::WrongToken)));
    assert!(matches!(open("Bearer s3crett"), Err(Refusal::WrongToken)));
    for malformed in ["s3cret", "Basic s3cret", "Bearer", "Bearer "] {
        assert!(matches!(open(malformed), Err(Refusal::BadSignature(..))), "{malformed}");
    }
    assert!(matches!(seal.open(&HeaderMap::new(), DateTime::UNIX_EPOCH), Err(Refusal::Unsigned(_))));
}

#[test]
fn a_secret_of_standard_webhooks_is_base64() {
    for wrong in ["whsec_", "whsec_???", ""] {
        assert!(Seal::of(Signature::Standard, wrong).is_err(), "{wrong}");
    }
    assert!(Seal::of(Signature::Standard, STANDARD_SECRET.strip_prefix("whsec_").unwrap()).is_ok());
}
