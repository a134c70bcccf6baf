//! The digest as a message for an incoming webhook of Slack (Block Kit).
//!
//! One rule: it keeps Slack's limits, and what has no place is counted and said. A text can neither mention anybody nor
//! become a link of its own: `&`, `<` and `>` are escaped and Slack is told not to look for names.

use super::words::{harmless, line};
use super::{Digest, Experiment, Figure, Group};
use serde_json::{Value, json};

/// Slack's limits: blocks of a message, characters of a header, of a section and of a field, fields of a section.
const BLOCKS: usize = 50;
const HEADER: usize = 150;
const SECTION: usize = 3000;
const FIELD: usize = 2000;
const FIELDS: usize = 10;
/// Characters of an address, of a few words, of a sentence once they are escaped, so that a link is never cut.
const LINK: usize = 500;
const PHRASE: usize = 300;
const SENTENCE: usize = 1500;
/// Blocks kept for what stands below the figures and the experiments.
const TAIL: usize = 5;

/// The body to post: `text` is what notifications show, `blocks` the message.
pub fn slack(digest: &Digest) -> Value {
    let digest = &harmless(digest);
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "emoji": false, "text": line(&digest.title, HEADER - 2) } }),
        context(&format!("*{}*  {}", escaped(&digest.scope), escaped(&digest.period_words()))),
    ];
    if !digest.changed.is_empty() {
        blocks.push(section(&format!("*What changed.* {}", within(&digest.changed, SECTION - PHRASE))));
    }
    let mut left_out = 0;
    for group in &digest.groups {
        left_out += add_group(&mut blocks, group, digest);
    }
    let experiments = experiments(digest);
    let room = (BLOCKS - TAIL).saturating_sub(blocks.len() + 1);
    left_out += experiments.len().saturating_sub(room);
    if !experiments.is_empty() && room > 0 {
        blocks.push(json!({ "type": "divider" }));
        blocks.extend(experiments.into_iter().take(room));
    }
    blocks.extend(tail(digest, left_out));
    json!({ "text": fallback(digest), "blocks": blocks })
}

/// Adds a group's heading and figures; says how many figures have no place.
fn add_group(blocks: &mut Vec<Value>, group: &Group, digest: &Digest) -> usize {
    let mut left_out = 0;
    for (i, figures) in group.figures.chunks(FIELDS).enumerate() {
        if blocks.len() + 2 > BLOCKS - TAIL {
            left_out += figures.len();
            continue;
        }
        if i == 0 {
            blocks.push(json!({ "type": "divider" }));
        }
        let fields: Vec<Value> = figures.iter().map(|it| words(&field(it, digest))).collect();
        let mut section = json!({ "type": "section", "fields": fields });
        if i == 0 && !group.title.is_empty() {
            section["text"] = words(&format!("*{}*", escaped(&group.title)));
        }
        blocks.push(section);
    }
    left_out
}

/// The title and its number always; of the rest the lines that have a place.
fn field(figure: &Figure, digest: &Digest) -> String {
    let title = linked(digest.address(figure.path.as_ref()), &figure.title);
    let about = [figure.certainty(), figure.target_words(), figure.caption.clone()];
    let about = about.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ");
    let rest = [figure.change_words(), about, figure.series_words()].map(|words| escaped(&words));
    let strong = if figure.value.is_some() { "*" } else { "" };
    let mut lines = format!("{title}\n{strong}{}{strong}", within(&figure.number(), PHRASE));
    add_lines(&mut lines, rest.into_iter().filter(|words| !words.is_empty()), FIELD);
    lines
}

/// One section each.
fn experiments(digest: &Digest) -> Vec<Value> {
    let one = |it: &Experiment| {
        let title = linked(digest.address(it.path.as_ref()), &it.title);
        let (sign, status, sentence) = (it.tone.sign(), escaped(&it.status), within(&it.sentence, SENTENCE));
        section(format!("*Experiment* {title}  {sign} {status}\n{sentence}").trim_end())
    };
    digest.experiments.iter().map(one).collect()
}

/// Notes, the link and what made it.
fn tail(digest: &Digest, left_out: usize) -> Vec<Value> {
    let mut blocks = Vec::new();
    if !digest.notes.is_empty() {
        let mut lines = "*About the data*".to_owned();
        let notes = digest.notes.iter().map(|note| within(note, SENTENCE));
        let left_out = add_lines(&mut lines, notes, SECTION - PHRASE);
        if left_out > 0 {
            lines.push_str(&format!("\n{left_out} more notes have no place here."));
        }
        blocks.push(section(&lines));
    }
    if left_out > 0 {
        blocks.push(section(&format!("{left_out} more figures and experiments have no place here.")));
    }
    let link = digest.address(digest.path.as_ref()).map(|address| linked(Some(address), "Open the digest"));
    let last = link.into_iter().chain(Some(escaped(&digest.produced))).filter(|words| !words.is_empty());
    let last = last.collect::<Vec<_>>().join("  ");
    if !last.is_empty() {
        blocks.push(json!({ "type": "divider" }));
        blocks.push(context(&last));
    }
    blocks
}

/// Adds whole lines while the text has at most `most` characters; says how many have no place.
fn add_lines(text: &mut String, lines: impl Iterator<Item = String>, most: usize) -> usize {
    let mut left_out = 0;
    for line in lines {
        if text.chars().count() + 1 + line.chars().count() > most {
            left_out += 1;
        } else {
            text.push('\n');
            text.push_str(&line);
        }
    }
    left_out
}

/// What a notification shows.
fn fallback(digest: &Digest) -> String {
    within(&format!("{}. {}", digest.subject(), digest.changed), SECTION)
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": words(text) })
}

fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [words(text)] })
}

/// `verbatim` keeps Slack from turning "@here", "#team" and addresses in a text into mentions and links.
fn words(text: &str) -> Value {
    json!({ "type": "mrkdwn", "verbatim": true, "text": text })
}

fn linked(address: Option<String>, words: &str) -> String {
    match address.map(|address| escaped(&address)) {
        Some(address) if address.len() <= LINK => format!("<{address}|{}>", escaped(words)),
        _ => escaped(words),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Escaped, and cut so that it has at most `most` characters then.
fn within(text: &str, most: usize) -> String {
    let mut keep = most.saturating_sub(2);
    loop {
        let words = escaped(&line(text, keep));
        let length = words.chars().count();
        if length <= most {
            return words;
        }
        keep = keep * most / length;
    }
}

#[cfg(test)]
mod tests;
