//! Looking for words in every byte of a folder, and in what compression hides.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Every file under `folder` that holds one of the words, whatever their case, with the word. Parquet files are looked at as
/// they lie there and decoded, with their statistics; git objects as git shows them.
pub fn files_with(folder: &Path, words: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(at) = waiting.pop() {
        for entry in std::fs::read_dir(&at).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                if path.join("objects").is_dir() {
                    let history =
                        crate::git_fixture::git_text(&path, &["log", "--all", "--stat", "--format=%an %ae %cn %ce %B"]);
                    look(&path, history.as_bytes(), words, &mut found);
                }
                waiting.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            look(&path, path.file_name().unwrap().as_encoded_bytes(), words, &mut found);
            look(&path, &bytes, words, &mut found);
            if path.extension().is_some_and(|it| it == "parquet") {
                look(&path, decoded(bytes).as_bytes(), words, &mut found);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn look(path: &Path, bytes: &[u8], words: &[&str], found: &mut Vec<(PathBuf, String)>) {
    let bytes = bytes.to_ascii_lowercase();
    for word in words {
        if memchr::memmem::find(&bytes, word.to_lowercase().as_bytes()).is_some() {
            found.push((path.to_owned(), (*word).to_owned()));
        }
    }
}

/// Every value of every column, and what the footer says.
fn decoded(bytes: Vec<u8>) -> String {
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap();
    let mut text = String::new();
    for group in builder.metadata().row_groups() {
        for column in group.columns() {
            if let Some(statistics) = column.statistics() {
                for bytes in [statistics.min_bytes_opt(), statistics.max_bytes_opt()].into_iter().flatten() {
                    text.push_str(&String::from_utf8_lossy(bytes));
                    text.push('\n');
                }
            }
        }
    }
    for batch in builder.build().unwrap() {
        let batch = batch.unwrap();
        text += &arrow::util::pretty::pretty_format_batches(&[batch]).unwrap().to_string();
    }
    text
}
