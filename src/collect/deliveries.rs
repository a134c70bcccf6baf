//! Deliveries: what a door took and acknowledged is brought into the tables, in the order it was taken.
//!
//! One rule: a segment leaves the log only when every table has taken its rows. The segment's number is the version of the
//! application transaction, so that a process that dies anywhere carries it out again to the same tables.

mod reader;
#[cfg(test)]
mod tests;

use self::reader::{Read, Reader};
use super::cdevents::{self, Fact, Folded, Placed};
use super::observation::Observation;
use super::{Collecting, Result, apply, events, github};
use crate::model;
use crate::project::{Pipeline, PipelineKind};
use crate::store::landing::{Landing, LandingError, Limits, Record, Segment};
use crate::store::{Delivery, Mark, Outcome, Refused, State, Store};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How long a delivery that comes again is known. GitHub redelivers for three days.
const REMEMBERED: TimeDelta = TimeDelta::days(7);

/// Segments that are brought in before the tables are looked at for small files again. A look lists all files.
const COMPACTED_AFTER: usize = 64;

/// One delivery as it came: its kind in the sender's words, and the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter<'a> {
    /// Without line breaks.
    pub event: &'a str,
    pub body: &'a [u8],
}

impl<'a> Letter<'a> {
    fn of(record: &'a [u8]) -> Option<Letter<'a>> {
        let end = record.iter().position(|byte| *byte == b'\n')?;
        Some(Letter { event: std::str::from_utf8(&record[..end]).ok()?, body: &record[end + 1..] })
    }

    fn to_record(self) -> Vec<u8> {
        [self.event.as_bytes(), b"\n", self.body].concat()
    }
}

/// The deliveries of a project's pipelines, between the doors and the tables.
pub struct Deliveries {
    landing: Landing,
    pipelines: BTreeMap<String, Pipeline>,
    wanted: Mutex<Wanted>,
    /// Something was taken since the log was last looked at.
    has_news: AtomicBool,
    /// Segments that were brought in.
    applied: AtomicUsize,
}

/// Pipelines that were told something that only their source can answer.
struct Wanted {
    /// Where they are noted until they were run, so that a process that dies before has not forgotten them.
    state: State,
    now: BTreeSet<String>,
}

/// What the letters of one source in one segment mean.
#[derive(Default)]
struct Meaning {
    observations: Vec<Observation>,
    facts: Vec<Fact>,
    placed: Vec<Placed>,
    rows: Option<events::Reader>,
    refused: Vec<Refused>,
    /// When the newest of them came in, which is when all of them are said to have been stored.
    at: DateTime<Utc>,
}

impl Deliveries {
    /// The deliveries of these pipelines, in the log of a data folder.
    ///
    /// # Errors
    /// [`LandingError`], such as when another process takes deliveries into the folder.
    pub fn open(store: &Store, pipelines: impl IntoIterator<Item = Pipeline>) -> Result<Deliveries, LandingError> {
        let landing = Landing::open(store, Limits::default())?;
        let pipelines = pipelines.into_iter().map(|pipeline| (pipeline.name.clone(), pipeline)).collect();
        // What was taken before and not brought in.
        let has_news = AtomicBool::new(true);
        let state = store.state()?;
        let wanted = Mutex::new(Wanted { now: state.wanted()?, state });
        Ok(Deliveries { landing, pipelines, wanted, has_news, applied: AtomicUsize::default() })
    }

    /// Takes a letter unless it came before. It is on disk when this returns.
    ///
    /// # Errors
    /// [`LandingError`]; then it was not taken.
    pub async fn take(&self, delivery: Delivery, letter: Letter<'_>) -> Result<Outcome, LandingError> {
        let taken = self.landing.append_once(delivery, letter.to_record()).await;
        // Also after a failure, of which it is not always known what it left.
        self.has_news.store(true, Ordering::Release);
        taken
    }

    /// Whether anything may wait for the tables. To look closer would close a segment.
    pub(super) fn has_news(&self) -> bool {
        self.has_news.load(Ordering::Acquire)
    }

