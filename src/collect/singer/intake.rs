//! Taking what a tap says, with memory that does not grow with it.
//!
//! One rule: records wait on disk until a state stands behind them.

use super::message::{Line, Message};
use super::records::{observations, of_stream};
use super::streams::Streams;
use super::{Cursor, Session};
use crate::collect::mapping::Misfit;
use crate::collect::observation::{Observation, Values};
use crate::collect::{CollectError, Result};
use crate::model::Table;
use crate::store::Refused;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Waiting records that are stored at the next state, bytes.
const ENOUGH: u64 = 8 << 20;
/// Garbage that is kept; more of it is counted.
const KEPT: usize = 100;

/// What a tap said since the last state that was stored.
pub(super) struct Intake<'s> {
    streams: &'s Streams,
    folder: PathBuf,
    waiting: BTreeMap<String, Waiting>,
    state: Option<Value>,
    /// Versions that an earlier run began: this one is not told every record of them.
    earlier: BTreeMap<String, i64>,
    versions: BTreeMap<String, Version>,
    garbage: Vec<Misfit>,
    garbage_count: usize,
    described: BTreeMap<String, Vec<String>>,
    unmapped: BTreeSet<String>,
    /// Some state was not kept, which was said.
    has_forgotten: bool,
}

/// Records of one stream on disk.
struct Waiting {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
    /// Up to the last state.
    settled: u64,
}

/// One version of a stream under way, with the keys of its rows by table.
struct Version {
    number: i64,
    /// Something that may be one of its rows was put aside: what it lacks is not known to be gone.
    is_uncertain: bool,
    keys: BTreeMap<&'static str, Vec<Values>>,
}

impl<'s> Intake<'s> {
    pub fn new(streams: &'s Streams, folder: &Path, earlier: BTreeMap<String, i64>) -> Intake<'s> {
        Intake {
            streams,
            folder: folder.to_owned(),
            waiting: BTreeMap::new(),
            state: None,
            earlier,
            versions: BTreeMap::new(),
            garbage: Vec::new(),
            garbage_count: 0,
            described: BTreeMap::new(),
            unmapped: BTreeSet::new(),
            has_forgotten: false,
        }
    }

    /// Takes one line.
    pub async fn hear(&mut self, session: &mut Session<'_, '_, Cursor>, line: Line) -> Result<()> {
        let message = match line.message() {
            Ok(message) => message,
            Err(misfit) => {
                self.garbage_count += 1;
                self.versions.values_mut().for_each(|version| version.is_uncertain = true);
                if self.garbage.len() < KEPT {
                    self.garbage.push(misfit);
                }
                return Ok(());
            }
        };
        match message {
            Message::Record { stream, record, version } => self.record(session, &stream, record, version).await?,
            Message::Schema { stream, properties } => self.describe(session, stream, properties),
            Message::State(state) => {
                self.state = Some(state);
                self.settle();
                if self.waiting.values().map(|it| it.bytes).sum::<u64>() >= ENOUGH {
                    self.store(session).await?;
                }
            }
            Message::ActivateVersion { stream, version } => self.activate(session, &stream, version).await?,
            Message::Other => {}
        }
        Ok(())
    }

    /// The end of what the tap says. Where it failed, what it said after its last state does not count.
    pub async fn end(mut self, session: &mut Session<'_, '_, Cursor>, is_well: bool) -> Result<()> {
        if is_well {
            self.settle();
        }
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.settled < waiting.bytes) {
            waiting.cut().map_err(|error| unwritten(&waiting.path, &error))?;
        }
        self.store(session).await?;
        for name in self.streams.names().filter(|name| is_well && !self.described.contains_key(*name)) {
            let line = format!("{}: the tap told nothing of stream {name}, which a mapping reads", session.source);
            session.collecting.progress.warn(&line);
        }
        put_aside(session, self.garbage)?;
        if self.garbage_count > KEPT {
            let line = format!("{}: {} more lines were no messages", session.source, self.garbage_count - KEPT);
            session.collecting.progress.warn(&line);
        }
        Ok(())
    }

