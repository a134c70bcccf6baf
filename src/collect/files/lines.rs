//! Whole records of text files, in the order of the files' names and in chunks of bounded size.
//!
//! One rule: what is too long or damaged costs itself and nothing that stands behind it.

use super::csv::{self, Sheet};
use super::open;
use crate::collect::content::Content;
use crate::collect::mapping::Misfit;
use crate::collect::{CollectError, Result};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Text that one thread reads at a time.
const PIECE_BYTES: usize = 1 << 20;
/// Of a line that is too long, so much is kept to show.
const SHOWN_BYTES: usize = 1 << 10;

/// Reads the text files of a plan.
pub(super) struct Lines {
    folder: PathBuf,
    waiting: VecDeque<File>,
    open: Option<Open>,
    chunk_bytes: usize,
    /// What was left out since it was last asked for.
    misfits: Vec<Misfit>,
}

/// A file that is to be read.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub content: Content,
    pub shape: Shape,
    pub encoding: Option<String>,
}

/// How the text of a file is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A JSON object a line.
    Json,
    Csv(Arc<Sheet>),
}

/// Whole records of one file, the last one with or without its end.
pub(super) struct Part {
    /// The file's name.
    pub file: String,
    pub shape: Shape,
    /// Number of the first line, from 1.
    pub line: u64,
    pub text: Vec<u8>,
    /// Ends of pieces that hold whole records; the last is the end of the text.
    pub cuts: Vec<usize>,
}

struct Open {
    file: File,
    reader: Box<dyn Read + Send>,
    /// Number of the next line.
    line: u64,
    /// The beginning of a record whose end is not read yet.
    rest: Vec<u8>,
    /// The next bytes are of a line that is left out.
    skips: bool,
}

impl Lines {
    pub fn new(folder: &Path, files: Vec<File>, chunk_bytes: usize) -> Lines {
        Lines { folder: folder.to_owned(), waiting: files.into(), open: None, chunk_bytes, misfits: Vec::new() }
    }

    /// What was left out of the chunks since the last call.
    pub fn take_misfits(&mut self) -> Vec<Misfit> {
        std::mem::take(&mut self.misfits)
    }

    /// The next chunk; empty at the end.
    ///
    /// # Errors
    /// [`CollectError::Source`] when a file cannot be read, or changed since it was planned.
    pub fn chunk(&mut self) -> Result<Vec<Part>> {
        let (mut parts, mut left) = (Vec::new(), self.chunk_bytes);
        while left > 0 {
            if self.open.is_none() {
                let Some(file) = self.waiting.pop_front() else { break };
                self.open = self.begin(file)?;
            }
            let Some(open) = &mut self.open else { continue };
            let path = self.folder.join(&open.file.content.name);
            let problem = |message: String| CollectError::Source { path: path.clone(), message };
            let mut text = std::mem::take(&mut open.rest);
            let wanted = left.saturating_sub(text.len());
            text.reserve_exact(wanted.min(usize::try_from(open.file.content.bytes).unwrap_or(wanted)));
            let is_at_end = match (&mut open.reader).take(wanted as u64).read_to_end(&mut text) {
                Ok(read) => read < wanted,
                Err(error) if open::is_damage(&error) => {
                    // What was unpacked before is whole up to its last record.
                    text.truncate(open.file.shape.cuts(&text).last().copied().unwrap_or_default());
                    let line = open.line + newlines(&text);
                    self.misfits.push(damaged(&open.file.content.name, line, &error));
                    true
                }
                Err(error) => return Err(problem(error.to_string())),
            };
            if open.skips {
                open.skip(&mut text);
            }
            let mut cuts = open.file.shape.cuts(&text);
            let end = cuts.last().copied().unwrap_or_default();
            if is_at_end {
                if end < text.len() {
                    cuts.push(text.len());
                }
            } else if end == 0 && text.len() >= self.chunk_bytes {
                self.misfits.push(open.leave_out(&mut text, left));
                open.rest = text;
                continue;
            } else {
                open.rest = text.split_off(end);
            }
            left = match end {
                _ if is_at_end => left - text.len().min(left),
                0 if parts.is_empty() => left,
                _ => 0,
            };
            let lines = newlines(&text);
            if !text.is_empty() {
                let (file, shape) = (open.file.content.name.clone(), open.file.shape.clone());
                parts.push(Part { file, shape, line: open.line, text, cuts });
            }
            open.line += lines;
            if is_at_end {
                if !open.file.content.is_kept_by(&path)? {
                    return Err(problem("it changed while it was read; collect again".to_owned()));
                }
                self.open = None;
            }
        }
        Ok(parts)
    }

    /// `None` where the file is damaged from its first byte.
    fn begin(&mut self, file: File) -> Result<Option<Open>> {
        match open::text(&self.folder, &file.content, file.encoding.as_deref()) {
            Ok(reader) => Ok(Some(Open { file, reader, line: 1, rest: Vec::new(), skips: false })),
            Err(error) if open::is_damage(&error) => {
                self.misfits.push(damaged(&file.content.name, 1, &error));
                Ok(None)
            }
            Err(error) => {
                let path = self.folder.join(&file.content.name);
                Err(CollectError::Source { path, message: error.to_string() })
            }
        }
    }
}

