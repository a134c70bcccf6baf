//! Words around numbers.
//!
//! The one rule: a text keeps its own letters; only the first may become a capital.

/// With a capital letter in front.
pub fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
