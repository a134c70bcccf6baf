//! `investment.toml`: what pull requests and commits are an investment in.
//!
//! One rule: the first rule whose every condition holds decides. Without the file the built-in rules hold, which go by the kind of
//! the ticket, then by common labels, then by the type of Conventional Commits 1.0.

use super::diagnostic::Diagnostic;
use super::files::Content;
use super::toml_text;
use super::topics::{Condition, TomlConditions, Words};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// The file, beside the content folders.
const FILE: &str = "investment.toml";

/// What holds without a file.
const BUILT_IN: &str = r#"
[[rule]]
category = "bugs"
when = { kind = ["bug", "defect", "incident", "problem"] }

[[rule]]
category = "new work"
when = { kind = ["story", "feature", "epic", "new feature"] }

[[rule]]
category = "bugs"
when = { label = ["bug", "defect", "regression", "hotfix", "type: bug", "type:bug", "kind/bug"] }

[[rule]]
category = "new work"
when = { label = ["feature", "enhancement", "type: feature", "type:feature", "kind/feature"] }

[[rule]]
category = "upkeep"
when = { label = ["chore", "dependencies", "maintenance", "refactoring", "tech debt", "documentation", "kind/cleanup"] }

[[rule]]
category = "new work"
when = { subject = '^feat(ure)?(\([^)]*\))?!?:' }

[[rule]]
category = "bugs"
when = { subject = '^(fix|hotfix|revert)(\([^)]*\))?!?:' }

[[rule]]
category = "upkeep"
when = { subject = '^(build|chore|ci|deps|docs|perf|refactor|style|test)(\([^)]*\))?!?:' }
"#;

/// All rules, in their order.
#[derive(Clone, Debug, Default)]
pub struct Investment {
    rules: Vec<(String, Vec<Condition>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    #[serde(default)]
    rule: Vec<TomlRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlRule {
    category: Spanned<String>,
    #[serde(default, rename = "when")]
    conditions: TomlConditions,
}

/// What is shown where no rule holds, so that no rule may say it.
pub const UNLINKED: &str = "unlinked";

impl Investment {
    /// Reads the file of a project; without one the built-in rules hold.
    pub(super) fn read(folder: &Path, found: &mut Vec<Diagnostic>) -> Investment {
        let at_start =
            |message: String| Diagnostic { file: FILE.to_owned(), line: 1, column: 1, message, suggestion: None };
        let text = match std::fs::read(folder.join(FILE)) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|error| at_start(format!("not UTF-8 text: {error}"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BUILT_IN.to_owned()),
            Err(error) => Err(at_start(error.to_string())),
        };
        let read = text.and_then(|text| Investment::parse(&Content { file: FILE.to_owned(), text, embedded: false }));
        read.unwrap_or_else(|diagnostic| {
            found.push(diagnostic);
            Investment::default()
        })
    }

    /// Reads rules.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(content: &Content) -> Result<Investment, Diagnostic> {
        let file: TomlFile = toml_text::parse(content, 0..content.text.len())?;
        let mut rules = Vec::with_capacity(file.rule.len());
        for rule in file.rule {
            let category = rule.category.get_ref().trim().to_owned();
            if category.is_empty() || category == UNLINKED {
                let message = format!("{category:?} is no category: {UNLINKED} is what no rule holds for");
                return Err(content.diagnostic(rule.category.span(), message, None));
            }
            rules.push((category, rule.conditions.read(content)?));
        }
        Ok(Investment { rules })
    }

    /// What the first rule that holds says.
    pub fn category(&self, words: &Words<'_>) -> Option<&str> {
        let rule = self.rules.iter().find(|(_, conditions)| conditions.iter().all(|it| it.holds(words)))?;
        Some(&rule.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Investment, String> {
        let content = Content { file: FILE.to_owned(), text: text.to_owned(), embedded: false };
        Investment::parse(&content).map_err(|error| error.to_string())
    }

    #[test]
    fn built_in_rules_go_by_ticket_then_label_then_type() {
        let rules = parse(BUILT_IN).unwrap();
        let words = |kind, labels, subject| Words { kind, labels, subject, ..Words::default() };
        let category = |kind, labels, subject| rules.category(&words(kind, labels, Some(subject)));
        assert_eq!(category(Some("Bug"), Some("feature"), "feat: x"), Some("bugs"));
        assert_eq!(category(Some("Task"), Some("area/ui, Feature"), "fix: x"), Some("new work"));
        assert_eq!(category(None, None, "feat(api)!: x"), Some("new work"));
        assert_eq!(category(None, None, "Fix(api): x"), Some("bugs"));
        assert_eq!(category(None, None, "chore: x"), Some("upkeep"));
        for unlinked in ["features: x", "fixing: x", "fix x", "prefix: x", "a fix: x", ""] {
            assert_eq!(category(None, None, unlinked), None, "{unlinked}");
        }
    }

    #[test]
    fn a_rule_says_a_category_that_is_not_what_no_rule_says() {
        assert_eq!(
            parse("[[rule]]\ncategory = \"unlinked\"\n").unwrap_err(),
            "investment.toml:2:12: \"unlinked\" is no category: unlinked is what no rule holds for"
        );
        let unknown = parse("[[rule]]\ncategory = \"a\"\nwhen = { labels = \"a\" }\n").unwrap_err();
        assert_eq!(unknown, "investment.toml:3:10: unknown key labels; did you mean label?");
    }
}