    async fn record(
        &mut self,
        session: &mut Session<'_, '_, Cursor>,
        stream: &str,
        record: &str,
        version: Option<i64>,
    ) -> Result<()> {
        if self.streams.get(stream).is_none() {
            if self.unmapped.insert(stream.to_owned()) {
                tracing::info!("{}: stream {stream} has no mapping and is left out", session.source);
            }
            return Ok(());
        }
        if let Some(number) = version
            && self.versions.get(stream).is_none_or(|it| it.number != number)
        {
            // Keys are gathered by version: those of the one before are complete in the table.
            self.store_early(session).await?;
            self.versions.insert(stream.to_owned(), Version { number, is_uncertain: false, keys: BTreeMap::new() });
            session.cursor.begun.insert(stream.to_owned(), number);
        }
        if !self.waiting.contains_key(stream) {
            let path = self.folder.join(format!("records-{}.ndjson", self.waiting.len()));
            let file = File::create(&path).map_err(|error| unwritten(&path, &error))?;
            let waiting = Waiting { path, file: BufWriter::new(file), bytes: 0, settled: 0 };
            self.waiting.insert(stream.to_owned(), waiting);
        }
        if let Some(waiting) = self.waiting.get_mut(stream) {
            let line = record.replace(['\n', '\r'], " ");
            let written = writeln!(waiting.file, "{line}");
            written.map_err(|error| unwritten(&waiting.path, &error))?;
            waiting.bytes += line.len() as u64 + 1;
        }
        Ok(())
    }

    /// Says which columns a stream lacks that a statement reads, the first time and whenever that changed.
    fn describe(&mut self, session: &Session<'_, '_, Cursor>, stream: String, properties: Vec<String>) {
        if self.described.get(&stream) == Some(&properties) {
            return;
        }
        if let Some(known) = self.streams.get(&stream) {
            for line in known.missing(&stream, &properties) {
                session.collecting.progress.warn(&line);
            }
        }
        self.described.insert(stream, properties);
    }

    /// A state stands behind everything that was said.
    fn settle(&mut self) {
        for waiting in self.waiting.values_mut() {
            waiting.settled = waiting.bytes;
        }
    }

    /// Stores the rows of everything that was said, and no state: the tap will tell it again if this run ends here.
    async fn store_early(&mut self, session: &mut Session<'_, '_, Cursor>) -> Result<()> {
        let state = self.state.take();
        self.store(session).await?;
        self.state = state;
        Ok(())
    }

    /// Stores all waiting records, and with the last of them the state.
    async fn store(&mut self, session: &mut Session<'_, '_, Cursor>) -> Result<()> {
        for (name, waiting) in &mut self.waiting {
            if waiting.bytes == 0 {
                continue;
            }
            waiting.file.flush().map_err(|error| unwritten(&waiting.path, &error))?;
            let Some(stream) = self.streams.get(name) else { continue };
            let mut chunks = stream.reader.chunks(&self.folder, &waiting.path)?;
            while let Some((targets, misfits)) = chunks.next()? {
                if let (false, Some(version)) = (misfits.is_empty(), self.versions.get_mut(name)) {
                    version.is_uncertain = true;
                }
                put_aside(session, misfits.into_iter().map(|misfit| of_stream(name, misfit)).collect())?;
                for (table, columns) in stream.tables.iter().copied().zip(targets) {
                    for columns in columns {
                        let observed = observations(table, columns)?;
                        if let Some(version) = self.versions.get_mut(name) {
                            version
                                .keys
                                .entry(table.name)
                                .or_default()
                                .extend(observed.iter().map(|it| key(table, it)));
                        }
                        session.take(observed);
                        // With the cursor as it was: more is to come before the state.
                        session.checkpoint().await?;
                    }
                }
            }
            waiting.empty().map_err(|error| unwritten(&waiting.path, &error))?;
        }
        if let Some(state) = self.state.take() {
            if !session.collecting.erased.clean_json(&mut state.clone()) {
                session.cursor.state = Some(state);
            } else if !std::mem::replace(&mut self.has_forgotten, true) {
                let what = "the tap's state names somebody who was erased and is not kept";
                let line =
                    format!("{}: {what}; the next run is told again what came after the state before", session.source);
                session.collecting.progress.warn(&line);
            }
        }
        session.store().await
    }

