//! `identities.toml` in the project folder: which names, addresses and logins are machines'.
//!
//! One rule: what is declared here counts when data is read, so that a changed line is retroactive.

use super::diagnostic::Diagnostic;
use super::files::Content;
use super::toml_text;
use serde::Deserialize;
use std::path::Path;

const FILE: &str = "identities.toml";

/// What a project says about who is who.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identities {
    /// Names, e-mail addresses and logins of machines, where `*` stands for anything: `"deploy-*"`, `"*@ci.example.com"`.
    /// Letters are compared whatever their case.
    #[serde(default)]
    pub bots: Vec<String>,
    /// The same for people whom a source or a rule takes for machines.
    #[serde(default)]
    pub people: Vec<String>,
}

impl Identities {
    /// Whether somebody of these names, addresses and logins is a machine: what is declared, or else what was seen.
    pub fn is_bot(&self, words: &[&str], seen: bool) -> bool {
        let any = |patterns: &[String]| {
            patterns.iter().any(|pattern| words.iter().any(|word| !word.is_empty() && matches(pattern, word)))
        };
        if any(&self.people) { false } else { seen || any(&self.bots) }
    }
}

/// Reads the file, where there is one.
pub(super) fn load(folder: &Path, found: &mut Vec<Diagnostic>) -> Identities {
    let text = match std::fs::read_to_string(folder.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Identities::default(),
        Err(error) => {
            let message = format!("cannot be read: {error}");
            found.push(Diagnostic { file: FILE.to_owned(), line: 1, column: 1, message, suggestion: None });
            return Identities::default();
        }
    };
    let content = Content { file: FILE.to_owned(), text, embedded: false };
    toml_text::parse(&content, 0..content.text.len()).unwrap_or_else(|diagnostic| {
        found.push(diagnostic);
        Identities::default()
    })
}

/// Whether a word is the pattern, in which `*` stands for anything.
fn matches(pattern: &str, word: &str) -> bool {
    let (pattern, word) = (pattern.trim().to_lowercase(), word.trim().to_lowercase());
    let parts: Vec<&str> = pattern.split('*').collect();
    let [first, between @ .., last] = parts.as_slice() else { return pattern == word };
    let Some(mut rest) = word.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_whole_word() {
        for (pattern, word, expected) in [
            ("deploy-*", "Deploy-1", true),
            ("deploy-*", "my-deploy-1", false),
            ("*@ci.example.com", "x@ci.example.com", true),
            ("*[bot]", "renovate[bot]", true),
            ("jenkins", "Jenkins", true),
            ("jenkins", "jenkins2", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, word), expected, "{pattern} {word}");
        }
    }

    #[test]
    fn a_wrong_file_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut found = Vec::new();
        assert_eq!(load(folder.path(), &mut found), Identities::default());
        std::fs::write(folder.path().join(FILE), "bots = [\"x-*\"]\npeople = [\"x-ray\"]\n").unwrap();
        let identities = load(folder.path(), &mut found);
        assert_eq!(found, []);
        let is_bot = |word: &str, seen| identities.is_bot(&[word, ""], seen);
        assert_eq!(
            [is_bot("x-1", false), is_bot("x-ray", true), is_bot("ann", false), is_bot("ann", true)],
            [true, false, false, true]
        );
        std::fs::write(folder.path().join(FILE), "\nrobots = []\n").unwrap();
        load(folder.path(), &mut found);
        assert_eq!(found[0].to_string(), "identities.toml:2:1: unknown key robots; did you mean bots?");
    }
}
