//! CSV as columns of text: RFC 4180, with any delimiter.
//!
//! One rule: a quote opens a field only where the field begins; anywhere else it is a sign like others. So where a record ends
//! is known without knowing its columns, and parts of a file can be read at the same time.

use crate::collect::mapping::{FILE, Input, LINE, Misfit};
use arrow::array::{ArrayRef, Int64Array, NullBufferBuilder, RecordBatch, RecordBatchOptions, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::SchemaRef;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

/// The part of a file that is looked at to find its delimiter and header, bytes.
const BEGINNING: u64 = 1 << 20;
/// Records that are looked at.
const LOOKED_AT: usize = 20;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How one file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    pub delimiter: u8,
    pub names: Vec<String>,
    pub has_header: bool,
}

/// One field: where it stands, and whether quotes in it are doubled.
#[derive(Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    doubled: bool,
}

impl Sheet {
    /// Looks at the beginning of a file.
    ///
    /// # Errors
    /// What is wrong with its header.
    pub fn of(reader: impl Read, delimiter: Option<u8>, columns: Option<&[String]>) -> Result<Sheet, String> {
        let mut text = Vec::new();
        if let Err(error) = reader.take(BEGINNING).read_to_end(&mut text)
            && text.is_empty()
        {
            return Err(error.to_string());
        }
        let delimiter = delimiter.unwrap_or_else(|| sniffed(&text));
        if let Some(columns) = columns {
            return Ok(Sheet { delimiter, names: columns.to_vec(), has_header: false });
        }
        if text.trim_ascii().is_empty() {
            // A file without a line has no columns, not one without a name.
            return Ok(Sheet { delimiter, names: Vec::new(), has_header: true });
        }
        let mut fields = Vec::new();
        record(&text, 0, delimiter, &mut fields).map_err(|reason| format!("line 1: {reason}"))?;
        let mut names: Vec<String> = Vec::new();
        for (index, field) in fields.iter().enumerate() {
            let name = value(&text, *field);
            let name = String::from_utf8(name).map_err(|_| {
                "line 1 is not UTF-8; name its encoding, such as encoding = \"windows-1252\"".to_owned()
            })?;
            let name = name.trim();
            let name = if name.is_empty() { format!("column_{}", index + 1) } else { name.to_owned() };
            if names.contains(&name) {
                return Err(format!("line 1 has a column {name} twice"));
            }
            names.push(name);
        }
        Ok(Sheet { delimiter, names, has_header: true })
    }
}

/// The sign that cuts the first records into the same number of fields, and into most of them.
fn sniffed(text: &[u8]) -> u8 {
    let score = |delimiter: u8| {
        let (mut at, mut counts, mut fields) = (0, Vec::new(), Vec::new());
        while at < text.len() && counts.len() < LOOKED_AT {
            match record(text, at, delimiter, &mut fields) {
                Ok(end) => at = end,
                Err(_) => break,
            }
            counts.push(fields.len());
        }
        let first = counts.first().copied().unwrap_or_default();
        let alike = counts.iter().filter(|count| **count == first).count();
        if first > 1 { (alike, first) } else { (0, 0) }
    };
    DELIMITERS.into_iter().rev().max_by_key(|it| score(*it)).unwrap_or(b',')
}

/// Ends of parts of at least so many bytes that hold whole records, the last one at the end of the last whole record. The text
/// begins with a record.
pub(super) fn cuts(text: &[u8], delimiter: u8, every: usize) -> Vec<usize> {
    let (mut found, mut at, mut cut, mut last) = (Vec::new(), 0, 0, 0);
    while let Some(next) = memchr::memchr2(b'"', b'\n', &text[at..]).map(|next| at + next) {
        if text[next] == b'\n' {
            (at, last) = (next + 1, next + 1);
            if last - cut >= every {
                found.push(last);
                cut = last;
            }
            continue;
        }
        let opens = next == 0 || text[next - 1] == delimiter || text[next - 1] == b'\n';
        at = next + 1;
        if opens {
            match closing(text, next) {
                Some((close, _)) => at = close + 1,
                None => break,
            }
        }
    }
    if last > cut {
        found.push(last);
    }
    found
}

/// The quote that closes the one that stands here, and whether some between are doubled.
fn closing(text: &[u8], open: usize) -> Option<(usize, bool)> {
    let (mut at, mut doubled) = (open + 1, false);
    loop {
        at += memchr::memchr(b'"', text.get(at..)?)?;
        if text.get(at + 1) != Some(&b'"') {
            return Some((at, doubled));
        }
        doubled = true;
        at += 2;
    }
}

