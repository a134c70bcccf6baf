//! Tables of Markdown that read well as text too: columns are padded to the width of their widest cell.

use crate::chart::number;
use crate::trial::{Relative, level_words};
use std::fmt;

/// Where the figures of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Cells that are escaped already.
pub(super) struct Table {
    aligned: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(head: &[(&str, Align)]) -> Table {
        let aligned = head.iter().map(|(_, align)| *align).collect();
        Table { aligned, rows: vec![head.iter().map(|(name, _)| text(name)).collect()] }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// A row with nothing but a name, in front of the rows that belong to it.
    pub(super) fn group(&mut self, name: &str) {
        let mut cells = vec![String::new(); self.aligned.len()];
        cells[0] = format!("**{}**", text(name));
        self.rows.push(cells);
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = (0..self.aligned.len()).map(|column| self.width(column)).collect();
        for (place, row) in self.rows.iter().enumerate() {
            for ((cell, align), width) in row.iter().zip(&self.aligned).zip(&widths) {
                match align {
                    Align::Left => write!(f, "| {cell:<width$} ")?,
                    Align::Right => write!(f, "| {cell:>width$} ")?,
                }
            }
            writeln!(f, "|")?;
            if place == 0 {
                for (align, width) in self.aligned.iter().zip(&widths) {
                    match align {
                        Align::Left => write!(f, "|:{} ", "-".repeat(*width))?,
                        Align::Right => write!(f, "| {}:", "-".repeat(*width))?,
                    }
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// Estimate, interval and p as cells. The interval says its level unless that is the usual one.
pub(super) fn figures(it: &Relative, usual: Option<f64>) -> [String; 3] {
    let missing = || number::MISSING.to_owned();
    let level = if usual == Some(it.level) { String::new() } else { format!(" ({})", level_words(it.level)) };
    let interval = it.bounds().map_or_else(missing, |(low, high)| number::relative_range(low, high) + &level);
    let p = it.p.map_or_else(missing, |p| text(&number::p_value(p)));
    [number::relative_aligned(it.estimate), interval, p]
}

/// Text as text: on one line, and nothing in it is Markdown. A sign is escaped only where it would mean something, so that the file
/// reads well as it is.
pub(super) fn text(words: &str) -> String {
    let letters: Vec<char> = words.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    let is_word = |place: Option<usize>| place.and_then(|it| letters.get(it)).is_some_and(|it| it.is_alphanumeric());
    let mut out = String::with_capacity(words.len());
    for (place, letter) in letters.iter().enumerate() {
        let (before, after) = (is_word(place.checked_sub(1)), letters.get(place + 1));
        let means_something = match letter {
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' => true,
            '_' => !(before && is_word(Some(place + 1))),
            '<' => after.is_some_and(|it| it.is_alphabetic() || "/!?".contains(*it)),
            '&' => after.is_some_and(|it| it.is_alphabetic() || *it == '#'),
            '#' | '>' | '-' | '+' | '=' => place == 0,
            '.' | ')' => place > 0 && letters[..place].iter().all(char::is_ascii_digit),
            _ => false,
        };
        if means_something {
            out.push('\\');
        }
        out.push(*letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_users_is_not_markdown() {
        assert_eq!(text("a | b\nc <b> [x](y) _z_"), r"a \| b c \<b> \[x\](y) \_z\_");
        assert_eq!(["# a", "- a", "12. a", "&lt;"].map(text), [r"\# a", r"\- a", r"12\. a", r"\&lt;"]);
    }

    #[test]
    fn signs_that_mean_nothing_stay_as_they_are() {
        let plain = "p < 0.001, support_tickets > 3 & 2.5 #4 - a+b";
        assert_eq!(text(plain), plain);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&[("Metric", Align::Left), ("p", Align::Right)]);
        table.group("Goals");
        table.row(["Zeit".to_owned(), "−17.0 %".to_owned()]);
        let expected =
            "| Metric    |       p |\n|:--------- | -------:|\n| **Goals** |         |\n| Zeit      | −17.0 % |\n";
        assert_eq!(table.to_string(), expected);
    }
}
