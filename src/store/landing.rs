//! The landing log: what doors have answered with 2xx is in these files, fsynced, until the tables have taken it.
//!
//! One rule: nothing is acknowledged before its bytes are on disk, and nothing is removed before it is applied.
//!
//! Doors call [`Landing::append`] or [`Landing::append_once`]. The applier calls [`Landing::seal`], reads each segment's
//! records in order, commits the rows with the segment's number as the version of the application transaction
//! ([`super::Mark`]), and calls [`Landing::remove`]. Whatever moment the process dies, the same segment is offered again
//! with the same records, and a table that has taken it says so.

mod disk;
mod frame;
mod keys;
mod recovery;
mod segment;
#[cfg(test)]
mod tests;
mod writer;

use super::{Delivery, Lock, Outcome, State, Store, StoreError};
use chrono::{DateTime, Utc};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, oneshot};

pub use frame::Position;
pub use segment::{Record, Records, Segment};

use disk::{Disk, Folder};
use frame::{MAX_KEY_BYTES, MAX_RECORD_BYTES};
use writer::{Append, Request, Writer};

/// What a waiting record takes in memory beside its own bytes, rounded up.
const WAITING_BYTES: usize = 512;

/// What can go wrong in the landing log.
#[derive(Debug, thiserror::Error)]
pub enum LandingError {
    #[error("{what} of {bytes} bytes is larger than the limit of {limit} bytes; it was not taken")]
    TooLarge { what: &'static str, bytes: usize, limit: usize },
    #[error(
        "records that wait for the disk fill the {limit} bytes there are for them; nothing was taken, try again later"
    )]
    Full { limit: usize },
    #[error("{waiting} deliveries wait to be applied to the tables; nothing was taken, try again when some are")]
    Behind { waiting: usize },
    #[error("{path}: {source}; the record was not taken, try again when the disk has space and works")]
    Write { path: PathBuf, source: Arc<io::Error> },
    #[error(
        "{path}: a failed write could not be undone: {source}; nothing is taken until the disk works and the program is \
         started again"
    )]
    Refused { path: PathBuf, source: Arc<io::Error> },
    #[error(
        "{path}: byte {offset}: {reason}; acknowledged records cannot be read: restore the file from a copy, or move it out \
         of the folder to give them up"
    )]
    Damaged { path: PathBuf, offset: u64, reason: String },
    #[error("segment {number} cannot be removed before segment {oldest} is; apply segments in their order")]
    OutOfOrder { number: u64, oldest: u64 },
    #[error("the landing log has stopped; start the program again")]
    Stopped,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The result of an operation of the landing log.
pub type Result<T, E = LandingError> = std::result::Result<T, E>;

/// What a log holds at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A segment that has reached this size is sealed.
    pub segment_bytes: u64,
    /// The largest record; at most 1 GiB.
    pub record_bytes: usize,
    /// Memory for records that wait for the disk; at least one record of the largest size fits.
    pub queued_bytes: usize,
    /// Deliveries with a key that wait to be applied; each takes about 64 bytes of memory.
    pub waiting_deliveries: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            segment_bytes: 16 << 20,
            record_bytes: 32 << 20,
            queued_bytes: 64 << 20,
            waiting_deliveries: 1_000_000,
        }
    }
}

/// The open log of a data folder. Dropping it waits for what is being written.
pub struct Landing {
    requests: UnboundedSender<Request>,
    room: Arc<Semaphore>,
    limits: Limits,
    /// For removals; nothing once the log is dropped.
    state: Arc<Mutex<Option<State>>>,
    writer: Option<JoinHandle<()>>,
    /// Given back last, when nothing writes any more.
    _lock: Option<Lock>,
}

impl Landing {
    /// Opens the log of a data folder, creating it when missing. Reads all that waits to be applied, on this thread.
    ///
    /// The log has a lock of its own, so that others may write into the tables while a server takes deliveries.
    ///
    /// # Errors
    /// [`LandingError::Damaged`] when acknowledged records cannot be read, and [`StoreError`] in [`LandingError::Store`],
    /// such as [`StoreError::InUse`] when another process takes deliveries into this folder.
    pub fn open(store: &Store, limits: Limits) -> Result<Landing> {
        // The state comes first: a folder without one is not taken for a data folder.
        let (state, lookups) = (store.state()?, store.state()?);
        let path = store.root().join("landing");
        let folder = Folder::open(path.clone())?;
        let lock = Lock::take(&path)?;
        Landing::on(Arc::new(folder), state, lookups, limits, Some(lock))
    }

    fn on(
        disk: Arc<dyn Disk>,
        state: State,
        lookups: State,
        mut limits: Limits,
        lock: Option<Lock>,
    ) -> Result<Landing> {
        limits.record_bytes = limits.record_bytes.min(MAX_RECORD_BYTES);
        let largest = limits.record_bytes + 2 * MAX_KEY_BYTES + WAITING_BYTES;
        limits.queued_bytes = limits.queued_bytes.clamp(largest, Semaphore::MAX_PERMITS);
        let recovered = recovery::recover(&disk, state.removed_segment()?)?;
        let place = disk.path("");
        let writer = Writer::new(disk, lookups, limits, recovered);
        let (requests, receiver) = unbounded_channel();
        let writer = std::thread::Builder::new().name("landing".to_owned()).spawn(move || writer.run(receiver));
        let writer = Some(writer.map_err(|source| StoreError::Io { path: place, source })?);
        let room = Arc::new(Semaphore::new(limits.queued_bytes));
        Ok(Landing { requests, room, limits, state: Arc::new(Mutex::new(Some(state))), writer, _lock: lock })
    }

