//! Room for words: how wide a text is at most, where it is cut, and how a name is kept from turning its neighbours around.
//!
//! The one rule: words are laid out for the largest size they ever have, so one drawing is right at every page width.
//!
//! A drawing is 640 units wide however wide its panel is, and `paceline.css` sets its font size in those units:
//!
//! | page | one panel of two | a panel alone |
//! |---|---|---|
//! | 1440 px | plot 530 px, 15 units | plot 800 px, 11 units |
//! | 1024 px | plot 442 px, 18 units | plot 800 px, 11 units |
//! | 390 px | none, panels stand under one another | plot 327 px, 21 units |
//!
//! Text keeps its baseline and its anchor as it shrinks, so what is clear of its neighbours at 21 units is clear at all
//! others. The tests read the sizes from the style sheet.

use maud::{Markup, html};
use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// The font size on a phone, in drawing units.
pub(super) const FONT: f64 = 21.0;
/// From one baseline to the next: what a letter reaches above its baseline and another below, and a hair.
pub(super) const LINE: f64 = 22.0;
/// How far letters reach above their baseline.
pub(super) const ASCENT: f64 = 0.8 * FONT;
/// How far letters reach below their baseline.
pub(super) const DESCENT: f64 = 0.24 * FONT;
/// Between two texts of one line.
pub(super) const SPACE: f64 = 8.0;

/// The room a text needs at most, in drawing units.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(em).sum::<f64>() * FONT
}

/// At least the width of a letter in ems of DejaVu Sans, which with Verdana is the widest of the fonts that
/// `system-ui` and `sans-serif` stand for.
fn em(letter: char) -> f64 {
    match letter {
        // Asks for the coloured form of the sign before it, which is wider.
        '\u{fe0f}' => 0.35,
        'i' | 'j' | 'l' | 'f' | 't' | 'r' | 'I' | 'J' | '.' | ',' | ':' | ';' | '!' | '\'' | '|' | '/' | '\\' | '('
        | ')' | '[' | ']' | '-' | '·' | ' ' | '\u{a0}' => 0.42,
        'm' | 'W' | '%' | '@' | '…' | '—' => 1.0,
        'M' | 'w' | '+' | '−' | '=' | '<' | '>' | '#' | '~' | '^' | '→' | '↑' | '×' | '±' | '≤' | '≥' => {
            0.87
        }
        'Æ' | 'æ' | 'Œ' | 'œ' => 1.08,
        '&' => 0.79,
        _ if matches!(letter, '\0'..='\u{24f}' | '–' | '‘'..='”') => {
            if letter.is_uppercase() {
                0.79
            } else {
                0.64
            }
        }
        _ => match letter.width() {
            None | Some(0) => 0.0,
            Some(1) => 0.75,
            Some(_) => 1.3,
        },
    }
}

/// The text if it fits the room, else its beginning and an ellipsis; nothing where not even that has room.
pub(super) fn ellipsised(text: &str, room: f64) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let mut left = room - width("…");
    let fits = |letter: &char| {
        left -= em(*letter) * FONT;
        left >= 0.0
    };
    let kept: String = text.chars().take_while(fits).collect();
    let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{200d}');
    if kept.is_empty() && room < width("…") { Cow::Borrowed("") } else { Cow::Owned(format!("{kept}…")) }
}

/// A name as it may stand beside numbers. One with letters that are read from right to left would pull the numbers after
/// it to its other side, so it is set apart by Unicode's isolates, which work in SVG, HTML, labels and tooltips alike.
/// Signs with which a name could reorder its surroundings are left out.
pub(super) fn isolated(name: &str) -> Cow<'_, str> {
    if !name.contains(|c| is_right_to_left(c) || is_reordering(c)) {
        return Cow::Borrowed(name);
    }
    let kept = name.chars().filter(|c| !is_reordering(*c)).collect::<String>();
    Cow::Owned(format!("\u{2068}{kept}\u{2069}"))
}

/// Embeddings, overrides and isolates; a mark of direction alone does no harm within an isolate.
fn is_reordering(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The blocks that Unicode reserves for scripts written from right to left, and its two marks.
fn is_right_to_left(letter: char) -> bool {
    let blocks = ['\u{590}'..='\u{8ff}', '\u{fb1d}'..='\u{fdff}', '\u{fe70}'..='\u{feff}'];
    let further = ['\u{10800}'..='\u{10fff}', '\u{1e800}'..='\u{1efff}', '\u{200e}'..='\u{200f}'];
    blocks.iter().chain(&further).any(|block| block.contains(&letter))
}

/// A name cut to a room; where it is cut, the browser shows it in full on hovering.
pub(super) fn cut_name(name: &str, room: f64) -> Markup {
    let shown = ellipsised(name, room);
    html! { @if shown != name { title { (isolated(name)) } } (isolated(&shown)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ellipsis_counts_room_and_not_bytes() {
        assert_eq!(ellipsised("Überprüfung", width("Überprüfung")), "Überprüfung");
        assert_eq!(ellipsised("Überprüfungen", width("Überprü…")), "Überprü…");
        assert_eq!(ellipsised("支払いと照合", 130.0), "支払い…");
        assert_eq!(ellipsised("Checkout", 20.0), "");
    }

    #[test]
    fn a_wide_letter_takes_the_room_of_two() {
        assert!(width("支払い") >= 1.99 * width("pay") && width("🚀") > FONT);
        assert_eq!(width("e\u{301}"), width("e"));
    }

    #[test]
    fn only_names_that_could_turn_others_around_are_set_apart() {
        assert_eq!(isolated("Checkout – Überprüfung 支払い 🚀"), "Checkout – Überprüfung 支払い 🚀");
        assert_eq!(isolated("צוות"), "\u{2068}צוות\u{2069}");
        assert_eq!(isolated("a\u{202e}b\u{2069}c"), "\u{2068}abc\u{2069}");
    }

    proptest! {
        #[test]
        fn a_cut_text_fits_its_room(text in ".{0,60}", room in 0.0..400.0f64) {
            prop_assert!(width(&ellipsised(&text, room)) <= room + 1e-9);
        }
    }
}
