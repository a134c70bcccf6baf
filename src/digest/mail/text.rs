//! The text part of a mail: what the HTML says, for those who read text.
//!
//! One rule: no line is wider than 72 columns unless one word or address is; numbers stand below each other.

use super::super::{Digest, Experiment, Figure};
use unicode_width::UnicodeWidthStr;

const WIDTH: usize = 72;
/// Columns of a figure's line: its title, its number at the right of the second, and the change.
const TITLE: usize = 28;
const NUMBER: usize = 14;
const CHANGE: usize = TITLE + NUMBER + 2;
const INDENT: usize = 2;

/// The text of a digest that was made harmless.
pub(super) fn text(digest: &Digest) -> String {
    let mut page = Page::default();
    page.wrapped(&digest.title.to_uppercase(), 0);
    page.wrapped(&digest.scope, 0);
    page.wrapped(&digest.period_words(), 0);
    if !digest.changed.is_empty() {
        page.heading("What changed");
        page.wrapped(&digest.changed, 0);
    }
    for group in &digest.groups {
        page.heading(&group.title);
        for (i, it) in group.figures.iter().enumerate() {
            page.gap_before(i);
            page.figure(it, digest.address(it.path.as_ref()));
        }
    }
    if !digest.experiments.is_empty() {
        page.heading("Experiments");
    }
    for (i, it) in digest.experiments.iter().enumerate() {
        page.gap_before(i);
        page.experiment(it, digest.address(it.path.as_ref()));
    }
    if !digest.notes.is_empty() {
        page.heading("About the data");
    }
    digest.notes.iter().for_each(|note| page.wrapped(&format!("- {note}"), INDENT));
    page.foot(digest);
    page.0
}

/// The lines so far.
#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        // Outside of this page nothing keeps the words of a line together any more.
        self.0.push_str(line.replace('\u{a0}', " ").trim_end());
        self.0.push('\n');
    }

    fn gap_before(&mut self, index: usize) {
        if index > 0 {
            self.line("");
        }
    }

    fn heading(&mut self, title: &str) {
        self.line("");
        if !title.is_empty() {
            self.wrapped(&title.to_uppercase(), 0);
            self.line(&"-".repeat(WIDTH));
        }
    }

    /// Words in lines; from the second on they are indented.
    fn wrapped(&mut self, words: &str, indent: usize) {
        for line in wrapped(words, WIDTH, indent) {
            self.line(&line);
        }
    }

    fn indented(&mut self, words: &str) {
        if !words.is_empty() {
            self.wrapped(&format!("{}{words}", " ".repeat(INDENT)), INDENT);
        }
    }

    fn figure(&mut self, figure: &Figure, address: Option<String>) {
        let number = figure.number();
        let (title_width, number_width) = (figure.title.width(), number.width());
        let fits = title_width + number_width + 2 <= TITLE + NUMBER;
        if fits {
            let space = " ".repeat(TITLE + NUMBER - title_width - number_width);
            let start = format!("{}{space}{number}  ", figure.title);
            let mut change = wrapped(&figure.change_words(), WIDTH - CHANGE, 2).into_iter();
            self.line(&format!("{start}{}", change.next().unwrap_or_default()));
            change.for_each(|line| self.line(&format!("{}{line}", " ".repeat(CHANGE))));
        } else {
            self.wrapped(&figure.title, 0);
            let space = " ".repeat((TITLE + NUMBER).saturating_sub(number_width).max(INDENT));
            self.wrapped(&format!("{space}{number}  {}", figure.change_words()), CHANGE);
        }
        let target = figure.target_words();
        let about = [figure.certainty(), target, figure.caption.clone()];
        self.indented(&about.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; "));
        self.indented(&figure.series_words());
        self.indented(&address.unwrap_or_default());
    }

    fn experiment(&mut self, experiment: &Experiment, address: Option<String>) {
        self.wrapped(&format!("{} ({} {})", experiment.title, experiment.tone.sign(), experiment.status), INDENT);
        self.indented(&experiment.sentence);
        self.indented(&address.unwrap_or_default());
    }

    fn foot(&mut self, digest: &Digest) {
        self.line("");
        // The two characters and the space are how a mail program knows where the message itself ends.
        self.0.push_str("-- \n");
        if let Some(address) = digest.address(digest.path.as_ref()) {
            self.line(&format!("Open the digest: {address}"));
        }
        self.wrapped(&digest.produced, 0);
    }
}

/// Words in lines of at most `width` columns; all but the first are indented. A single space between words stays, more
/// of them (as in columns) stay as they are.
fn wrapped(words: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ').width();
        let is_start = lines.last().is_none_or(|line| line.trim().is_empty());
        if used + bare > width && !is_start {
            lines.push(" ".repeat(indent));
            used = indent;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
        used += word.width();
    }
    lines.iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}
