//! Content of the two sides of a change, as git compares it.

use std::collections::HashMap;

use gix::ObjectId;
use gix::bstr::BStr;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::attributes::{Attributes, DiffAttribute};
use super::similarity::Spans;
use super::trees::Side;
use crate::collect::git::history::{Error, Result, read};

/// Git looks for a NUL in this many leading bytes to tell binary from text.
const SAMPLED_BYTES: usize = 8000;

/// Above this size (git's default of core.bigFileThreshold) git does not compare lines.
const BIG_FILE_BYTES: usize = 512 << 20;

/// Reads contents and remembers what rename detection asks for more than once.
pub struct Blobs<'r> {
    repo: &'r gix::Repository,
    attributes: Attributes<'r>,
    sizes: HashMap<ObjectId, u64>,
    buffer: Vec<u8>,
}

impl<'r> Blobs<'r> {
    pub fn new(repo: &'r gix::Repository, attributes: Attributes<'r>) -> Self {
        Self { repo, attributes, sizes: HashMap::new(), buffer: Vec::new() }
    }

    /// Puts the content of one side into `buffer`, which stays empty for a side that does not exist; returns whether
    /// git treats it as binary at this path.
    pub fn load(&mut self, side: Option<&Side>, path: &BStr, buffer: &mut Vec<u8>) -> Result<bool> {
        buffer.clear();
        let Some(side) = side else { return Ok(false) };
        if side.kind == EntryKind::Commit {
            // What git compares for a submodule: one line that names its commit.
            buffer.extend_from_slice(format!("Subproject commit {}\n", side.id).as_bytes());
            return Ok(false);
        }
        if side.id != ObjectId::empty_blob(side.id.kind()) {
            read(self.repo, side.id, Kind::Blob, buffer)?;
        }
        self.is_binary(side, path, buffer)
    }

    fn is_binary(&mut self, side: &Side, path: &BStr, content: &[u8]) -> Result<bool> {
        let attribute = if side.is_file() { self.attributes.diff(path)? } else { DiffAttribute::Unspecified };
        Ok(match attribute {
            DiffAttribute::Text => false,
            DiffAttribute::Binary => true,
            DiffAttribute::Unspecified => {
                content.len() > BIG_FILE_BYTES || content[..content.len().min(SAMPLED_BYTES)].contains(&0)
            }
        })
    }

    /// Bytes of a blob, without decoding it.
    pub fn size(&mut self, id: ObjectId) -> Result<u64> {
        if let Some(size) = self.sizes.get(&id) {
            return Ok(*size);
        }
        let header = self.repo.find_header(id).map_err(|problem| Error::object(id, problem))?;
        self.sizes.insert(id, header.size());
        Ok(header.size())
    }

    /// The fingerprint that rename detection compares.
    pub fn spans(&mut self, side: &Side, path: &BStr) -> Result<Spans> {
        let mut content = std::mem::take(&mut self.buffer);
        let is_binary = self.load(Some(side), path, &mut content)?;
        let spans = Spans::new(&content, !is_binary);
        self.buffer = content;
        Ok(spans)
    }

    /// Forgets the sizes of the last commit, so that memory does not grow with history.
    pub fn forget(&mut self) {
        self.sizes.clear();
    }
}
