//! Opening a folder of segments after whatever ended the process before.
//!
//! Only the newest segment can end in bytes that were never acknowledged: a new one is begun only when all of the one before
//! is durable. There, the last batch may be torn anywhere; what is before it is proved durable by the batch itself.

use super::disk::{Disk, DiskFile};
use super::frame::{FRAME_HEADER_BYTES, FrameHeader, Position, SEGMENT_HEADER_BYTES};
use super::keys::{self, Keys};
use super::segment::{self, Records, Segment};
use super::{LandingError, Result};
use crate::store::StoreError;
use std::io::{self, SeekFrom};
use std::sync::Arc;

/// Bytes that are searched at a time.
const SCAN_BYTES: u64 = 1 << 16;

/// What a folder holds.
pub(super) struct Recovered {
    /// All segments, in order. One may be empty: its number was used and is to be noted as removed.
    pub(super) segments: Vec<Segment>,
    pub(super) keys: Keys,
    /// The number of the next segment.
    pub(super) next: u64,
}

/// Finishes removals, cuts the torn end off, and reads the keys of what waits to be applied.
///
/// # Errors
/// [`LandingError::Damaged`] when acknowledged records cannot be read, or [`StoreError::Io`].
pub(super) fn recover(disk: &Arc<dyn Disk>, removed: u64) -> Result<Recovered> {
    let io = |name: &str, source| StoreError::Io { path: disk.path(name), source };
    let numbers = segment::numbers(&**disk).map_err(|source| io("", source))?;
    let (leftovers, waiting): (Vec<u64>, Vec<u64>) = numbers.into_iter().partition(|number| *number <= removed);
    let mut recovered = Recovered { segments: Vec::new(), keys: Keys::default(), next: removed + 1 };
    for (index, number) in waiting.iter().enumerate() {
        recovered.next = number + 1;
        let is_newest = index + 1 == waiting.len();
        match read(disk, *number, is_newest, &mut recovered.keys)? {
            Some(bytes) => recovered.segments.push(Segment { disk: disk.clone(), number: *number, bytes }),
            None => remove(&**disk, *number)?,
        }
    }
    // Only when every segment was found to be readable is anything deleted.
    for number in leftovers {
        remove(&**disk, number)?;
    }
    disk.sync_names().map_err(|source| io("", source))?;
    Ok(recovered)
}

fn remove(disk: &dyn Disk, number: u64) -> Result<()> {
    let name = segment::name(number);
    Ok(disk.remove(&name).map_err(|source| StoreError::Io { path: disk.path(&name), source })?)
}

/// Reads all of a segment and returns its length without the torn end, or `None` when its creation was not finished.
fn read(disk: &Arc<dyn Disk>, number: u64, is_newest: bool, keys: &mut Keys) -> Result<Option<u64>> {
    let name = segment::name(number);
    let path = disk.path(&name);
    let io = |source| StoreError::Io { path: path.clone(), source };
    let mut file = disk.open(&name).map_err(io)?;
    let bytes = file.length().map_err(io)?;
    if let Err(reason) = segment::read_header(&mut *file, number).map_err(io)? {
        // The header is made durable before the first frame is written.
        if is_newest && bytes <= SEGMENT_HEADER_BYTES {
            return Ok(None);
        }
        return Err(LandingError::Damaged { path, offset: 0, reason });
    }
    let mut records = Records::of(file, path.clone(), number, bytes)?;
    let mut end = bytes;
    for record in records.by_ref() {
        match record {
            Ok(record) => {
                if let Some(delivery) = record.delivery {
                    keys.insert(number, keys::hash(&delivery));
                }
            }
            Err(LandingError::Damaged { offset, .. }) if is_newest => end = offset,
            Err(error) => return Err(error),
        }
    }
    if !is_newest {
        return Ok(Some(bytes));
    }
    let durable = records.durable;
    let mut file = records.into_file();
    if end < bytes {
        if let Some(later) = proof_after(&mut *file, number, end, bytes).map_err(io)? {
            let reason =
                format!("the frame has a wrong checksum, but was on disk before the frame at {later} was written");
            return Err(LandingError::Damaged { path, offset: end, reason });
        }
        tracing::warn!("{}: {} bytes that were never acknowledged are cut off at {end}", path.display(), bytes - end);
    }
    settle(&mut *file, durable, end).map_err(io)?;
    Ok(Some(end))
}

/// The offset of a frame behind `end` that was written when the file was durable beyond `end`.
fn proof_after(file: &mut dyn DiskFile, segment: u64, end: u64, bytes: u64) -> io::Result<Option<u64>> {
    let mut start = end + 1;
    let mut chunk = Vec::new();
    while start + FRAME_HEADER_BYTES <= bytes {
        chunk.resize((bytes - start).min(SCAN_BYTES) as usize, 0);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut chunk)?;
        for window in chunk.windows(FRAME_HEADER_BYTES as usize) {
            let header = FrameHeader::decode(window, Position { segment, offset: start });
            if header.is_some_and(|header| header.durable > end) {
                return Ok(Some(start));
            }
            start += 1;
        }
    }
    Ok(None)
}

/// Makes the last batch, from `durable` to `end`, durable and cuts off what is behind it.
///
/// Its bytes are written again: the process before may have died of a failed fsync, after which the page cache holds bytes
/// that the disk does not and that another fsync would not write (Rebello et al. 2020, "Can Applications Recover from fsync
/// Failures?", USENIX ATC).
fn settle(file: &mut dyn DiskFile, durable: u64, end: u64) -> io::Result<()> {
    let mut batch = vec![0; (end - durable) as usize];
    file.seek(SeekFrom::Start(durable))?;
    file.read_exact(&mut batch)?;
    file.seek(SeekFrom::Start(durable))?;
    file.write_all(&batch)?;
    file.set_length(end)?;
    file.sync()
}