    /// The pipelines that are to be run because of what was told.
    pub(super) fn wanted(&self) -> BTreeSet<String> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).now.clone()
    }

    /// A pipeline is to be run.
    ///
    /// # Errors
    /// [`super::CollectError::Store`] when that cannot be noted.
    pub(super) fn want(&self, pipeline: &str) -> Result<()> {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if !wanted.now.contains(pipeline) {
            wanted.state.put_wanted(pipeline, true)?;
            wanted.now.insert(pipeline.to_owned());
        }
        Ok(())
    }

    /// A run of a pipeline begins: what is told from now on may be news to it.
    pub(super) fn begin_wanted(&self, pipeline: &str) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).now.remove(pipeline);
    }

    /// A run of a pipeline has ended well, and what was told before it is answered.
    ///
    /// # Errors
    /// [`super::CollectError::Store`] when that cannot be noted; then it may be run once more than it need be.
    pub(super) fn end_wanted(&self, pipeline: &str) -> Result<()> {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if !wanted.now.contains(pipeline) {
            wanted.state.put_wanted(pipeline, false)?;
        }
        Ok(())
    }

    /// Brings what waits into the tables, a segment at a time.
    ///
    /// # Errors
    /// [`super::CollectError`]; what was not brought in is offered again.
    pub(super) async fn apply(&self, collecting: &mut Collecting<'_>) -> Result<()> {
        self.has_news.store(false, Ordering::Release);
        let brought = self.apply_waiting(collecting).await;
        if brought.is_err() {
            self.has_news.store(true, Ordering::Release);
        }
        brought
    }

    async fn apply_waiting(&self, collecting: &mut Collecting<'_>) -> Result<()> {
        for segment in self.landing.seal().await? {
            for (source, meaning) in self.read(collecting, &segment)? {
                self.bring(collecting, &source, segment.number(), meaning).await?;
            }
            self.landing.remove(&segment, collecting.ambient.now() - REMEMBERED).await?;
            if self.applied.fetch_add(1, Ordering::Relaxed) % COMPACTED_AFTER == COMPACTED_AFTER - 1 {
                for table in model::TABLES {
                    collecting.compact(table).await?;
                }
            }
        }
        Ok(())
    }

    /// Brings what the letters of one source mean into the tables.
    async fn bring(&self, collecting: &mut Collecting<'_>, source: &str, segment: u64, meaning: Meaning) -> Result<()> {
        let Meaning { mut observations, facts, placed, rows, mut refused, at } = meaning;
        self.put_origin(collecting, source)?;
        let mark = Mark { application: format!("landing:{source}"), version: segment.cast_signed() };
        let folded = cdevents::fold(collecting, source, &facts, &placed, &observations).await?;
        let Folded { observations: rows_of_facts, whole, homeless } = folded;
        observations.extend(rows_of_facts);
        refused.extend(homeless.into_iter().map(|(placed, reason)| Refused {
            source: source.to_owned(),
            place: format!("event {} (service {})", placed.id, placed.status),
            reason,
            at,
            words: placed.service.into_bytes(),
        }));
        let host = self.pipelines.get(source).and_then(|pipeline| match &pipeline.kind {
            PipelineKind::Github(keys) => Some(github::accounts_host(keys)),
            _ => None,
        });
        collecting.put_aside(&refused)?;
        apply::drop_known(collecting, source, &mut observations).await?;
        apply::apply(collecting, source, host.as_deref(), &mark, at, observations).await?;
        if let Some(rows) = rows {
            rows.write(collecting, &mark).await?;
        }
        // The tables have it.
        Ok(collecting.state.drop_partial(&whole)?)
    }

    /// A source that was never asked is one all the same.
    fn put_origin(&self, collecting: &Collecting<'_>, source: &str) -> Result<()> {
        let Some(pipeline) = self.pipelines.get(source) else { return Ok(()) };
        let (kind, address) = match &pipeline.kind {
            PipelineKind::Cdevents(_) => ("cdevents", format!("/api/v1/cdevents/{source}")),
            PipelineKind::Events(_) => ("events", "/api/v1/events".to_owned()),
            PipelineKind::Github(keys) => ("github", github::address(keys)),
            PipelineKind::Webhooks(_) => ("webhooks", format!("/api/v1/webhooks/{source}")),
            // Collecting says where it is.
            _ => return Ok(()),
        };
        let is_known = collecting.state.origins()?.iter().any(|it| it.source == source);
        if is_known { Ok(()) } else { collecting.put_origin(source, kind, address, false) }
    }

    /// What the letters of a segment mean, by source.
    fn read(&self, collecting: &Collecting<'_>, segment: &Segment) -> Result<BTreeMap<String, Meaning>> {
        let mut meanings: BTreeMap<String, Meaning> = BTreeMap::new();
        let mut readers: BTreeMap<String, Option<Reader<'_>>> = BTreeMap::new();
        for record in segment.records()? {
            let Record { delivery, bytes, .. } = record?;
            let (Some(delivery), Some(letter)) = (delivery, Letter::of(&bytes)) else { continue };
            let reader = match readers.entry(delivery.source.clone()) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let pipeline = self.pipelines.get(&delivery.source);
                    entry.insert(pipeline.map(|pipeline| Reader::of(collecting, pipeline)).transpose()?.flatten())
                }
            };
            let meaning = meanings.entry(delivery.source.clone()).or_default();
            meaning.at = meaning.at.max(delivery.received_at);
            let read = match reader {
                Some(reader) => reader.read(letter, delivery.received_at),
                // Somebody was told that it is kept.
                None => Err("no pipeline of this name takes deliveries any more".to_owned()),
            };
            match read {
                Ok(Read { observations, facts, placed, wanted }) => {
                    meaning.observations.extend(observations);
                    meaning.facts.extend(facts);
                    meaning.placed.extend(placed);
                    if let Some(pipeline) = wanted {
                        self.want(pipeline)?;
                    }
                }
                Err(reason) => meaning.refused.push(Refused {
                    place: format!("delivery {} ({})", delivery.key, letter.event),
                    reason,
                    at: delivery.received_at,
                    words: letter.body.to_vec(),
                    source: delivery.source,
                }),
            }
        }
        for (source, reader) in readers {
            if let (Some(Reader::Events(rows)), Some(meaning)) = (reader, meanings.get_mut(&source)) {
                meaning.rows = Some(rows);
            }
        }
        Ok(meanings)
    }
}
