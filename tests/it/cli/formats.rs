//! Every output format holds the same rows.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::product::{Product, csv_rows};
use crate::git_fixture::shared;

const QUERY: &str =
    "SELECT sha, path, previous_path, committed_at, lines_added, is_generated FROM commit_files ORDER BY sha, path";

#[test]
fn every_format_holds_the_same_rows() {
    let product = collected();
    let csv = csv_rows(&print(&product, "csv", QUERY));
    assert!(csv.len() > 300, "{}", csv.len());
    let arrow = read_arrow(&print(&product, "arrow", QUERY));
    let parquet = read_parquet(print(&product, "parquet", QUERY));
    assert_eq!(arrow.columns(), parquet.columns());
    assert_eq!(csv_of(&arrow), csv);
    let json: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_slice(&print(&product, "json", QUERY)).unwrap();
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let names: Vec<String> = arrow.schema().fields().iter().map(|field| field.name().clone()).collect();
    let rows: Vec<Vec<String>> = json.iter().map(|row| names.iter().map(|name| text(&row[name])).collect()).collect();
    assert_eq!(rows, csv, "JSON states each NULL");
}

#[test]
fn the_table_shows_every_row_under_its_header() {
    let product = collected();
    let query = "SELECT tag, sha FROM releases ORDER BY tag";
    let table = String::from_utf8(print(&product, "table", query)).unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let lines: Vec<Vec<String>> = table.lines().filter(|line| line.starts_with('|')).map(cells).collect();
    assert_eq!(lines[0], ["tag", "sha"]);
    assert_eq!(lines[1..], csv_rows(&print(&product, "csv", query)));
}

#[test]
fn an_answer_without_rows_is_readable_in_every_format() {
    let product = collected();
    let none = "SELECT sha, lines_added FROM commits WHERE false";
    assert_eq!(print(&product, "csv", none), b"sha,lines_added\n");
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&print(&product, "json", none)).unwrap(),
        serde_json::json!([])
    );
    for batch in [read_arrow(&print(&product, "arrow", none)), read_parquet(print(&product, "parquet", none))] {
        assert_eq!((batch.num_rows(), batch.num_columns()), (0, 2));
    }
    assert!(String::from_utf8(print(&product, "table", none)).unwrap().contains("| sha | lines_added |"));
}

fn collected() -> Product {
    let product = Product::new();
    product.collect(&shared().bare);
    product
}

fn print(product: &Product, format: &str, query: &str) -> Vec<u8> {
    let answer = product.run(["sql", "--format", format, query]).succeeded();
    assert!(answer.stderr.is_empty(), "{}", answer.stderr);
    answer.stdout
}

fn read_arrow(bytes: &[u8]) -> RecordBatch {
    let reader = arrow::ipc::reader::StreamReader::try_new(bytes, None).unwrap();
    let schema = reader.schema();
    concat_batches(&schema, &reader.map(Result::unwrap).collect::<Vec<_>>()).unwrap()
}

fn read_parquet(bytes: Vec<u8>) -> RecordBatch {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &bytes).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = Arc::clone(builder.schema());
    concat_batches(&schema, &builder.build().unwrap().map(Result::unwrap).collect::<Vec<_>>()).unwrap()
}

fn csv_of(batch: &RecordBatch) -> Vec<Vec<String>> {
    let mut bytes = Vec::new();
    arrow::csv::Writer::new(&mut bytes).write(batch).unwrap();
    csv_rows(&bytes)
}
