//! The bytes of a segment: a header, then one frame a record. Integers are little-endian.
//!
//! ```text
//! segment header   magic 8 | format version 4 | number 8 | checksum of these 8
//! frame header     magic 4 | bytes of the body 4 | durable 8 | checksum of the body 8 | checksum of the header 8
//! body             0 | record
//!                  1 | bytes of source 2 | bytes of key 2 | received_at 8 | source | key | record
//! ```
//!
//! A checksum is the first 8 bytes of BLAKE3. That of a frame's header covers the segment's number and the frame's offset
//! too, so that a frame is valid in its own place only. `durable` is the length that the file was known to have on disk
//! when the frame was written: a frame proves that whatever is before its `durable` was acknowledged.

use crate::store::Delivery;
use chrono::DateTime;

/// Bytes before the first frame.
pub(super) const SEGMENT_HEADER_BYTES: u64 = 28;
/// Bytes before a frame's body.
pub(super) const FRAME_HEADER_BYTES: u64 = 32;
/// The largest record the format is used for; the limits of a log are below it.
pub(super) const MAX_RECORD_BYTES: usize = 1 << 30;
/// The longest source and the longest key of a delivery.
pub(super) const MAX_KEY_BYTES: usize = 1 << 10;

const SEGMENT_MAGIC: &[u8; 8] = b"paceland";
const FRAME_MAGIC: &[u8; 4] = b"\xf5rec";
const VERSION: u32 = 1;

/// Where a record is. Positions order records as they were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The segment's number, from 1.
    pub segment: u64,
    /// Bytes from the start of the segment's file.
    pub offset: u64,
}

/// What is known of a frame before its body is read.
pub(super) struct FrameHeader {
    pub(super) body_bytes: u32,
    pub(super) durable: u64,
    pub(super) body_checksum: [u8; 8],
}

/// The header of the segment with this number.
pub(super) fn segment_header(number: u64) -> [u8; SEGMENT_HEADER_BYTES as usize] {
    let mut header = [0; SEGMENT_HEADER_BYTES as usize];
    header[..8].copy_from_slice(SEGMENT_MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..20].copy_from_slice(&number.to_le_bytes());
    let sum = checksum(&[&header[..20]]);
    header[20..].copy_from_slice(&sum);
    header
}

/// What is wrong with the header of the segment with this number.
pub(super) fn check_segment_header(header: &[u8; SEGMENT_HEADER_BYTES as usize], number: u64) -> Result<(), String> {
    if header[..8] != *SEGMENT_MAGIC || header[20..] != checksum(&[&header[..20]]) {
        return Err("the header of the segment has a wrong checksum".to_owned());
    }
    let (version, stored) = (u32_of(&header[8..12]), u64_of(&header[12..20]));
    if version != VERSION {
        return Err(format!("the segment is of format version {version}, and this build reads version {VERSION}"));
    }
    if stored != number {
        return Err(format!("the header says segment {stored}, the name of the file says {number}"));
    }
    Ok(())
}

/// Appends a frame to the bytes that are to be written, which begin at `durable` in the file.
pub(super) fn encode(
    into: &mut Vec<u8>,
    segment: u64,
    durable: u64,
    delivery: Option<&Delivery>,
    record: &[u8],
) -> Position {
    let start = into.len();
    let at = Position { segment, offset: durable + start as u64 };
    into.resize(start + FRAME_HEADER_BYTES as usize, 0);
    let body = into.len();
    match delivery {
        None => into.push(0),
        Some(Delivery { source, key, received_at }) => {
            into.push(1);
            // Both lengths were held against MAX_KEY_BYTES before.
            into.extend_from_slice(&(source.len() as u16).to_le_bytes());
            into.extend_from_slice(&(key.len() as u16).to_le_bytes());
            into.extend_from_slice(&received_at.timestamp_micros().to_le_bytes());
            into.extend_from_slice(source.as_bytes());
            into.extend_from_slice(key.as_bytes());
        }
    }
    into.extend_from_slice(record);
    let body_checksum = checksum(&[&into[body..]]);
    // The record was held against MAX_RECORD_BYTES before.
    let body_bytes = (into.len() - body) as u32;
    let header = &mut into[start..body];
    header[..4].copy_from_slice(FRAME_MAGIC);
    header[4..8].copy_from_slice(&body_bytes.to_le_bytes());
    header[8..16].copy_from_slice(&durable.to_le_bytes());
    header[16..24].copy_from_slice(&body_checksum);
    let sum = header_checksum(&header[..24], at);
    header[24..].copy_from_slice(&sum);
    at
}

impl FrameHeader {
    /// The header in these 32 bytes, if they are one that was written at this position.
    pub(super) fn decode(bytes: &[u8], at: Position) -> Option<FrameHeader> {
        if !bytes.starts_with(FRAME_MAGIC) || bytes[24..] != header_checksum(&bytes[..24], at) {
            return None;
        }
        let mut body_checksum = [0; 8];
        body_checksum.copy_from_slice(&bytes[16..24]);
        Some(FrameHeader { body_bytes: u32_of(&bytes[4..8]), durable: u64_of(&bytes[8..16]), body_checksum })
    }

    /// The delivery and the record of the body, if it is the one that was written.
    pub(super) fn decode_body(&self, mut body: Vec<u8>) -> Option<(Option<Delivery>, Vec<u8>)> {
        if checksum(&[&body]) != self.body_checksum {
            return None;
        }
        match body.first()? {
            0 => Some((None, body.split_off(1))),
            1 => {
                let source_end = 13 + usize::from(u16_of(body.get(1..3)?));
                let key_end = source_end + usize::from(u16_of(body.get(3..5)?));
                let delivery = Delivery {
                    received_at: DateTime::from_timestamp_micros(u64_of(body.get(5..13)?).cast_signed())?,
                    source: String::from_utf8(body.get(13..source_end)?.to_vec()).ok()?,
                    key: String::from_utf8(body.get(source_end..key_end)?.to_vec()).ok()?,
                };
                Some((Some(delivery), body.split_off(key_end)))
            }
            _ => None,
        }
    }
}

fn header_checksum(fields: &[u8], at: Position) -> [u8; 8] {
    checksum(&[fields, &at.segment.to_le_bytes(), &at.offset.to_le_bytes()])
}

fn checksum(parts: &[&[u8]]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let mut sum = [0; 8];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    sum
}

fn u16_of(bytes: &[u8]) -> u16 {
    u64_of(bytes) as u16
}

fn u32_of(bytes: &[u8]) -> u32 {
    u64_of(bytes) as u32
}

/// A little-endian number of at most 8 bytes.
fn u64_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
