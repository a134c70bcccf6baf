//! Tables in CSV files as Go and spreadsheets write them: quoted fields may hold commas, quotes and lines.

use std::collections::BTreeMap;
use std::path::Path;

/// The rows by column name.
pub fn read(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut records = records(&text).into_iter();
    let names = records.next().unwrap_or_default();
    let row = |record: Vec<String>| {
        assert_eq!(record.len(), names.len(), "{}: {record:?}", path.display());
        names.iter().cloned().zip(record).collect()
    };
    records.map(row).collect()
}

fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut field)),
            '\n' if !is_quoted => {
                record.push(std::mem::take(&mut field).trim_end_matches('\r').to_owned());
                records.push(std::mem::take(&mut record));
            }
            letter => field.push(letter),
        }
    }
    if !record.is_empty() || !field.is_empty() {
        record.push(field);
        records.push(record);
    }
    records
}

#[test]
fn quoted_fields() {
    let expected = [["a", "b"], ["1,\n\"x\"", ""], ["2", "3"]].map(|record| record.map(str::to_owned).to_vec());
    assert_eq!(records("a,b\r\n\"1,\n\"\"x\"\"\",\n2,3"), expected);
}