    /// Rows that are of no record of the whole version are gone.
    async fn activate(&mut self, session: &mut Session<'_, '_, Cursor>, stream: &str, number: i64) -> Result<()> {
        self.store_early(session).await?;
        let before = session.cursor.versions.insert(stream.to_owned(), number);
        let told = self.versions.get(stream).filter(|version| version.number == number);
        let keys = told.map(|version| &version.keys);
        let is_seen_whole = before.is_some_and(|before| before != number)
            && self.earlier.get(stream) != Some(&number)
            && told.is_none_or(|version| !version.is_uncertain);
        if let (true, Some(known)) = (is_seen_whole, self.streams.get(stream)) {
            for table in &known.tables {
                if self.streams.tables().filter(|other| other.name == table.name).count() > 1 {
                    tracing::info!(
                        "{}: {} has rows of several streams and none is deleted",
                        session.source,
                        table.name
                    );
                    continue;
                }
                let keys = keys.and_then(|keys| keys.get(table.name)).map_or(&[][..], Vec::as_slice);
                session.take(whole(table, keys));
            }
        }
        session.store().await
    }
}

impl Waiting {
    /// Drops what was said after the last state.
    fn cut(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().set_len(self.settled)?;
        self.bytes = self.settled;
        Ok(())
    }

    fn empty(&mut self) -> io::Result<()> {
        self.file = BufWriter::new(File::create(&self.path)?);
        (self.bytes, self.settled) = (0, 0);
        Ok(())
    }
}

fn key(table: &'static Table, observation: &Observation) -> Values {
    let values = observation.subject().1;
    table.key.iter().filter_map(|name| Some(((*name).to_owned(), values.get(*name)?.clone()))).collect()
}

/// The complete list of a table's rows, as one list for each set of values of all key columns but the last.
fn whole(table: &'static Table, keys: &[Values]) -> Vec<Observation> {
    let last = table.key.last().copied().unwrap_or_default();
    let mut lists: BTreeMap<String, (Values, Vec<Value>)> = BTreeMap::new();
    // Also what is of no such set any more, as far as its last key column is not another's.
    let everything = lists.entry(String::new()).or_default();
    everything.1.extend(keys.iter().filter_map(|key| key.get(last).cloned()));
    for key in keys.iter().filter(|_| table.key.len() > 1) {
        let within: Values =
            key.iter().filter(|(name, _)| *name != last).map(|(name, value)| (name.clone(), value.clone())).collect();
        let list = lists.entry(serde_json::json!(within).to_string()).or_insert_with(|| (within, Vec::new()));
        list.1.extend(key.get(last).cloned());
    }
    let lists = lists.into_values();
    lists.map(|(within, keys)| Observation::Whole { table: table.name.to_owned(), within, keys }).collect()
}

fn put_aside(session: &mut Session<'_, '_, Cursor>, misfits: Vec<Misfit>) -> Result<()> {
    let (source, at) = (session.source, session.collecting.ambient.now());
    let refused = misfits.into_iter().map(|Misfit { place, reason, words }| Refused {
        source: source.to_owned(),
        place,
        reason,
        at,
        words,
    });
    session.collecting.put_aside(&refused.collect::<Vec<_>>())
}

fn unwritten(path: &Path, error: &io::Error) -> CollectError {
    CollectError::Source { path: path.to_owned(), message: error.to_string() }
}
