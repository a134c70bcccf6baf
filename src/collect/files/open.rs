//! Opening a file: unpacked, and its text as UTF-8.

use crate::collect::content::Content;
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes that are decoded at a time.
const PART: usize = 64 << 10;

/// The text of a file as far as it was planned, without a byte order mark.
///
/// UTF-16 that begins with its mark is recognised; `encoding` names any other. What is said to be UTF-8 comes as it is.
pub(super) fn text(folder: &Path, content: &Content, encoding: Option<&str>) -> io::Result<Box<dyn Read + Send>> {
    let path = folder.join(&content.name);
    // What was added since the plan was made is for the next one.
    let planned = File::open(&path)?.take(content.bytes);
    let is_packed = path.extension().is_some_and(|it| it == "gz");
    let reader: Box<dyn Read + Send> =
        if is_packed { Box::new(MultiGzDecoder::new(planned)) } else { Box::new(planned) };
    decoded(reader, encoding)
}

/// Whether an error says that the file itself is damaged, and not that it could not be had.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn decoded(mut reader: Box<dyn Read + Send>, encoding: Option<&str>) -> io::Result<Box<dyn Read + Send>> {
    let mut start = Vec::new();
    if let Err(error) = (&mut reader).take(3).read_to_end(&mut start)
        && (start.is_empty() || !is_damage(&error))
    {
        return Err(error);
    }
    let (marked, mark) = Encoding::for_bom(&start).map_or((None, 0), |(encoding, mark)| (Some(encoding), mark));
    let named = encoding.and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = marked.or(named).unwrap_or(UTF_8);
    let whole = io::Cursor::new(start.split_off(mark)).chain(reader);
    if encoding == UTF_8 {
        return Ok(Box::new(whole));
    }
    let decoder = encoding.new_decoder_without_bom_handling();
    Ok(Box::new(Decoding {
        reader: Box::new(whole),
        decoder,
        raw: Vec::new(),
        ready: Vec::new(),
        taken: 0,
        ended: false,
    }))
}

/// Text in another encoding, as UTF-8.
struct Decoding {
    reader: Box<dyn Read + Send>,
    decoder: Decoder,
    raw: Vec<u8>,
    ready: Vec<u8>,
    /// Of what is ready.
    taken: usize,
    ended: bool,
}

impl Read for Decoding {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() && !self.ended {
            self.decode()?;
        }
        let count = into.len().min(self.ready.len() - self.taken);
        into[..count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

impl Decoding {
    fn decode(&mut self) -> io::Result<()> {
        self.raw.resize(PART, 0);
        let read = self.reader.read(&mut self.raw)?;
        self.ended = read == 0;
        let most = self.decoder.max_utf8_buffer_length(read).unwrap_or(4 * PART);
        self.ready.resize(most, 0);
        let (result, _, written, _) = self.decoder.decode_to_utf8(&self.raw[..read], &mut self.ready, self.ended);
        debug_assert_eq!(result, CoderResult::InputEmpty, "the buffer is large enough for all of it");
        self.ready.truncate(written);
        self.taken = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], encoding: Option<&str>) -> String {
        let mut text = String::new();
        let reader: Box<dyn Read + Send> = Box::new(io::Cursor::new(bytes.to_vec()));
        decoded(reader, encoding).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn encodings_become_utf_8() {
        assert_eq!(all(b"\xEF\xBB\xBFa,b\n", None), "a,b\n");
        let utf_16: Vec<u8> = "\u{FEFF}a,é\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(all(&utf_16, None), "a,é\n");
        assert_eq!(all(&utf_16[2..], Some("utf-16le")), "a,é\n");
        assert_eq!(all(b"caf\xE9", Some("latin1")), "café");
        assert_eq!(all(b"", None), "");
        assert_eq!(all(b"a", Some("windows-1252")), "a");
        let long = "é".repeat(PART);
        let utf_16: Vec<u8> = format!("\u{FEFF}{long}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(all(&utf_16, None), long);
    }
}
