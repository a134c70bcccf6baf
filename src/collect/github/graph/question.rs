//! The text of our questions, put together of fragments.
//!
//! One rule: what is asked of an object stands once, in `fragments.graphql`.

use std::collections::BTreeSet;

const FRAGMENTS: &str = include_str!("fragments.graphql");

/// The operation with the fragments it uses, directly or through others: GitHub refuses one that is not used. Where a list's
/// `itemTypes` are the name of a fragment, they are the types that the fragment asks for.
pub(super) fn question(operation: &str) -> String {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut unread = vec![operation];
    while let Some(text) = unread.pop() {
        for name in spreads(text) {
            if let Some(fragment) = FRAGMENTS.split("fragment ").find(|it| first_word(it) == name)
                && used.insert(fragment)
            {
                unread.push(fragment);
            }
        }
    }
    let fragments = used.iter().map(|fragment| format!("\nfragment {}", fragment.trim_end()));
    let text = fragments.fold(operation.to_owned(), |all, fragment| all + &fragment);
    used.iter().fold(text, |text, fragment| {
        let (name, types) = (first_word(fragment), item_types(fragment));
        text.replace(&format!("itemTypes: {name})"), &format!("itemTypes: [{}])", types.join(", ")))
    })
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// The names after `...`, but for inline fragments.
fn spreads(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split("...").skip(1).filter(|rest| !rest.starts_with(' '));
    names.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next())
}

/// The types of a fragment's inline fragments, as the constants of `itemTypes` name them: `CLOSED_EVENT` for `ClosedEvent`.
fn item_types(fragment: &str) -> Vec<String> {
    fragment.split("... on ").skip(1).map(|rest| snake_case(first_word(rest)).to_uppercase()).collect()
}

/// `ClosedEvent` as `closed_event`.
pub(super) fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_the_fragments_it_needs_and_no_other() {
        let text = question("query { node(id: 1) { ... on PullRequest { list: reviews(first: 1) { ...reviews } } } }");
        let names: Vec<&str> = text.split("\nfragment ").skip(1).map(first_word).collect();
        assert_eq!(names, ["reviews", "who"]);
    }

    #[test]
    fn the_types_of_a_list_are_those_that_its_fragment_asks_for() {
        let text = question("query { list(first: 1, itemTypes: pullEvents) { ...pullEvents } }");
        assert!(text.contains("(first: 1, itemTypes: [READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, "), "{text}");
    }
}
