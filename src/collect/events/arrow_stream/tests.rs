use super::*;
use crate::model::adoption::TOOL_USAGE;
use crate::model::delivery::BUILDS;
use arrow::array::{Float64Array, RecordBatch, StringArray, StringViewBuilder, TimestampMicrosecondArray};
use arrow::datatypes::Schema;
use arrow::ipc::writer::StreamWriter;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;

/// So many builds, whose names of workflows are `workflows`.
fn builds(rows: usize, workflows: ArrayRef) -> RecordBatch {
    let texts =
        |text: &str| Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("{text}{row}")))) as ArrayRef;
    let times = TimestampMicrosecondArray::from_iter_values((0..rows).map(|row| row as i64)).with_timezone("+02:00");
    let columns = [
        ("repository", texts("acme/")),
        ("build_id", texts("")),
        ("status", texts("v")),
        ("started_at", Arc::new(times) as ArrayRef),
        ("workflow", workflows),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn stream(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn plain(rows: usize) -> Vec<u8> {
    stream(&builds(rows, Arc::new(StringArray::from_iter((0..rows).map(|row| (row % 2 == 0).then_some("main"))))))
}

#[test]
fn columns_come_in_the_order_of_the_table() {
    let pieces = read(&BUILDS, &plain(3)).unwrap();
    let names: Vec<&str> = rows::given(&BUILDS).map(|column| column.name).collect();
    assert_eq!((pieces.len(), pieces[0].len()), (1, names.len()));
    let column = |name: &str| &pieces[0][names.iter().position(|it| *it == name).unwrap()];
    assert_eq!(column("build_id").as_string::<i32>().value(2), "2");
    assert_eq!(column("workflow").null_count(), 1);
    assert_eq!(column("updated_at").null_count(), 3);
    let kinds: Vec<DataType> = pieces[0].iter().map(|array| array.data_type().clone()).collect();
    let expected: Vec<DataType> = rows::given(&BUILDS).map(|column| column.kind.arrow()).collect();
    assert_eq!(kinds, expected);
}

/// Whatever is changed in a stream, it is read or refused in one line, and takes no more memory than it has bytes.
#[test]
fn a_damaged_stream_is_refused_or_read() {
    let whole = plain(40);
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    let (mut refused, all) = (0, 1_000);
    for _ in 0..all {
        let mut damaged = whole.clone();
        for _ in 0..chance.random_range(1..4) {
            let at = chance.random_range(0..damaged.len());
            damaged[at] = [0, 1, 0x7f, 0x80, 0xff][chance.random_range(0..5)];
        }
        if chance.random_bool(0.2) {
            damaged.truncate(chance.random_range(0..damaged.len()));
        }
        match read(&BUILDS, &damaged) {
            Ok(pieces) => assert!(pieces.iter().all(|columns| columns[0].len() <= 40)),
            Err(line) => {
                assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > all / 4, "{refused}");
}

#[test]
fn texts_that_share_their_bytes_are_counted_each() {
    let long = "x".repeat(1 << 20);
    let mut views = StringViewBuilder::new();
    let block = views.append_block(long.into_bytes().into());
    for _ in 0..80 {
        views.try_append_view(block, 0, 1 << 20).unwrap();
    }
    let body = stream(&builds(80, Arc::new(views.finish())));
    assert!(body.len() < 2 << 20, "{}", body.len());
    let line = read(&BUILDS, &body).unwrap_err();
    assert!(line.starts_with("column workflow has more than 67108864 bytes"), "{line}");
}

#[test]
fn rows_without_bytes_are_counted() {
    let rows = ROWS as usize + 1;
    let schema = Arc::new(Schema::new(vec![arrow::datatypes::Field::new("workflow", DataType::Null, true)]));
    let batch = RecordBatch::try_new(schema, vec![new_null_array(&DataType::Null, rows)]).unwrap();
    let line = read(&BUILDS, &stream(&batch)).unwrap_err();
    assert_eq!(line, "it has more than 1000000 rows; send fewer at a time");
}

#[test]
fn what_is_no_number_is_not_stored_as_one() {
    let text = |text: &str| Arc::new(StringArray::from(vec![text; 3])) as ArrayRef;
    let day = TimestampMicrosecondArray::from(vec![0; 3]).with_timezone("UTC");
    let usage = |values: [Option<f64>; 3]| {
        let columns = [
            ("tool", text("copilot")),
            ("scope", text("acme")),
            ("day", Arc::new(day.clone()) as ArrayRef),
            ("breakdown", text("")),
            ("measure", text("seats")),
            ("value", Arc::new(Float64Array::from_iter(values)) as ArrayRef),
        ];
        read(&TOOL_USAGE, &stream(&RecordBatch::try_from_iter(columns).unwrap()))
    };
    assert!(usage([Some(1.5), None, Some(0.0)]).is_ok());
    assert_eq!(
        usage([Some(1.5), None, Some(f64::NAN)]).unwrap_err(),
        "row 3: value is NaN; send NULL for what is not known"
    );
    assert!(usage([Some(f64::INFINITY), None, None]).unwrap_err().starts_with("row 1: value is inf; "));
}