/// The fields of the record that begins here, and where the next one does.
fn record(text: &[u8], start: usize, delimiter: u8, fields: &mut Vec<Field>) -> Result<usize, String> {
    fields.clear();
    let mut at = start;
    loop {
        if text.get(at) == Some(&b'"') {
            let (close, doubled) = closing(text, at).ok_or("a quote is not closed")?;
            fields.push(Field { start: at + 1, end: close, doubled });
            match &text[close + 1..] {
                [] => return Ok(text.len()),
                [b'\n', ..] => return Ok(close + 2),
                [b'\r', b'\n', ..] => return Ok(close + 3),
                [b'\r'] => return Ok(text.len()),
                [sign, ..] if *sign == delimiter => at = close + 2,
                _ => return Err("a quoted field goes on after its closing quote".to_owned()),
            }
            continue;
        }
        let found = memchr::memchr2(delimiter, b'\n', &text[at..]).map(|found| at + found);
        let mut end = found.unwrap_or(text.len());
        let is_last = found.is_none_or(|found| text[found] == b'\n');
        let next = found.map_or(text.len(), |found| found + 1);
        if is_last && end > at && text[end - 1] == b'\r' {
            end -= 1;
        }
        fields.push(Field { start: at, end, doubled: false });
        if is_last {
            return Ok(next);
        }
        at = next;
    }
}

fn value(text: &[u8], field: Field) -> Vec<u8> {
    let raw = &text[field.start..field.end];
    if !field.doubled {
        return raw.to_vec();
    }
    let mut value = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        value.extend_from_slice(&rest[..=quote]);
        rest = rest.get(quote + 2..).unwrap_or_default();
    }
    value.extend_from_slice(rest);
    value
}

/// A column under way.
struct Column {
    values: Vec<u8>,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Column {
    fn new(bytes: usize) -> Column {
        Column { values: Vec::with_capacity(bytes), offsets: vec![0], nulls: NullBufferBuilder::new(bytes / 16) }
    }

    fn append(&mut self, text: &[u8], field: Field) {
        if field.doubled {
            self.values.extend_from_slice(&value(text, field));
        } else {
            self.values.extend_from_slice(&text[field.start..field.end]);
        }
        self.end(field.end > field.start);
    }

    fn end(&mut self, is_there: bool) {
        // A part of a file is far smaller than 2 GiB.
        self.offsets.push(i32::try_from(self.values.len()).unwrap_or(i32::MAX));
        self.nulls.append(is_there);
    }

    fn finish(mut self) -> Option<ArrayRef> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let array = StringArray::try_new(offsets, Buffer::from_vec(self.values), self.nulls.finish());
        Some(Arc::new(array.ok()?))
    }
}

/// Whole records as SQL sees them; the first begins in this line. Those that do not fit the header are put aside.
pub(super) fn rows<'a>(
    sheet: &Sheet,
    schema: &SchemaRef,
    file: &'a str,
    first_line: u64,
    text: &'a [u8],
    misfits: &mut Vec<Misfit>,
) -> Input<'a> {
    let name_of = |name: &str| schema.fields().iter().position(|field| field.name() == name);
    let targets: Vec<Option<usize>> = sheet.names.iter().map(|name| name_of(name)).collect();
    let given: Vec<usize> = targets.iter().flatten().copied().collect();
    let share = text.len() / sheet.names.len().max(1);
    let mut columns: Vec<Column> = schema.fields().iter().map(|_| Column::new(share)).collect();
    let missing: Vec<usize> = (0..columns.len()).filter(|column| !given.contains(column)).collect();
    let is_text = std::str::from_utf8(text).is_ok();
    let (mut lines, mut words): (Vec<u64>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    let (mut at, mut line, mut fields) = (0, first_line, Vec::with_capacity(sheet.names.len()));
    let mut is_header = sheet.has_header && first_line == 1;
    while at < text.len() {
        let read = record(text, at, sheet.delimiter, &mut fields);
        let next = match &read {
            Ok(next) => *next,
            // It may be a stray quote: only this line is lost.
            Err(_) => memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline + 1),
        };
        let whole = &text[at..next];
        let is_blank = whole.trim_ascii().is_empty();
        if !(is_header || is_blank) {
            match read.and_then(|_| fits(sheet, whole, &fields, is_text)) {
                Ok(()) => {
                    for (field, target) in fields.iter().zip(&targets) {
                        if let Some(target) = target {
                            columns[*target].append(text, *field);
                        }
                    }
                    missing.iter().for_each(|column| columns[*column].end(false));
                    lines.push(line);
                    words.push(at..next);
                }
                Err(reason) => misfits.push(Misfit::new(format!("{file}:{line}"), reason, whole.trim_ascii_end())),
            }
        }
        is_header = false;
        line += memchr::memchr_iter(b'\n', whole).count() as u64;
        at = next;
    }
    let arrays = columns.into_iter().zip(schema.fields()).map(|(column, field)| match field.name().as_str() {
        FILE => Some(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(file, lines.len()))) as ArrayRef),
        LINE => Some(Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.cast_signed()))) as ArrayRef),
        _ => column.finish(),
    });
    let arrays: Option<Vec<ArrayRef>> = arrays.collect();
    let options = RecordBatchOptions::new().with_row_count(Some(lines.len()));
    let batch = arrays.and_then(|arrays| RecordBatch::try_new_with_options(schema.clone(), arrays, &options).ok());
    debug_assert!(batch.is_some(), "the columns are text and equally long");
    Input { file, batch: batch.unwrap_or_else(|| RecordBatch::new_empty(schema.clone())), lines, text, words }
}

