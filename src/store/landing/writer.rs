//! The one thread that writes: it takes whatever waits as one batch, writes it, and answers after one fsync.
//!
//! Being alone it needs no lock, and what it answers about a delivery cannot be overtaken by another delivery.

use super::disk::{Disk, DiskFile};
use super::frame::{self, SEGMENT_HEADER_BYTES};
use super::keys::{self, KeyHash, Keys};
use super::recovery::Recovered;
use super::segment::{self, Segment};
use super::{LandingError, Limits, Result};
use crate::store::{Delivery, Outcome, State};
use std::collections::HashSet;
use std::io::{self, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// A batch is closed when it has reached this size, so that the first in it does not wait for the many behind.
const BATCH_BYTES: usize = 4 << 20;

/// What the thread is asked for, in the order of asking.
pub(super) enum Request {
    Append(Append),
    /// Seal the open segment and name all that are sealed, in order.
    Seal(oneshot::Sender<Vec<Segment>>),
    /// The segment is removed.
    Forget(u64),
    Stop,
}

/// One record to take.
pub(super) struct Append {
    pub(super) delivery: Option<Delivery>,
    pub(super) record: Vec<u8>,
    pub(super) answer: oneshot::Sender<Result<Outcome>>,
    /// The room it takes in the queue, given back when it is answered.
    pub(super) _room: OwnedSemaphorePermit,
}

/// The state of the thread.
pub(super) struct Writer {
    disk: Arc<dyn Disk>,
    state: State,
    limits: Limits,
    sealed: Vec<Segment>,
    keys: Keys,
    next: u64,
    open: Option<Open>,
    /// Why nothing is taken any more.
    refusal: Option<(PathBuf, Arc<io::Error>)>,
    batch: Vec<u8>,
}

/// The segment that is written to.
struct Open {
    file: Box<dyn DiskFile>,
    number: u64,
    /// Its length as far as it is durable.
    bytes: u64,
}

/// A write that did not succeed.
struct Failure {
    path: PathBuf,
    source: Arc<io::Error>,
}

impl Writer {
    pub(super) fn new(disk: Arc<dyn Disk>, state: State, limits: Limits, recovered: Recovered) -> Writer {
        let Recovered { segments: sealed, keys, next } = recovered;
        Writer { disk, state, limits, sealed, keys, next, open: None, refusal: None, batch: Vec::new() }
    }

    /// Serves until it is told to stop.
    pub(super) fn run(mut self, mut requests: UnboundedReceiver<Request>) {
        let mut next = requests.blocking_recv();
        while let Some(request) = next.take() {
            match request {
                Request::Append(first) => {
                    let mut bytes = first.record.len();
                    let mut appends = vec![first];
                    while bytes < BATCH_BYTES && next.is_none() {
                        match requests.try_recv() {
                            Ok(Request::Append(append)) => {
                                bytes += append.record.len();
                                appends.push(append);
                            }
                            Ok(other) => next = Some(other),
                            Err(_) => break,
                        }
                    }
                    self.take(appends);
                }
                // Nobody waits for the answer when the caller was cancelled.
                Request::Seal(answer) => drop(answer.send(self.seal())),
                Request::Forget(number) => {
                    self.sealed.retain(|segment| segment.number != number);
                    self.keys.forget(number);
                }
                Request::Stop => return,
            }
            next = next.or_else(|| requests.blocking_recv());
        }
    }

    fn take(&mut self, appends: Vec<Append>) {
        let mut new: Vec<(Append, Option<KeyHash>)> = Vec::new();
        let mut taken = HashSet::new();
        let mut again = Vec::new();
        for append in appends {
            let hash = append.delivery.as_ref().map(keys::hash);
            match self.judge(append.delivery.as_ref(), hash.as_ref(), &taken) {
                Ok(Novelty::New) => {
                    taken.extend(hash);
                    new.push((append, hash));
                }
                Ok(Novelty::InThisBatch) => again.push(append),
                Ok(Novelty::Durable) => answer(append, Ok(Outcome::AlreadyThere)),
                Err(error) => answer(append, Err(error)),
            }
        }
        if new.is_empty() {
            return;
        }
        let written = self.write(&new);
        for (append, _) in new {
            answer(append, written.as_ref().map(|()| Outcome::Written).map_err(Failure::error));
        }
        for append in again {
            answer(append, written.as_ref().map(|()| Outcome::AlreadyThere).map_err(Failure::error));
        }
    }

    /// Whether a record was not taken before and may be now.
    fn judge(&self, delivery: Option<&Delivery>, hash: Option<&KeyHash>, taken: &HashSet<KeyHash>) -> Result<Novelty> {
        if let Some((path, source)) = &self.refusal {
            return Err(LandingError::Refused { path: path.clone(), source: source.clone() });
        }
        let (Some(delivery), Some(hash)) = (delivery, hash) else { return Ok(Novelty::New) };
        if taken.contains(hash) {
            return Ok(Novelty::InThisBatch);
        }
        if self.keys.contains(hash) || self.state.has_delivery(&delivery.source, &delivery.key)? {
            return Ok(Novelty::Durable);
        }
        let waiting = self.keys.len() + taken.len();
        if waiting >= self.limits.waiting_deliveries {
            return Err(LandingError::Behind { waiting });
        }
        Ok(Novelty::New)
    }

    /// Makes the records durable, or leaves the segment as it was.
    fn write(&mut self, appends: &[(Append, Option<KeyHash>)]) -> Result<(), Failure> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.create()?,
        };
        self.batch.clear();
        for (append, _) in appends {
            frame::encode(&mut self.batch, open.number, open.bytes, append.delivery.as_ref(), &append.record);
        }
        let written = open.append(&self.batch);
        self.batch.shrink_to(BATCH_BYTES);
        let path = self.disk.path(&segment::name(open.number));
        let result = match written {
            Ok(()) => {
                appends.iter().filter_map(|(_, hash)| *hash).for_each(|hash| self.keys.insert(open.number, hash));
                Ok(())
            }
            Err(source) => {
                if let Err(source) = open.cut_back() {
                    self.refusal = Some((path.clone(), Arc::new(source)));
                }
                Err(Failure { path, source: Arc::new(source) })
            }
        };
        let is_full = open.bytes >= self.limits.segment_bytes;
        self.open = Some(open);
        if is_full {
            self.seal();
        }
        result
    }

    /// A new segment whose header and name are durable.
    ///
    /// After a failure the same number is tried again: the file then holds nothing, and nobody was told of it.
    fn create(&mut self) -> Result<Open, Failure> {
        let name = segment::name(self.next);
        let create = || {
            let mut file = self.disk.create(&name)?;
            file.write_all(&frame::segment_header(self.next))?;
            file.sync()?;
            self.disk.sync_names()?;
            Ok(file)
        };
        let file = create().map_err(|source| Failure { path: self.disk.path(&name), source: Arc::new(source) })?;
        let open = Open { file, number: self.next, bytes: SEGMENT_HEADER_BYTES };
        self.next += 1;
        Ok(open)
    }

    /// The sealed segments. The open one joins them if it has records, and if nothing but them: bytes that could not be cut
    /// back might be found valid at the next opening, after the segment was applied without them.
    fn seal(&mut self) -> Vec<Segment> {
        let is_clean = self.refusal.is_none();
        if let Some(open) = self.open.take_if(|open| is_clean && open.bytes > SEGMENT_HEADER_BYTES) {
            self.sealed.push(Segment { disk: self.disk.clone(), number: open.number, bytes: open.bytes });
        }
        self.sealed.clone()
    }
}

impl Open {
    fn append(&mut self, batch: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.bytes))?;
        self.file.write_all(batch)?;
        self.file.sync()?;
        self.bytes += batch.len() as u64;
        Ok(())
    }

    fn cut_back(&mut self) -> io::Result<()> {
        self.file.set_length(self.bytes)?;
        self.file.sync()
    }
}

impl Failure {
    fn error(&self) -> LandingError {
        LandingError::Write { path: self.path.clone(), source: self.source.clone() }
    }
}

/// What the writer knows of a record's delivery.
enum Novelty {
    New,
    InThisBatch,
    Durable,
}

fn answer(append: Append, result: Result<Outcome>) {
    // A caller that was cancelled does not hear that its record was taken; it is taken all the same.
    drop(append.answer.send(result));
}
