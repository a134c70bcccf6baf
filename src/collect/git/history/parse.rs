//! Reading the text of a commit object.
//!
//! gix has a parser, but it rejects commits that git itself reads: odd author lines, which old import tools wrote.

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::{Commit, Error, Identity, Moment, Result};

/// First second of the year 1.
const EARLIEST_SECONDS: i64 = -62_135_596_800;
/// Last second of the year 9999.
const LATEST_SECONDS: i64 = 253_402_300_799;
/// A day; no place on earth is further from UTC.
const MAX_OFFSET_MINUTES: i32 = 24 * 60;

pub fn commit(id: ObjectId, data: &[u8]) -> Result<Commit> {
    let (headers, message) = split(data);
    let encoding = header(headers, b"encoding ").unwrap_or_default();
    let (author, authored) = signature(header(headers, b"author ").unwrap_or_default(), encoding);
    let (committer, committed) = signature(header(headers, b"committer ").unwrap_or_default(), encoding);
    let message = text(message, encoding);
    let (subject, body) = paragraphs(&message);
    Ok(Commit {
        id,
        parents: parents(id, data)?,
        author,
        authored,
        committer,
        committed,
        subject,
        body: body.split_inclusive('\n').take_while(|line| !is_blank(line)).collect::<String>().trim_end().to_owned(),
        merge_request: merge_request(body),
    })
}

pub fn tree(id: ObjectId, data: &[u8]) -> Result<ObjectId> {
    let (headers, _) = split(data);
    object_id(id, header(headers, b"tree ").unwrap_or_default())
}

pub fn parents(id: ObjectId, data: &[u8]) -> Result<Vec<ObjectId>> {
    let (headers, _) = split(data);
    // A header's continuation lines start with a space, so a signature cannot pass for a parent.
    headers.lines().filter_map(|line| line.strip_prefix(b"parent ")).map(|hex| object_id(id, hex)).collect()
}

fn object_id(commit: ObjectId, hex: &[u8]) -> Result<ObjectId> {
    ObjectId::from_hex(hex)
        .map_err(|problem| Error::object(commit, format!("its header names {:?}: {problem}", hex.as_bstr())))
}

/// Headers end at the first empty line.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    data.split_once_str("\n\n").unwrap_or((data, b""))
}

fn header<'a>(headers: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    headers.lines().find_map(|line| line.strip_prefix(name))
}

/// `name <email> seconds offset`; what is absent or not a number counts as empty or 0, as in git.
fn signature(line: &[u8], encoding: &[u8]) -> (Identity, Moment) {
    let Some(open) = line.find_byte(b'<') else { return Default::default() };
    let address = &line[open + 1..];
    let email = &address[..address.find_byte(b'>').unwrap_or(address.len())];
    let identity = Identity { name: text(line[..open].trim(), encoding), email: text(email.trim(), encoding) };
    let date = line.rfind_byte(b'>').map_or(&b""[..], |close| &line[close + 1..]);
    (identity, moment(&date.to_str_lossy()))
}

fn moment(date: &str) -> Moment {
    let mut words = date.split_ascii_whitespace();
    // i128 tells a number beyond i64, which is clamped, from a word that is no number, which is 0.
    let seconds = words.next().and_then(|word| word.parse::<i128>().ok()).unwrap_or(0);
    let offset = words.next().and_then(|word| word.parse::<i32>().ok()).unwrap_or(0);
    Moment {
        seconds: i64::try_from(seconds.min(LATEST_SECONDS.into())).unwrap_or(EARLIEST_SECONDS).max(EARLIEST_SECONDS),
        offset_minutes: (offset / 100 * 60 + offset % 100).clamp(-MAX_OFFSET_MINUTES, MAX_OFFSET_MINUTES),
    }
}

/// Text in the encoding that the commit declares. Without one, or with one that is not known, it is UTF-8.
fn text(bytes: &[u8], encoding: &[u8]) -> String {
    use gix::filter::plumbing::encoding::Encoding;
    let declared = Encoding::for_label(encoding.trim());
    match declared {
        Some(encoding) if !bytes.is_ascii() => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        _ => bytes.to_str_lossy().into_owned(),
    }
}

/// Subject on one line, and the body.
fn paragraphs(message: &str) -> (String, &str) {
    let message = skip_blank_lines(message);
    let mut subject = String::new();
    let mut rest = message;
    while let Some(line) = rest.split_inclusive('\n').next().filter(|line| !is_blank(line)) {
        if !subject.is_empty() {
            subject.push(' ');
        }
        subject.push_str(line.trim_end_matches(SPACES));
        rest = &rest[line.len()..];
    }
    (subject, skip_blank_lines(rest))
}

/// White space as git understands it.
const SPACES: [char; 4] = [' ', '\t', '\n', '\r'];

fn is_blank(line: &str) -> bool {
    line.trim_end_matches(SPACES).is_empty()
}

fn skip_blank_lines(text: &str) -> &str {
    let blank: usize = text.split_inclusive('\n').take_while(|line| is_blank(line)).map(str::len).sum();
    &text[blank..]
}

fn merge_request(body: &str) -> Option<i64> {
    let line = body.lines().rev().find_map(|line| line.trim().strip_prefix("See merge request "))?;
    line.rsplit_once('!')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Moment, commit, moment};
    use gix::ObjectId;

    #[test]
    fn dates_beyond_reason_are_clamped() {
        for (date, seconds, offset_minutes) in [
            (" 1600000000 +0545", 1_600_000_000, 345),
            (" 1600000000 -0930", 1_600_000_000, -570),
            (" -5 +0000", -5, 0),
            (" 99999999999999999999 +9999", super::LATEST_SECONDS, 24 * 60),
            (" -9223372036854775808 -2147483648", super::EARLIEST_SECONDS, -24 * 60),
            ("", 0, 0),
            (" yesterday noon", 0, 0),
        ] {
            assert_eq!(moment(date), Moment { seconds, offset_minutes }, "{date:?}");
        }
    }

    #[test]
    fn a_commit_is_read_whatever_its_encoding() {
        let id = ObjectId::null(gix::hash::Kind::Sha1);
        let data = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor J\xf6 <j@x> 1 +0000\n\
            encoding ISO-8859-1\n\n\ngr\xfc\xdfe \n again\n\n\nTitle\nmore\n\nSee merge request g/p!7\n";
        let read = commit(id, data).unwrap();
        assert_eq!((read.author.name.as_str(), read.author.email.as_str()), ("J\u{f6}", "j@x"));
        assert_eq!((read.subject.as_str(), read.body.as_str()), ("gr\u{fc}\u{df}e  again", "Title\nmore"));
        assert_eq!(read.merge_request, Some(7));
        let bad_parent = commit(id, b"tree 4b\nparent 12\n\nsubject").unwrap_err().to_string();
        assert!(bad_parent.contains("names \"12\""), "{bad_parent}");
    }
}
