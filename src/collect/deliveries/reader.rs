//! What the letters of one pipeline mean.
//!
//! One rule: a source kind has one reader, and all of them answer in the same terms. Where only the source can say what
//! happened, a letter is the reason to ask it.

use super::Letter;
use crate::collect::cdevents::{self, Fact, Placed};
use crate::collect::observation::Observation;
use crate::collect::{Collecting, Result, events, github};
use crate::project::{Pipeline, PipelineKind};
use chrono::{DateTime, Utc};

/// Reads the letters of one pipeline.
pub(super) enum Reader<'a> {
    Github(&'a str, github::Reader<'a>),
    Cdevents,
    Events(events::Reader),
    /// A letter makes this pipeline due.
    Asks(&'a str),
    /// Nothing says what its letters mean.
    Unmapped,
}

/// What a letter means.
#[derive(Default)]
pub(super) struct Read<'a> {
    pub observations: Vec<Observation>,
    pub facts: Vec<Fact>,
    pub placed: Option<Placed>,
    /// The pipeline that is to be run because of it.
    pub wanted: Option<&'a str>,
}

impl<'a> Reader<'a> {
    /// The reader of a pipeline's letters; `None` for one that takes none.
    ///
    /// # Errors
    /// [`crate::collect::CollectError::Store`].
    pub fn of(collecting: &Collecting<'_>, pipeline: &'a Pipeline) -> Result<Option<Reader<'a>>> {
        let name = pipeline.name.as_str();
        Ok(Some(match &pipeline.kind {
            PipelineKind::Cdevents(_) => Reader::Cdevents,
            PipelineKind::Events(_) => Reader::Events(events::Reader::new(collecting, name)),
            PipelineKind::Github(keys) => Reader::Github(name, github::Reader::new(collecting, name, keys)?),
            PipelineKind::Webhooks(keys) => {
                keys.runs.as_ref().map_or(Reader::Unmapped, |(pipeline, _)| Reader::Asks(pipeline))
            }
            _ if pipeline.webhooks().is_some() => Reader::Asks(name),
            _ => return Ok(None),
        }))
    }

    /// What one letter means. Rows of an `events` pipeline stay with the reader.
    ///
    /// # Errors
    /// A sentence that says why it cannot be read.
    pub fn read(&mut self, letter: Letter<'_>, received_at: DateTime<Utc>) -> Result<Read<'a>, String> {
        match self {
            Reader::Github(source, reader) => {
                let read = reader.read(letter, received_at).map_err(|error| error.to_string())?;
                let wanted = read.asks.then_some(*source);
                Ok(Read { observations: read.observations, wanted, ..Read::default() })
            }
            Reader::Cdevents => {
                let cdevents::Read { observations, facts, placed } = cdevents::read(letter)?;
                Ok(Read { observations, facts, placed, ..Read::default() })
            }
            Reader::Events(reader) => reader.read(letter, received_at).map(|()| Read::default()),
            Reader::Asks(pipeline) => Ok(Read { wanted: Some(pipeline), ..Read::default() }),
            Reader::Unmapped => Err("nothing says which table it is for".to_owned()),
        }
    }
}
