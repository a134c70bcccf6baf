//! The file in flagd's format: its bytes, and that npm's package answers from it what the server answers.

use super::{flag, members_of, reference, sample, split, team_of};
use paceline::flags::{Context, ErrorCode, FlagError, FlagFile, FlagSet, Reason, Rule};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Flag, targeting key, variant, value, reason.
type FlagdAnswer = (String, Option<String>, Option<String>, Option<Value>, String);

#[derive(Deserialize)]
struct Answers {
    answers: Vec<FlagdAnswer>,
}

#[test]
fn the_file_is_the_one_that_flagd_core_was_asked_about() {
    let written = written(&sample());
    assert_eq!(written, reference("flagd_file.json"), "ask flagd_file.mjs about the new file:\n{written}");
}

#[test]
fn flagd_core_answers_from_the_file_what_the_server_answers() {
    let set = sample();
    let answers: Answers = serde_json::from_str(&reference("flagd_file_answers.json")).unwrap();
    let mut asked = BTreeSet::new();
    for (key, targeting_key, variant, value, reason) in answers.answers {
        asked.insert(key.clone());
        let context =
            Context { targeting_key: targeting_key.clone().filter(|key| !key.is_empty()), ..Context::default() };
        let ours = match set.evaluate(&key, &context, team_of) {
            Ok(ours) => ours,
            Err(failure) => {
                // Without a targeting key the file has nothing to go by, and the server says so.
                assert_eq!((failure.code, reason.as_str()), (ErrorCode::TargetingKeyMissing, "DEFAULT"), "{key}");
                assert_eq!(context.targeting_key, None, "{key}");
                continue;
            }
        };
        let found = (ours.variant.map(str::to_owned), ours.value.cloned());
        assert_eq!(found, (variant, value), "{key} {targeting_key:?}");
        // flagd has no word for a split, and calls a variant out of a hash a match.
        let word = match ours.reason {
            Reason::Static => "STATIC",
            Reason::TargetingMatch | Reason::Split => "TARGETING_MATCH",
            Reason::Disabled => "DISABLED",
            Reason::Default => "DEFAULT",
        };
        assert_eq!(word, reason, "{key} {targeting_key:?}");
    }
    assert_eq!(asked, set.flags().map(|flag| flag.key.clone()).collect());
}

#[test]
fn a_pinned_split_lists_what_the_hash_says() {
    let split = flag(
        "review-bot",
        &[("control", json!(false)), ("treatment", json!(true))],
        split(&[(Some("control"), 1), (Some("treatment"), 1), (None, 1)]),
    );
    let keys: Vec<String> = (0..60).map(|index| format!("developer-{index}")).collect();
    let pinned = split.pinned(keys.iter().map(String::as_str));
    let Rule::Drawn(drawn) = &pinned.rule else { panic!("{pinned:?}") };
    assert!(drawn.len() > 20 && drawn.len() < 60, "{drawn:?}");
    let sets = [&split, &pinned].map(|flag| FlagSet::new(vec![flag.clone()], BTreeMap::new()).unwrap());
    for key in keys {
        let context = Context { targeting_key: Some(key.clone()), ..Context::default() };
        let [of_split, of_pinned] =
            sets.each_ref().map(|set| set.evaluate("review-bot", &context, |_, _| Some(&key)).unwrap().value);
        assert_eq!(of_split, of_pinned, "{key}");
    }
}

#[test]
fn a_developer_of_two_teams_with_two_variants_is_refused() {
    let set = sample();
    let found = FlagFile::new(&set, |_, _| vec!["ada".to_owned()]);
    let expected = FlagError::ListedTwice {
        flag: "ide-assistant".to_owned(),
        targeting_key: "ada".to_owned(),
        first: "control".to_owned(),
        second: "treatment".to_owned(),
    };
    assert_eq!(found, Err(expected));
}

fn written(set: &FlagSet) -> String {
    serde_json::to_string_pretty(&FlagFile::new(set, members_of).unwrap()).unwrap() + "\n"
}
