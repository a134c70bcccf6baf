//! `topics.toml`: which tickets are about which topic, and whose component or team they concern.
//!
//! One rule: the first rule whose every condition holds decides, so that a file reads from the special to the general.

use super::diagnostic::{Diagnostic, closest};
use super::files::Content;
use super::toml_text;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// The file, beside the content folders.
const FILE: &str = "topics.toml";

/// All rules, in their order.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug)]
struct Rule {
    topic: Option<String>,
    component: Option<String>,
    team: Option<String>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// The field has one of these values, in lower case.
    Is(&'static str, Vec<String>),
    /// One of these labels is on it, in lower case.
    Labelled(Vec<String>),
    /// The subject has this in it.
    Subject(Regex),
}

/// What a rule can look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'a> {
    pub source: Option<&'a str>,
    pub project: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub priority: Option<&'a str>,
    pub repository: Option<&'a str>,
    pub topic: Option<&'a str>,
    /// Separated by commas.
    pub labels: Option<&'a str>,
    pub subject: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    #[serde(default)]
    rule: Vec<Spanned<TomlRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlRule {
    topic: Option<String>,
    component: Option<Spanned<String>>,
    team: Option<String>,
    #[serde(default, rename = "when")]
    conditions: TomlConditions,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TomlConditions {
    source: Option<OneOrMany>,
    project: Option<OneOrMany>,
    kind: Option<OneOrMany>,
    priority: Option<OneOrMany>,
    repository: Option<OneOrMany>,
    topic: Option<OneOrMany>,
    label: Option<OneOrMany>,
    subject: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a text or a list of texts")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn lower(self) -> Vec<String> {
        let all = match self {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        };
        all.iter().map(|word| word.to_lowercase()).collect()
    }
}

/// The largest pattern, compiled.
const PATTERN_BYTES: usize = 1 << 20;

impl Topics {
    /// Reads the file of a project; without one there are no rules.
    pub(super) fn read(folder: &Path, found: &mut Vec<Diagnostic>) -> Topics {
        let bytes = match std::fs::read(folder.join(FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Topics::default(),
            Err(error) => {
                found.push(at_start(error.to_string()));
                return Topics::default();
            }
        };
        let read = match String::from_utf8(bytes) {
            Ok(text) => Topics::parse(&Content { file: FILE.to_owned(), text, embedded: false }),
            Err(error) => Err(at_start(format!("not UTF-8 text: {error}"))),
        };
        read.unwrap_or_else(|diagnostic| {
            found.push(diagnostic);
            Topics::default()
        })
    }

    /// Reads rules.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(content: &Content) -> Result<Topics, Diagnostic> {
        let file: TomlFile = toml_text::parse(content, 0..content.text.len())?;
        let rules = file.rule.into_iter().map(|rule| Rule::of(content, rule));
        Ok(Topics { rules: rules.collect::<Result<_, _>>()? })
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The number of the rule that decides, from 1.
    pub fn find(&self, words: &Words<'_>) -> Option<usize> {
        let position = self.rules.iter().position(|rule| rule.conditions.iter().all(|it| it.holds(words)))?;
        Some(position + 1)
    }

    /// What the rule of that number says the topic is.
    pub fn topic(&self, number: usize) -> Option<&str> {
        self.rule(number)?.topic.as_deref()
    }

    /// The component, as a complete reference.
    pub fn component(&self, number: usize) -> Option<&str> {
        self.rule(number)?.component.as_deref()
    }

    /// The team that is to see to it.
    pub fn team(&self, number: usize) -> Option<&str> {
        self.rule(number)?.team.as_deref()
    }

    fn rule(&self, number: usize) -> Option<&Rule> {
        self.rules.get(number.checked_sub(1)?)
    }
}

impl Rule {
    fn of(content: &Content, rule: Spanned<TomlRule>) -> Result<Rule, Diagnostic> {
        let at = rule.span();
        let TomlRule { topic, component, team, conditions } = rule.into_inner();
        if topic.is_none() && component.is_none() && team.is_none() {
            let message = "a rule says a topic, a component or a team".to_owned();
            return Err(content.diagnostic(at, message, None));
        }
        let component = component.map(|component| reference(content, component)).transpose()?;
        Ok(Rule { topic, component, team, conditions: conditions.read(content)? })
    }
}

/// `[component:][namespace/]name` with all its parts.
fn reference(content: &Content, component: Spanned<String>) -> Result<String, Diagnostic> {
    let text = component.get_ref().to_lowercase();
    let (kind, rest) = text.split_once(':').unwrap_or(("component", &text));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    if kind.is_empty() || namespace.is_empty() || name.is_empty() {
        let message = format!("{:?} is not of the form [kind:][namespace/]name", component.get_ref());
        return Err(content.diagnostic(component.span(), message, None));
    }
    if kind != "component" {
        let message = format!("{kind} is no kind that tickets belong to");
        return Err(content.diagnostic(component.span(), message, closest(kind, &["component"])));
    }
    Ok(format!("{kind}:{namespace}/{name}"))
}

impl TomlConditions {
    pub(super) fn read(self, content: &Content) -> Result<Vec<Condition>, Diagnostic> {
        let fields = [
            ("source", self.source),
            ("project", self.project),
            ("kind", self.kind),
            ("priority", self.priority),
            ("repository", self.repository),
            ("topic", self.topic),
        ];
        let is = fields.into_iter().filter_map(|(name, words)| Some(Condition::Is(name, words?.lower())));
        let mut conditions: Vec<Condition> = is.collect();
        conditions.extend(self.label.map(|labels| Condition::Labelled(labels.lower())));
        if let Some(subject) = self.subject {
            let pattern = RegexBuilder::new(subject.get_ref()).case_insensitive(true).size_limit(PATTERN_BYTES).build();
            let wrong = |error: regex::Error| {
                let error = error.to_string();
                let last = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                content.diagnostic(subject.span(), format!("{:?} is no pattern: {last}", subject.get_ref()), None)
            };
            conditions.push(Condition::Subject(pattern.map_err(wrong)?));
        }
        Ok(conditions)
    }
}

impl Condition {
    pub(super) fn holds(&self, words: &Words<'_>) -> bool {
        match self {
            Condition::Is(name, allowed) => {
                let word = match *name {
                    "source" => words.source,
                    "project" => words.project,
                    "kind" => words.kind,
                    "priority" => words.priority,
                    "repository" => words.repository,
                    _ => words.topic,
                };
                word.is_some_and(|word| allowed.contains(&word.to_lowercase()))
            }
            Condition::Labelled(allowed) => {
                let labels = words.labels.unwrap_or_default().split(',');
                labels.map(|label| label.trim().to_lowercase()).any(|label| allowed.contains(&label))
            }
            Condition::Subject(pattern) => words.subject.is_some_and(|subject| pattern.is_match(subject)),
        }
    }
}

fn at_start(message: String) -> Diagnostic {
    Diagnostic { file: FILE.to_owned(), line: 1, column: 1, message, suggestion: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Topics, String> {
        let content = Content { file: FILE.to_owned(), text: text.to_owned(), embedded: false };
        Topics::parse(&content).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_rule_that_holds_decides() {
        let topics = parse(
            r#"
[[rule]]
topic = "flaky tests"
component = "build"
when = { subject = 'flak(y|iness)', label = ["ci", "Tests"] }

[[rule]]
topic = "ci"
team = "platform"
when = { label = "CI" }

[[rule]]
component = "shop/Till"
when = { project = ["Shop"], kind = "Incident" }
"#,
        )
        .unwrap();
        let find = |words: Words<'_>| topics.find(&words);
        let ci = Words { labels: Some("bug,CI"), ..Words::default() };
        assert_eq!(find(Words { subject: Some("A FLAKY thing"), ..ci }), Some(1));
        assert_eq!(find(Words { subject: Some("broken"), ..ci }), Some(2));
        assert_eq!(find(Words { subject: Some("flaky"), labels: Some("cia"), ..Words::default() }), None);
        assert_eq!(find(Words { project: Some("SHOP"), kind: Some("incident"), ..Words::default() }), Some(3));
        assert_eq!(find(Words { project: Some("shop"), ..Words::default() }), None);
        assert_eq!(topics.component(1), Some("component:default/build"));
        assert_eq!(topics.component(3), Some("component:shop/till"));
        assert_eq!(
            (topics.team(2), topics.topic(3), topics.topic(0), topics.topic(4)),
            (Some("platform"), None, None, None)
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong =
            |text: &str, expected: &str| assert_eq!(parse(text).unwrap_err(), format!("topics.toml:{expected}"));
        wrong("[[rule]]\nwhen = {}\n", "1:1: a rule says a topic, a component or a team");
        wrong("[[rule]]\ntopic = \"a\"\nwhen = { labels = \"a\" }\n", "3:10: unknown key labels; did you mean label?");
        wrong("[[rule]]\ncomponent = \"a/\"\n", "2:13: \"a/\" is not of the form [kind:][namespace/]name");
        wrong("[[rule]]\ncomponent = \"api:a\"\n", "2:13: api is no kind that tickets belong to");
        let number = parse("[[rule]]\ntopic = \"a\"\nwhen = { label = 3 }\n").unwrap_err();
        assert!(number.starts_with("topics.toml:3:"), "{number}");
        assert!(number.contains("must be a text or a list of texts"), "{number}");
        let unclosed = parse("[[rule]]\ntopic = \"a\"\nwhen = { subject = \"(\" }\n").unwrap_err();
        assert!(unclosed.starts_with("topics.toml:3:20: \"(\" is no pattern: "), "{unclosed}");
    }
}
