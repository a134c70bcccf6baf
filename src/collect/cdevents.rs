//! CDEvents, what they mean for the tables: <https://github.com/cdevents/spec>, versions 0.3 to 0.5.
//!
//! One rule: an event says one moment of something whose row has several. So events are facts, which are folded into what the
//! row says already (`fold`), in whatever order they come.

mod event;
mod facts;
mod fold;

use super::deliveries::Letter;
use super::observation::Observation;
use event::Event;
pub(super) use facts::{Fact, Placed};
use facts::{Facts, Nothing};
pub(super) use fold::{Folded, fold};
use serde_json::Value;

/// What becomes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is for the tables.
    Read,
    /// It has nothing for them, and why.
    Ignored(String),
}

/// What becomes of the event of this type, whose CloudEvents data is `data`.
///
/// # Errors
/// A sentence when it is not what CDEvents specify.
pub fn standing(kind: &str, data: &Value) -> Result<Standing, String> {
    let Some((subject, predicate)) = event::words(kind) else {
        return Ok(Standing::Ignored("its type is none of CDEvents' own vocabulary".to_owned()));
    };
    let event = Event::of(data)?;
    if event.context.kind != kind {
        return Err(format!("the event itself is of type {}", event.context.kind));
    }
    Ok(match facts::facts(subject, predicate, &event) {
        Ok(_) => Standing::Read,
        Err(Nothing(reason)) => Standing::Ignored(reason.to_owned()),
    })
}

/// What one letter means.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Rows that the event says in full.
    pub observations: Vec<Observation>,
    pub facts: Vec<Fact>,
    /// What happened to the newest deployment of a service.
    pub placed: Option<Placed>,
}

/// Reads one letter.
///
/// # Errors
/// A sentence when it cannot be read, which the door would have said.
pub(super) fn read(letter: Letter<'_>) -> Result<Read, String> {
    let data: Value = serde_json::from_slice(letter.body).map_err(|error| error.to_string())?;
    let (subject, predicate) = event::words(letter.event).ok_or("it is no CDEvent")?;
    let event = Event::of(&data)?;
    let Facts { observations, facts, placed } =
        facts::facts(subject, predicate, &event).map_err(|Nothing(reason)| reason.to_owned())?;
    Ok(Read { observations, facts, placed })
}
