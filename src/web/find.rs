//! Which of many named things somebody means by a few letters.
//!
//! One rule: every word that was typed must occur; what begins with it comes before what holds it.

/// Something that can be gone to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Such as "Metric".
    pub kind: &'static str,
    pub title: String,
    /// Another name that is looked at too, such as a metric's name in SQL.
    pub also: String,
    pub href: String,
}

/// The places that are meant, the likeliest first; of equals the shorter, then in the order given.
pub(super) fn found<'p>(places: &'p [Place], typed: &str, most: usize) -> Vec<&'p Place> {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut ranked: Vec<(usize, usize, &Place)> =
        places.iter().filter_map(|place| Some((rank(place, &words)?, place.title.chars().count(), place))).collect();
    ranked.sort_by_key(|(rank, length, _)| (*rank, *length));
    ranked.into_iter().take(most).map(|(_, _, place)| place).collect()
}

/// How far it is from what was typed; `None` where a word does not occur.
fn rank(place: &Place, words: &[&str]) -> Option<usize> {
    let (title, also, kind) = (place.title.to_lowercase(), place.also.to_lowercase(), place.kind.to_lowercase());
    let texts = [&title, &also, &kind];
    words
        .iter()
        .map(|word| texts.iter().enumerate().filter_map(|(i, text)| Some(3 * i + distance(text, word)?)).min())
        .sum()
}

/// 0 at the beginning of the text, 1 at that of a word, 2 within one.
fn distance(text: &str, word: &str) -> Option<usize> {
    if text.starts_with(word) {
        return Some(0);
    }
    let mut begins = text.match_indices(word).map(|(at, _)| !text[..at].ends_with(char::is_alphanumeric));
    if begins.by_ref().any(|begins| begins) {
        return Some(1);
    }
    text.contains(word).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(kind: &'static str, title: &str, also: &str) -> Place {
        Place { kind, title: title.to_owned(), also: also.to_owned(), href: String::new() }
    }

    fn titles(typed: &str) -> Vec<String> {
        let places = [
            place("Page", "Flow", ""),
            place("Metric", "Flow efficiency", "flow_efficiency"),
            place("Metric", "PR cycle time", "pr_cycle_time"),
            place("Team", "Überfluss", ""),
            place("Team", "Workflow", ""),
        ];
        found(&places, typed, 3).into_iter().map(|it| it.title.clone()).collect()
    }

    #[test]
    fn the_beginning_comes_before_the_inside() {
        assert_eq!(titles("flow"), ["Flow", "Flow efficiency", "Workflow"]);
    }

    #[test]
    fn every_word_must_occur_somewhere() {
        assert_eq!(titles("cycle pr"), ["PR cycle time"]);
        assert_eq!(titles("pr_cy"), ["PR cycle time"]);
        assert_eq!(titles("metric flow"), ["Flow efficiency"]);
        assert_eq!(titles("cycle flow"), [""; 0]);
    }

    #[test]
    fn letters_of_any_case_and_alphabet_are_found() {
        assert_eq!(titles("ÜBER"), ["Überfluss"]);
    }

    #[test]
    fn nothing_typed_is_everything_up_to_the_limit() {
        assert_eq!(titles(" ").len(), 3);
    }
}
