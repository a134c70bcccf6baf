//! Flags that nobody could be answered from are refused, with the place.

use super::{drawn_rule, flag, split};
use paceline::flags::{Flag, FlagSet, Rule};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn refused(flags: Vec<Flag>) -> String {
    FlagSet::new(flags, BTreeMap::new()).unwrap_err().to_string()
}

#[test]
fn wrong_flags_are_refused() {
    let on = [("on", json!(true))];
    let everybody = |variants: &[(&str, Value)]| flag("exp", variants, Rule::Everybody);
    let with_metadata = Flag { metadata: BTreeMap::from([("teams".to_owned(), json!(["a"]))]), ..everybody(&on) };
    let cases = [
        (vec![flag("", &on, Rule::Everybody)], "a flag has an empty key"),
        (vec![everybody(&on), everybody(&on)], "flag exp is defined twice"),
        (vec![everybody(&[])], "flag exp has no variants"),
        (vec![everybody(&[("", json!(1))])], "flag exp has a variant without a name"),
        (
            vec![everybody(&[("off", json!("off")), ("on", json!(true))])],
            "flag exp: the value of variant on is a boolean, expected a string",
        ),
        (
            vec![everybody(&[("on", json!([1]))])],
            "flag exp: the value of variant on is a list, expected a boolean, a number, a string or an object",
        ),
        (
            vec![everybody(&[("on", json!(null))])],
            "flag exp: the value of variant on is null, expected a boolean, a number, a string or an object",
        ),
        (
            vec![Flag { default_variant: Some("off".to_owned()), ..everybody(&on) }],
            "flag exp names the variant off, which it does not have",
        ),
        (
            vec![flag("exp", &on, drawn_rule(&[("platform", "off")]))],
            "flag exp names the variant off, which it does not have",
        ),
        (vec![flag("exp", &on, split(&[(Some("off"), 1)]))], "flag exp names the variant off, which it does not have"),
        (
            vec![flag("exp", &on, split(&[(Some("on"), 0), (None, 0)]))],
            "flag exp: the weights add up to 0, expected 1 to 2147483647",
        ),
        (vec![flag("exp", &on, split(&[]))], "flag exp: the weights add up to 0, expected 1 to 2147483647"),
        (
            vec![flag("exp", &on, split(&[(Some("on"), u32::MAX), (None, u32::MAX)]))],
            "flag exp: the weights add up to 8589934590, expected 1 to 2147483647",
        ),
        (vec![with_metadata], "flag exp: metadata teams is a list, expected a boolean, a number or a string"),
    ];
    for (flags, expected) in cases {
        assert_eq!(refused(flags), expected);
    }
    let wrong = FlagSet::new(Vec::new(), BTreeMap::from([("version".to_owned(), json!(null))])).unwrap_err();
    let expected = "the set of flags: metadata version is null, expected a boolean, a number or a string";
    assert_eq!(wrong.to_string(), expected);
    let largest = flag("exp", &on, split(&[(Some("on"), 2_147_483_646), (None, 1)]));
    assert!(FlagSet::new(vec![largest], BTreeMap::new()).is_ok());
}

#[test]
fn the_order_of_flags_does_not_matter() {
    let on = [("on", json!(true))];
    let (a, b) = (flag("a", &on, Rule::Everybody), flag("b", &on, Rule::Everybody));
    let one = FlagSet::new(vec![a.clone(), b.clone()], BTreeMap::new());
    assert_eq!(one, FlagSet::new(vec![b, a], BTreeMap::new()));
}
