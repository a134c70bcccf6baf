//! `type = "singer"`: a tap prints records of streams, which SQL makes rows of tables.
//! <https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md>
//!
//! One rule: the tap's state is stored with the rows of what was told before it, and never ahead of them. What is told after the
//! last state of a tap that fails is dropped: the next run is told it again.

mod catalog;
mod intake;
mod message;
mod records;
mod streams;

use self::intake::Intake;
use self::message::read_lines;
use self::streams::Streams;
use super::command::{Scratch, private_folder};
use super::program::start;
use super::sample::Sample;
use super::session::Session;
use super::{CollectError, Collecting, Result};
use crate::project::SingerPipeline;
use crate::store::ErasedWords;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Parts of what a tap prints that wait to be taken.
const AHEAD: usize = 4;

/// Where a tap was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// What it said last, given back to it by `--state`.
    state: Option<Value>,
    /// The version of each stream that was told to be the whole one.
    versions: BTreeMap<String, i64>,
    /// The version of each stream of which records were told last.
    begun: BTreeMap<String, i64>,
    /// Hash of the statements that made rows of what was told until then.
    mapping: String,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &SingerPipeline,
    folder: &Path,
) -> Result<()> {
    collecting.put_origin(source, "singer", keys.program.run.join(" "), false)?;
    let streams = Streams::of(&keys.map).await.map_err(CollectError::File)?;
    let place = Place::new(collecting.store.spool().join(source))?;
    collecting.state.forget_refused(source, |place| place.starts_with(message::OUTPUT))?;
    let mut session = Session::<Cursor>::begin(collecting, source, format!("singer:{source}"), None).await?;
    if session.cursor.mapping != streams.hash {
        // Other statements are owed everything: the tap begins anew.
        session.cursor = Cursor { mapping: streams.hash.clone(), ..Cursor::default() };
        session.collecting.state.forget_refused(source, |place| place.starts_with(records::STREAM))?;
    }
    let arguments = place.arguments(keys, folder, session.cursor.state.as_ref()).await?;
    let (mut running, printed) = start(&keys.program, folder, &arguments)?;
    let guard = running.guard();
    session.collecting.progress.stage(&format!("running {}", keys.program.run[0]), None);
    let (give, mut take) = tokio::sync::mpsc::channel(AHEAD);
    let work = move || {
        let read = read_lines(printed, |lines| give.blocking_send(lines).is_ok());
        drop(give);
        read.map_err(|error| CollectError::Stopped(error.to_string())).and_then(|()| running.finish())
    };
    let ended = tokio::task::spawn_blocking(work);
    let mut intake = Intake::new(&streams, &place.0, session.cursor.begun.clone());
    while let Some(lines) = take.recv().await {
        for line in lines {
            intake.hear(&mut session, line).await?;
        }
    }
    let ended = ended.await.map_err(|error| CollectError::Stopped(error.to_string()))?;
    guard.disarm();
    intake.end(&mut session, ended.is_ok()).await?;
    ended
}

/// Takes the state of a tap out of a plan where it names somebody who was erased; then the tap begins anew. A state with a mark
/// in place of a word would be one that the tap never said.
pub(super) fn forget_state(plan: &mut Value, erased: &ErasedWords) {
    if let Some(state) = plan.pointer_mut("/cursor/state")
        && erased.clean_json(&mut state.clone())
    {
        *state = Value::Null;
    }
}

/// A folder of one run's files, removed at the end: configurations hold secrets, and records name people.
struct Place(PathBuf);

impl Place {
    fn new(path: PathBuf) -> Result<Place> {
        std::fs::remove_dir_all(&path).ok();
        let made = private_folder(&path);
        made.map_err(|error| CollectError::Source { path: path.clone(), message: error.to_string() })?;
        Ok(Place(path))
    }

    /// What the tap is told on its command line.
    async fn arguments(&self, keys: &SingerPipeline, folder: &Path, state: Option<&Value>) -> Result<Vec<String>> {
        let wrong = |message: String| CollectError::Source { path: PathBuf::from(&keys.program.run[0]), message };
        let mut arguments = Vec::new();
        if let Some(config) = keys.config(folder).map_err(wrong)? {
            arguments.extend(["--config".to_owned(), self.write("config.json", &config)?]);
        }
        if let Some(catalog) = &keys.catalog {
            let path = std::path::absolute(folder.join(catalog)).map_err(|error| wrong(error.to_string()))?;
            arguments.extend(["--catalog".to_owned(), path.to_string_lossy().into_owned()]);
        } else if !keys.select.is_empty() {
            let catalog = catalog::selected(keys, folder, &arguments).await?;
            arguments.extend(["--catalog".to_owned(), self.write("catalog.json", &catalog)?]);
        }
        if let Some(state) = state {
            arguments.extend(["--state".to_owned(), self.write("state.json", &state.to_string())?]);
        }
        Ok(arguments)
    }

    fn write(&self, name: &str, text: &str) -> Result<String> {
        let path = self.0.join(name);
        let written = std::fs::write(&path, text).and_then(|()| std::path::absolute(&path));
        let path = written.map_err(|error| CollectError::Source { path: path.clone(), message: error.to_string() })?;
        Ok(path.to_string_lossy().into_owned())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The first rows of each table, of the first records that the tap tells; then it is ended.
pub(super) async fn sample(keys: &SingerPipeline, folder: &Path, rows: usize, sample: &mut Sample) -> Result<()> {
    let streams = Streams::of(&keys.map).await.map_err(CollectError::File)?;
    let scratch = Scratch::new()?;
    let place = Place::new(scratch.0.join("tap"))?;
    let arguments = place.arguments(keys, folder, None).await?;
    let (mut running, printed) = start(&keys.program, folder, &arguments)?;
    let guard = running.guard();
    let (give, mut take) = tokio::sync::mpsc::channel(AHEAD);
    let work = move || {
        let read = read_lines(printed, |lines| give.blocking_send(lines).is_ok());
        // Where enough was read it was ended, and how does not matter.
        if read.is_ok() && !give.is_closed() { running.finish() } else { Ok(()) }
    };
    let ended = tokio::task::spawn_blocking(work);
    while streams.tables().any(|table| sample.rows_of(table) < rows) {
        let Some(lines) = take.recv().await else { break };
        for line in lines {
            if let Err(misfit) = records::show(&streams, &line, rows, sample)? {
                sample.put_aside(vec![misfit]);
            }
        }
    }
    let is_enough = streams.tables().all(|table| sample.rows_of(table) >= rows);
    drop(take);
    if is_enough {
        drop(guard);
    } else {
        guard.disarm();
    }
    ended.await.map_err(|error| CollectError::Stopped(error.to_string()))?
}