    /// Takes a record. It is on disk when this returns; when the future is dropped before, it may or may not be.
    ///
    /// # Errors
    /// [`LandingError::TooLarge`], [`LandingError::Full`], [`LandingError::Write`] or [`LandingError::Refused`]; then the
    /// record was not taken.
    pub async fn append(&self, record: Vec<u8>) -> Result<()> {
        self.take(None, record).await.map(|_| ())
    }

    /// Takes a record unless one with the same source and key was taken before and is still remembered. Either way one is
    /// on disk when this returns.
    ///
    /// # Errors
    /// As [`Landing::append`], and [`LandingError::Behind`], and [`StoreError::Sqlite`] when it cannot be known whether
    /// the delivery was taken before.
    pub async fn append_once(&self, delivery: Delivery, record: Vec<u8>) -> Result<Outcome> {
        self.take(Some(delivery), record).await
    }

    async fn take(&self, delivery: Option<Delivery>, record: Vec<u8>) -> Result<Outcome> {
        let mut queued_bytes = record.len() + WAITING_BYTES;
        check_length("a record", record.len(), self.limits.record_bytes)?;
        if let Some(delivery) = &delivery {
            check_length("the source of a delivery", delivery.source.len(), MAX_KEY_BYTES)?;
            check_length("the key of a delivery", delivery.key.len(), MAX_KEY_BYTES)?;
            queued_bytes += delivery.source.len() + delivery.key.len();
        }
        let full = LandingError::Full { limit: self.limits.queued_bytes };
        let Ok(permits) = u32::try_from(queued_bytes) else { return Err(full) };
        let Ok(room) = self.room.clone().try_acquire_many_owned(permits) else { return Err(full) };
        let (answer, answered) = oneshot::channel();
        self.request(Request::Append(Append { delivery, record, answer, _room: room }))?;
        answered.await.map_err(|_| LandingError::Stopped)?
    }

    /// Seals the open segment if it has records, and returns all segments that wait to be applied, in order.
    ///
    /// # Errors
    /// [`LandingError::Stopped`].
    pub async fn seal(&self) -> Result<Vec<Segment>> {
        let (answer, answered) = oneshot::channel();
        self.request(Request::Seal(answer))?;
        answered.await.map_err(|_| LandingError::Stopped)
    }

    /// Removes the oldest segment, which the tables have taken. Its deliveries are remembered until one is removed with a
    /// `forget_before` after they were received, such as 30 days ago. Removing twice is the same as once.
    ///
    /// # Errors
    /// [`LandingError::OutOfOrder`], [`LandingError::Damaged`], or [`StoreError`] in [`LandingError::Store`]; then it may be
    /// tried again. A segment of which only the file could not be deleted is not offered again, and the next opening
    /// deletes the file.
    pub async fn remove(&self, segment: &Segment, forget_before: DateTime<Utc>) -> Result<()> {
        let (state, requests, segment) = (self.state.clone(), self.requests.clone(), segment.clone());
        // On its own thread also when the future is dropped, so that the writer always hears of a removal.
        let removal = tokio::task::spawn_blocking(move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            note_removed(state.as_mut().ok_or(LandingError::Stopped)?, &segment, forget_before)?;
            requests.send(Request::Forget(segment.number)).map_err(|_| LandingError::Stopped)?;
            delete(&segment)
        });
        removal.await.map_err(|_| LandingError::Stopped)?
    }

    fn request(&self, request: Request) -> Result<()> {
        self.requests.send(request).map_err(|_| LandingError::Stopped)
    }
}

impl Store {
    /// Whether doors ever took anything into this folder.
    pub fn has_landing(&self) -> bool {
        self.root().join("landing").is_dir()
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // Waits for a removal that was not waited for.
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // Both fail only when the thread has panicked before, of which every caller has heard.
        drop(self.request(Request::Stop));
        drop(self.writer.take().map(JoinHandle::join));
    }
}

/// From here on a segment is removed, whatever becomes of its file.
fn note_removed(state: &mut State, segment: &Segment, forget_before: DateTime<Utc>) -> Result<()> {
    let removed = state.removed_segment()?;
    if segment.number <= removed {
        return Ok(());
    }
    let disk = &*segment.disk;
    let numbers = segment::numbers(disk).map_err(|source| StoreError::Io { path: disk.path(""), source })?;
    if let Some(oldest) = numbers.into_iter().find(|number| *number > removed && *number < segment.number) {
        return Err(LandingError::OutOfOrder { number: segment.number, oldest });
    }
    let deliveries = segment.records()?.filter_map(|record| match record {
        Ok(record) => record.delivery.map(Ok),
        Err(error) => Some(Err(error)),
    });
    state.put_removed_segment(segment.number, deliveries, forget_before)
}

/// The name need not be gone durably: the next opening deletes it again.
fn delete(segment: &Segment) -> Result<()> {
    let name = segment::name(segment.number);
    match segment.disk.remove(&name) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Io { path: segment.disk.path(&name), source }.into())
        }
        _ => Ok(()),
    }
}

fn check_length(what: &'static str, bytes: usize, limit: usize) -> Result<()> {
    if bytes > limit { Err(LandingError::TooLarge { what, bytes, limit }) } else { Ok(()) }
}
