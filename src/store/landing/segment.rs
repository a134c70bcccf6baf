//! Reading segments, one record at a time.

use super::disk::{Disk, DiskFile};
use super::frame::{self, FRAME_HEADER_BYTES, FrameHeader, Position, SEGMENT_HEADER_BYTES};
use super::{LandingError, Result};
use crate::store::{Delivery, StoreError};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

/// A segment that takes no more records and waits to be applied.
#[derive(Clone)]
pub struct Segment {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) number: u64,
    /// Length of the file, all of it durable.
    pub(super) bytes: u64,
}

/// One record with what was known when it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub position: Position,
    /// The key it was taken under, if under one.
    pub delivery: Option<Delivery>,
    /// What was given to the log.
    pub bytes: Vec<u8>,
}

/// The records of a segment in the order they were taken. It ends after an error.
pub struct Records {
    file: BufReader<Box<dyn DiskFile>>,
    path: PathBuf,
    at: Position,
    end: u64,
    /// The `durable` of the newest frame read, 0 before the first.
    pub(super) durable: u64,
}

impl Segment {
    /// Its number, above that of every earlier segment of the folder, and the version for
    /// [`crate::store::Mark`].
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Reads the segment from its start. One record is in memory at a time.
    ///
    /// # Errors
    /// [`LandingError::Damaged`] or [`StoreError::Io`], here and from the iterator.
    pub fn records(&self) -> Result<Records> {
        let name = name(self.number);
        let io = |source| StoreError::Io { path: self.disk.path(&name), source };
        let mut file = self.disk.open(&name).map_err(io)?;
        if let Err(reason) = read_header(&mut *file, self.number).map_err(io)? {
            return Err(LandingError::Damaged { path: self.disk.path(&name), offset: 0, reason });
        }
        Records::of(file, self.disk.path(&name), self.number, self.bytes)
    }
}

impl Records {
    /// Reads the frames of a file whose header was read, up to `end`.
    pub(super) fn of(mut file: Box<dyn DiskFile>, path: PathBuf, number: u64, end: u64) -> Result<Records> {
        let at = Position { segment: number, offset: SEGMENT_HEADER_BYTES };
        file.seek(SeekFrom::Start(at.offset)).map_err(|source| StoreError::Io { path: path.clone(), source })?;
        Ok(Records { file: BufReader::new(file), path, at, end, durable: 0 })
    }

    /// The file again, for those who do more with it than read.
    pub(super) fn into_file(self) -> Box<dyn DiskFile> {
        self.file.into_inner()
    }

    fn read(&mut self) -> Result<Record> {
        let position = self.at;
        let mut header = [0; FRAME_HEADER_BYTES as usize];
        self.fill(&mut header, FRAME_HEADER_BYTES)?;
        let Some(header) = FrameHeader::decode(&header, position) else {
            return Err(self.damaged("the header of the frame has a wrong checksum"));
        };
        let frame_bytes = FRAME_HEADER_BYTES + u64::from(header.body_bytes);
        if frame_bytes > self.end - position.offset {
            return Err(self.damaged("the frame is cut off"));
        }
        let mut body = vec![0; header.body_bytes as usize];
        self.fill(&mut body, frame_bytes)?;
        let Some((delivery, bytes)) = header.decode_body(body) else {
            return Err(self.damaged("the record has a wrong checksum"));
        };
        self.at.offset += frame_bytes;
        self.durable = header.durable;
        Ok(Record { position, delivery, bytes })
    }

    /// Reads exactly these bytes, which end so many bytes after the start of the frame.
    fn fill(&mut self, bytes: &mut [u8], frame_bytes: u64) -> Result<()> {
        if frame_bytes > self.end - self.at.offset {
            return Err(self.damaged("the frame is cut off"));
        }
        match self.file.read_exact(bytes) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(self.damaged("the frame is cut off")),
            Err(source) => Err(StoreError::Io { path: self.path.clone(), source }.into()),
        }
    }

    fn damaged(&self, reason: &str) -> LandingError {
        LandingError::Damaged { path: self.path.clone(), offset: self.at.offset, reason: reason.to_owned() }
    }
}

impl Iterator for Records {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Result<Record>> {
        if self.at.offset >= self.end {
            return None;
        }
        let record = self.read();
        if record.is_err() {
            self.end = self.at.offset;
        }
        Some(record)
    }
}

/// Reads the header at the start of a segment's file; the inner error says what is wrong with it.
pub(super) fn read_header(file: &mut dyn DiskFile, number: u64) -> io::Result<Result<(), String>> {
    let mut header = [0; SEGMENT_HEADER_BYTES as usize];
    file.seek(SeekFrom::Start(0))?;
    match file.read_exact(&mut header) {
        Ok(()) => Ok(frame::check_segment_header(&header, number)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Ok(Err("the header of the segment is cut off".into()))
        }
        Err(error) => Err(error),
    }
}

/// The file name of a segment.
pub(super) fn name(number: u64) -> String {
    format!("{number:016}.log")
}

/// The numbers of the segments in the folder, ascending. Files with other names are nobody's business.
pub(super) fn numbers(disk: &dyn Disk) -> io::Result<Vec<u64>> {
    let names = disk.names()?;
    let mut numbers: Vec<u64> = names
        .iter()
        .filter_map(|file| file.strip_suffix(".log")?.parse().ok().filter(|number| name(*number) == *file))
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}