impl Open {
    /// Leaves out the first line of a text that is longer than a chunk and has no end of a record.
    fn leave_out(&mut self, text: &mut Vec<u8>, limit: usize) -> Misfit {
        let place = format!("{}:{}", self.file.content.name, self.line);
        let shown = text[..text.len().min(SHOWN_BYTES)].to_vec();
        let reason = match memchr::memchr(b'\n', text) {
            // The record is a line and more: a quote that is not closed.
            Some(newline) => {
                text.drain(..=newline);
                self.line += 1;
                format!("a quote is not closed within {limit} bytes")
            }
            None => {
                text.clear();
                self.skips = true;
                format!("the line is longer than {limit} bytes")
            }
        };
        Misfit::new(place, reason, &shown)
    }

    /// Drops what still is of the line that is left out.
    fn skip(&mut self, text: &mut Vec<u8>) {
        match memchr::memchr(b'\n', text) {
            Some(newline) => {
                text.drain(..=newline);
                self.line += 1;
                self.skips = false;
            }
            None => text.clear(),
        }
    }
}

impl Shape {
    /// Ends of pieces of a text that begins with a record; the last is the end of its last whole record.
    fn cuts(&self, text: &[u8]) -> Vec<usize> {
        // Without a quote every line is a record.
        let (delimiter, has_quotes) = match self {
            Shape::Json => (b',', false),
            Shape::Csv(sheet) => (sheet.delimiter, memchr::memchr(b'"', text).is_some()),
        };
        if has_quotes { csv::cuts(text, delimiter, PIECE_BYTES) } else { line_cuts(text) }
    }
}

fn line_cuts(text: &[u8]) -> Vec<usize> {
    let last = memchr::memrchr(b'\n', text).map_or(0, |newline| newline + 1);
    let (mut found, mut at) = (Vec::new(), PIECE_BYTES);
    while at < last {
        let end = memchr::memchr(b'\n', &text[at..last]).map_or(last, |newline| at + newline + 1);
        if end < last {
            found.push(end);
        }
        at = end + PIECE_BYTES;
    }
    if last > 0 {
        found.push(last);
    }
    found
}

fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

fn damaged(file: &str, line: u64, error: &io::Error) -> Misfit {
    Misfit::new(format!("{file}:{line}"), format!("the file is damaged from here on: {error}"), b"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    #[test]
    fn chunks_hold_whole_lines_and_know_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let long: String = (0..40).map(|number| format!("line {number} of the long file\n")).collect();
        let texts = [("a", long.as_str()), ("b", ""), ("c", "no end"), ("d", "one\r\n\ntwo\n"), ("e.gz", &long)];
        for (name, text) in texts {
            let mut file = fs::File::create(folder.path().join(name)).unwrap();
            if name == "e.gz" {
                let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::default());
                encoder.write_all(text.as_bytes()).unwrap();
                encoder.finish().unwrap();
            } else {
                file.write_all(text.as_bytes()).unwrap();
            }
        }
        let file = |(name, _): &(&str, &str)| File {
            content: Content::of(folder.path(), &folder.path().join(name)).unwrap(),
            shape: Shape::Json,
            encoding: None,
        };
        let files: Vec<File> = texts.iter().map(file).collect();
        for chunk_bytes in (30..200).chain([1_300, 10_000]) {
            let mut lines = Lines::new(folder.path(), files.clone(), chunk_bytes);
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
    }

    #[test]
    fn a_line_that_is_too_long_costs_itself() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(500);
        for (shape, text, wrong) in [
            (Shape::Json, format!("one\n{long}\ntwo\n{long}"), vec!["a:2 the line", "a:4 the line"]),
            (csv(), format!("one\n{long}\ntwo\n"), vec!["a:2 the line"]),
            (csv(), format!("one\n\"open\ntwo\n{}", "three\n".repeat(20)), vec!["a:2 a quote"]),
        ] {
            fs::write(folder.path().join("a"), &text).unwrap();
            let content = Content::of(folder.path(), &folder.path().join("a")).unwrap();
            for chunk_bytes in 20..100 {
                let file = File { content: content.clone(), shape: shape.clone(), encoding: None };
                let mut lines = Lines::new(folder.path(), vec![file], chunk_bytes);
                let mut read = Vec::new();
                loop {
                    let parts = lines.chunk().unwrap();
                    if parts.is_empty() {
                        break;
                    }
                    for part in parts {
                        let text = String::from_utf8(part.text).unwrap();
                        read.extend(
                            text.lines().enumerate().map(|(at, line)| (part.line + at as u64, line.to_owned())),
                        );
                    }
                }
                let misfits = lines.take_misfits();
                let said: Vec<String> = misfits.iter().map(|it| format!("{} {}", it.place, it.reason)).collect();
                assert!(said.len() == wrong.len(), "{said:?} {chunk_bytes}");
                assert!(said.iter().zip(&wrong).all(|(said, wrong)| said.starts_with(wrong)), "{said:?}");
                let expected = text.lines().enumerate().map(|(at, line)| (at as u64 + 1, line.to_owned()));
                let expected: Vec<_> = expected.filter(|(_, line)| *line != long && line != "\"open").collect();
                assert_eq!(read, expected, "{chunk_bytes}");
            }
        }
    }

    fn csv() -> Shape {
        Shape::Csv(Arc::new(Sheet { delimiter: b',', names: vec!["a".to_owned()], has_header: false }))
    }
}
