//! Whole lines of files, in the order of the files' names and in chunks of bounded size.

use crate::collect::content::Content;
use crate::collect::{CollectError, Result};
use flate2::read::MultiGzDecoder;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Reads the files of a plan.
pub(super) struct Lines {
    folder: PathBuf,
    waiting: VecDeque<Content>,
    open: Option<Open>,
    chunk_bytes: usize,
}

/// Whole lines of one file, the last one with or without its end.
pub(super) struct Part {
    /// The file's name.
    pub file: String,
    /// Number of the first line, from 1.
    pub line: u64,
    pub text: Vec<u8>,
}

struct Open {
    content: Content,
    reader: Box<dyn Read + Send>,
    /// Number of the next line.
    line: u64,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
}

impl Lines {
    pub fn new(folder: &Path, files: &[Content], chunk_bytes: usize) -> Lines {
        Lines { folder: folder.to_owned(), waiting: files.iter().cloned().collect(), open: None, chunk_bytes }
    }

    /// The next chunk; empty at the end.
    ///
    /// # Errors
    /// [`CollectError::Source`] when a file cannot be read, changed since it was planned, or has a line that is longer than
    /// a chunk.
    pub fn chunk(&mut self) -> Result<Vec<Part>> {
        let (mut parts, mut left) = (Vec::new(), self.chunk_bytes);
        while left > 0 {
            if self.open.is_none() {
                let Some(content) = self.waiting.pop_front() else { break };
                self.open = Some(Open::new(&self.folder, content)?);
            }
            let Some(open) = &mut self.open else { break };
            let path = self.folder.join(&open.content.name);
            let problem = |message: String| CollectError::Source { path: path.clone(), message };
            let mut text = std::mem::take(&mut open.rest);
            let wanted = left.saturating_sub(text.len());
            text.reserve_exact(wanted.min(usize::try_from(open.content.bytes).unwrap_or(wanted)));
            let read = (&mut open.reader).take(wanted as u64).read_to_end(&mut text);
            let is_at_end = read.map_err(|error| problem(error.to_string()))? < wanted;
            if !is_at_end {
                let end = memchr::memrchr(b'\n', &text).map_or(0, |newline| newline + 1);
                if end == 0 && left == self.chunk_bytes {
                    return Err(problem(format!("line {} is longer than {left} bytes", open.line)));
                }
                open.rest = text.split_off(end);
            }
            left = if is_at_end { left - text.len().min(left) } else { 0 };
            let lines = memchr::memchr_iter(b'\n', &text).count() as u64;
            if !text.is_empty() {
                parts.push(Part { file: open.content.name.clone(), line: open.line, text });
            }
            open.line += lines;
            if is_at_end {
                if !open.content.is_kept_by(&path)? {
                    return Err(problem("it changed while it was read; collect again".to_owned()));
                }
                self.open = None;
            }
        }
        Ok(parts)
    }
}

impl Open {
    fn new(folder: &Path, content: Content) -> Result<Open> {
        let path = folder.join(&content.name);
        let file = File::open(&path);
        let file = file.map_err(|error| CollectError::Source { path: path.clone(), message: error.to_string() })?;
        // What was added since the plan was made is for the next one.
        let planned = file.take(content.bytes);
        let is_packed = path.extension().is_some_and(|it| it == "gz");
        let reader: Box<dyn Read + Send> =
            if is_packed { Box::new(MultiGzDecoder::new(planned)) } else { Box::new(planned) };
        Ok(Open { content, reader, line: 1, rest: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn chunks_hold_whole_lines_and_know_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let long: String = (0..40).map(|number| format!("line {number} of the long file\n")).collect();
        let texts = [("a", long.as_str()), ("b", ""), ("c", "no end"), ("d", "one\r\n\ntwo\n"), ("e.gz", &long)];
        for (name, text) in texts {
            let mut file = File::create(folder.path().join(name)).unwrap();
            if name == "e.gz" {
                let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::default());
                encoder.write_all(text.as_bytes()).unwrap();
                encoder.finish().unwrap();
            } else {
                file.write_all(text.as_bytes()).unwrap();
            }
        }
        let content = |(name, _): &(&str, &str)| Content::of(folder.path(), &folder.path().join(name)).unwrap();
        let files: Vec<Content> = texts.iter().map(content).collect();
        for chunk_bytes in (30..200).chain([1_300, 10_000]) {
            let mut lines = Lines::new(folder.path(), &files, chunk_bytes);
            let mut read = vec![String::new(); texts.len()];
            loop {
                let parts = lines.chunk().unwrap();
                if parts.is_empty() {
                    break;
                }
                assert!(parts.iter().map(|part| part.text.len()).sum::<usize>() <= chunk_bytes);
                for part in parts {
                    let text = &mut read[texts.iter().position(|(name, _)| *name == part.file).unwrap()];
                    assert_eq!(part.line, text.matches('\n').count() as u64 + 1, "{} in {chunk_bytes}", part.file);
                    assert!(text.is_empty() || text.ends_with('\n'), "{} in {chunk_bytes}", part.file);
                    text.push_str(std::str::from_utf8(&part.text).unwrap());
                }
            }
            assert_eq!(read, texts.map(|(_, text)| text), "{chunk_bytes}");
        }
        let error = Lines::new(folder.path(), &files, 20).chunk().err().unwrap().to_string();
        assert!(error.ends_with("a: line 1 is longer than 20 bytes"), "{error}");
    }
}
