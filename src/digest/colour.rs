//! The colours of mail and pictures, which cannot use the style sheet.
//!
//! One rule: they are those of `paceline.css`, and a test holds them together.

use crate::chart::Tone;

/// A colour on paper and in a dark mail program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    pub(super) name: &'static str,
    pub(super) light: &'static str,
    pub(super) dark: &'static str,
}

pub(super) const BACK: Colour = Colour { name: "back", light: "#f6f7f9", dark: "#0e1116" };
pub(super) const PANEL: Colour = Colour { name: "panel", light: "#fff", dark: "#171b22" };
pub(super) const EDGE: Colour = Colour { name: "edge", light: "#e2e5ea", dark: "#2b313b" };
pub(super) const TEXT: Colour = Colour { name: "text", light: "#171c2a", dark: "#e8ebf1" };
pub(super) const MUTED: Colour = Colour { name: "muted", light: "#545d6e", dark: "#a2abba" };
pub(super) const ACCENT: Colour = Colour { name: "accent", light: "#2052cc", dark: "#82aaff" };
pub(super) const SOFT: Colour = Colour { name: "soft", light: "#dbe5fd", dark: "#1f2f59" };
pub(super) const GOOD: Colour = Colour { name: "good", light: "#04704a", dark: "#45cf92" };
pub(super) const BAD: Colour = Colour { name: "bad", light: "#b3201a", dark: "#ff8f80" };

/// The colour of a change; sign and word always stand beside it.
pub(super) fn of(tone: Tone) -> Colour {
    match tone {
        Tone::Good => GOOD,
        Tone::Bad => BAD,
        Tone::Neutral => MUTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_style_sheet() {
        let css = include_str!("../web/assets/paceline.css");
        for colour in [BACK, PANEL, EDGE, TEXT, MUTED, ACCENT, SOFT, GOOD, BAD] {
            let pair = format!("--{}: light-dark({}, {})", colour.name, colour.light, colour.dark);
            assert!(css.contains(&pair), "{pair} is not in paceline.css");
        }
    }
}