fn fits(sheet: &Sheet, whole: &[u8], fields: &[Field], is_text: bool) -> Result<(), String> {
    if fields.len() != sheet.names.len() {
        let of = |count: usize| format!("{count} field{}", if count == 1 { "" } else { "s" });
        return Err(format!("has {}, not {}", of(fields.len()), sheet.names.len()));
    }
    if is_text {
        return Ok(());
    }
    match std::str::from_utf8(whole) {
        Ok(_) => Ok(()),
        Err(error) => {
            let byte = whole.get(error.valid_up_to()).copied().unwrap_or_default();
            Err(format!("byte 0x{byte:02X} is not UTF-8; name its encoding, such as encoding = \"windows-1252\""))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::mapping::schema;
    use arrow::array::{Array, AsArray};

    fn sheet(text: &str) -> Sheet {
        Sheet::of(text.as_bytes(), None, None).unwrap()
    }

    type Read = (Vec<(u64, Vec<Option<String>>)>, Vec<(String, String)>);

    fn read(text: &[u8], piece: usize) -> Read {
        let sheet = Sheet::of(text, None, None).unwrap();
        let schema = schema(sheet.names.iter().map(String::as_str));
        let (mut found, mut misfits, mut start, mut line) = (Vec::new(), Vec::new(), 0, 1);
        let mut ends = cuts(text, sheet.delimiter, piece);
        if ends.last() != Some(&text.len()) {
            ends.push(text.len());
        }
        for end in ends {
            let part = &text[start..end];
            let input = rows(&sheet, &schema, "x.csv", line, part, &mut misfits);
            for (row, line) in input.lines.iter().enumerate() {
                let value = |array: &ArrayRef| {
                    let texts = array.as_string::<i32>();
                    texts.is_valid(row).then(|| texts.value(row).to_owned())
                };
                found.push((*line, input.batch.columns()[..sheet.names.len()].iter().map(value).collect()));
            }
            line += part.iter().filter(|byte| **byte == b'\n').count() as u64;
            start = end;
        }
        (found, misfits.into_iter().map(|it| (it.place, it.reason)).collect())
    }

    #[test]
    fn delimiters_and_headers_are_found() {
        let names = |text: &str| (sheet(text).delimiter, sheet(text).names);
        let ab = || vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(names("a,b\n1,2\n"), (b',', ab()));
        assert_eq!(names("a;b\n1,5;2\n2,5;3\n"), (b';', ab()));
        assert_eq!(names("a\tb\r\n\"1\t\",2\r\n"), (b'\t', ab()));
        assert_eq!(names("\"a\"|\"b\"\n1|2"), (b'|', ab()));
        assert_eq!(names("a"), (b',', vec!["a".to_owned()]));
        assert!(names("").1.is_empty() && names("\r\n").1.is_empty());
        assert_eq!(names("a,,b").1, ["a", "column_2", "b"]);
        assert_eq!(Sheet::of("a,b,a\n".as_bytes(), None, None), Err("line 1 has a column a twice".to_owned()));
    }

    #[test]
    fn records_are_the_same_however_the_text_is_cut() {
        let text = "id,words\n1,\"two\nlines, \"\"quoted\"\"\"\n2,plain \"in\" it\r\n\n3,\n4,\"\"\n5,a,b\n6\n7,last";
        let some = |text: &str| Some(text.to_owned());
        let expected = vec![
            (2, vec![some("1"), some("two\nlines, \"quoted\"")]),
            (4, vec![some("2"), some("plain \"in\" it")]),
            (6, vec![some("3"), None]),
            (7, vec![some("4"), None]),
            (10, vec![some("7"), some("last")]),
        ];
        let wrong = [("x.csv:8", "has 3 fields, not 2"), ("x.csv:9", "has 1 field, not 2")];
        let wrong: Vec<_> = wrong.iter().map(|(place, reason)| ((*place).to_owned(), (*reason).to_owned())).collect();
        for piece in 1..60 {
            assert_eq!(read(text.as_bytes(), piece), (expected.clone(), wrong.clone()), "{piece}");
        }
    }

    #[test]
    fn what_is_wrong_costs_its_line() {
        let (rows, wrong) = read(b"a,b\n1,\"open\n2,x\n3,caf\xE9\n4,\"x\"y\n5,y\n", 1);
        let ids: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
        assert_eq!(ids, [3, 6], "{wrong:?}");
        assert_eq!(wrong[0], ("x.csv:2".to_owned(), "a quoted field goes on after its closing quote".to_owned()));
        assert!(wrong[1].1.starts_with("byte 0xE9 is not UTF-8"), "{wrong:?}");
        let (rows, wrong) = read(b"a,b\n1,\"open\n2,x\n", 1);
        assert_eq!((rows.len(), wrong), (1, vec![("x.csv:2".to_owned(), "a quote is not closed".to_owned())]));
    }
}
