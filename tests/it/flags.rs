//! Flags as tools see them, against npm's `@openfeature/flagd-core`: its answers are in `tests/oracle/ref`, the scripts that asked it
//! in `tests/oracle/made-by`.

mod bucketing;
mod definition;
mod evaluation;
mod file;
mod request;

use paceline::flags::{Flag, FlagSet, Rule, Share, State};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Teams as they were when the assignment was drawn, by targeting key: a developer is known by login and by address.
const MEMBERS: [(&str, &str); 6] = [
    ("ada", "platform"),
    ("ada@example.org", "platform"),
    ("barbara", "search"),
    ("grace", "payments"),
    ("zoë", "payments"),
    ("開発者", "search"),
];

fn team_of(_flag: &Flag, targeting_key: &str) -> Option<&'static str> {
    MEMBERS.iter().find(|(key, _)| *key == targeting_key).map(|(_, team)| *team)
}

fn members_of(_flag: &Flag, team: &str) -> Vec<String> {
    MEMBERS.iter().filter(|(_, of)| *of == team).map(|(key, _)| (*key).to_owned()).collect()
}

/// One flag of every kind.
fn sample() -> FlagSet {
    let drawn = [("payments", "control"), ("platform", "treatment"), ("retired", "control"), ("search", "treatment")];
    let flags = vec![
        Flag {
            metadata: BTreeMap::from([
                ("experiment".to_owned(), json!("ide-assistant")),
                ("weeks".to_owned(), json!(6)),
            ]),
            ..flag("ide-assistant", &[("control", json!(false)), ("treatment", json!(true))], drawn_rule(&drawn))
        },
        flag(
            "review-bot",
            &[("control", json!("off")), ("treatment", json!("on"))],
            split(&[(Some("control"), 10), (Some("treatment"), 10), (None, 80)]),
        ),
        Flag {
            default_variant: Some("few".to_owned()),
            ..flag(
                "実験",
                &[("few", json!(10)), ("many", json!(2.5)), ("none", json!(0))],
                split(&[(Some("many"), 1), (Some("none"), 1), (None, 1)]),
            )
        },
        Flag {
            default_variant: Some("plain".to_owned()),
            ..flag(
                "layout",
                &[("plain", json!({"beside": ["a", null], "columns": 1})), ("wide", json!({}))],
                drawn_rule(&[("platform", "wide")]),
            )
        },
        flag("nobody", &[("on", json!(true))], drawn_rule(&[])),
        Flag { default_variant: Some("on".to_owned()), ..flag("everybody", &[("on", json!(true))], Rule::Everybody) },
        flag("undecided", &[("on", json!(true))], Rule::Everybody),
        Flag {
            state: State::Disabled,
            default_variant: Some("on".to_owned()),
            ..flag("off", &[("on", json!(true))], split(&[(Some("on"), 1)]))
        },
    ];
    FlagSet::new(flags, BTreeMap::from([("flagSetId".to_owned(), json!("paceline"))])).unwrap()
}

fn flag(key: &str, variants: &[(&str, Value)], rule: Rule) -> Flag {
    let variants = variants.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let (key, state) = (key.to_owned(), State::Enabled);
    Flag { key, state, variants, default_variant: None, rule, metadata: BTreeMap::new() }
}

fn split(shares: &[(Option<&str>, u32)]) -> Rule {
    let share =
        |(variant, weight): &(Option<&str>, u32)| Share { variant: variant.map(str::to_owned), weight: *weight };
    Rule::Split(shares.iter().map(share).collect())
}

fn drawn_rule(drawn: &[(&str, &str)]) -> Rule {
    Rule::Drawn(drawn.iter().map(|(unit, variant)| ((*unit).to_owned(), (*variant).to_owned())).collect())
}

fn reference(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/ref").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
