//! The form of a CDEvent: <https://github.com/cdevents/spec/blob/v0.5.1/spec.md>. It is the same since version 0.3, but for the
//! names of a few members.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Bytes of a name that becomes a key of a row.
const NAME_BYTES: usize = 1_000;

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub context: Context,
    pub subject: Subject,
}

#[derive(Debug, Deserialize)]
pub(super) struct Context {
    pub id: String,
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub timestamp: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Subject {
    pub id: String,
    #[serde(default)]
    pub source: Option<String>,
    pub content: Map<String, Value>,
}

/// Subject and predicate of a type such as `dev.cdevents.taskrun.started.0.3.0`; `None` for one that is not of CDEvents' own
/// vocabulary.
pub(super) fn words(kind: &str) -> Option<(&str, &str)> {
    let mut parts = kind.strip_prefix("dev.cdevents.")?.splitn(3, '.');
    let (subject, predicate, version) = (parts.next()?, parts.next()?, parts.next()?);
    let is_version = version.starts_with(|first: char| first.is_ascii_digit());
    (!subject.is_empty() && !predicate.is_empty() && is_version).then_some((subject, predicate))
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// A sentence that names the member which is wrong.
    pub fn of(data: &Value) -> Result<Event, String> {
        let event: Event = serde_path_to_error::deserialize(data).map_err(|error| {
            let path = error.path().to_string();
            if path == "." { error.into_inner().to_string() } else { format!("{path}: {}", error.into_inner()) }
        })?;
        let names = [
            ("context.id", &event.context.id),
            ("context.source", &event.context.source),
            ("subject.id", &event.subject.id),
        ];
        for (place, name) in names {
            if name.is_empty() || name.len() > NAME_BYTES {
                return Err(format!("{place} has {} bytes, not 1 to {NAME_BYTES}", name.len()));
            }
        }
        Ok(event)
    }

    /// A text of the content that is not empty. `path` is a JSON pointer.
    pub fn text(&self, path: &str) -> Option<&str> {
        let mut parts = path.split('/').skip(1);
        let mut found = self.subject.content.get(parts.next()?)?;
        for part in parts {
            found = found.get(part)?;
        }
        found.as_str().filter(|text| !text.trim().is_empty())
    }

    /// Where the subject is.
    pub fn place(&self) -> &str {
        self.subject.source.as_deref().filter(|source| !source.is_empty()).unwrap_or(&self.context.source)
    }

    /// The first line of a text of the content.
    pub fn line(&self, path: &str) -> Option<&str> {
        self.text(path)?.lines().find(|line| !line.trim().is_empty()).map(str::trim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_have_subject_predicate_and_version() {
        assert_eq!(words("dev.cdevents.taskrun.started.0.3.0"), Some(("taskrun", "started")));
        assert_eq!(words("dev.cdevents.incident.detected.0.4.0-draft"), Some(("incident", "detected")));
        for other in
            ["dev.cdeventsx.tool-subject.started.0.1.0", "dev.cdevents.taskrun", "com.example.x", "dev.cdevents.a.b.c"]
        {
            assert_eq!(words(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let event = |change: fn(&mut Value)| {
            let mut event = json!({
                "context": {"version": "0.4.1", "id": "1", "source": "/s", "type": "t", "timestamp": "2026-01-31T12:00:00Z"},
                "subject": {"id": "x", "content": {}}
            });
            change(&mut event);
            Event::of(&event).map(|_| ()).unwrap_or_default_error()
        };
        assert_eq!(event(|_| {}), "");
        assert_eq!(
            event(|it| it["context"]["timestamp"] = "today".into()),
            "context.timestamp: input contains invalid characters"
        );
        assert_eq!(
            event(|it| drop(it["subject"].as_object_mut().unwrap().remove("id"))),
            "subject: missing field `id`"
        );
        assert_eq!(event(|it| it["subject"]["id"] = "".into()), "subject.id has 0 bytes, not 1 to 1000");
        assert_eq!(
            event(|it| it["subject"]["content"] = 7.into()),
            "subject.content: invalid type: integer `7`, expected a map"
        );
    }

    trait ErrorText {
        fn unwrap_or_default_error(self) -> String;
    }

    impl ErrorText for Result<(), String> {
        fn unwrap_or_default_error(self) -> String {
            self.err().unwrap_or_default()
        }
    }
}
