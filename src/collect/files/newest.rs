//! Of several rows with the same key the newest stands, and of several of the same moment the last.
//!
//! One rule: it is the rule of [`crate::store::Change::Upsert`], applied to rows that are written together.

use crate::model::{Kind, Table};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// Stands for a key. Two keys with the same one are not to be expected, by its length.
pub(super) type KeyHash = u128;

/// For maps by what is a hash already.
pub(super) type AsIs = BuildHasherDefault<Same>;

/// Takes numbers for their own hashes.
#[derive(Default)]
pub(super) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
}

/// One row among batches.
struct Place {
    batch: usize,
    row: usize,
    updated_at: Option<i64>,
}

/// For each batch the hashes of its keys, and which of its rows stand.
pub(super) fn standing(table: &Table, batches: &[RecordBatch]) -> Vec<(Vec<KeyHash>, Vec<bool>)> {
    let mut found: Vec<(Vec<KeyHash>, Vec<bool>)> =
        batches.iter().map(|batch| (hashes(table, batch), vec![true; batch.num_rows()])).collect();
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut newest: HashMap<KeyHash, Place, AsIs> = HashMap::with_capacity_and_hasher(rows, AsIs::default());
    for (index, batch) in batches.iter().enumerate() {
        let times = batch.column_by_name("updated_at").and_then(|it| it.as_primitive_opt::<TimestampMicrosecondType>());
        for row in 0..batch.num_rows() {
            let updated_at = times.filter(|times| times.is_valid(row)).map(|times| times.value(row));
            let place = Place { batch: index, row, updated_at };
            match newest.entry(found[index].0[row]) {
                std::collections::hash_map::Entry::Vacant(entry) => drop(entry.insert(place)),
                // Unknown is older than any time.
                std::collections::hash_map::Entry::Occupied(mut entry) if entry.get().updated_at <= updated_at => {
                    let older = entry.insert(place);
                    found[older.batch].1[older.row] = false;
                }
                std::collections::hash_map::Entry::Occupied(_) => found[index].1[row] = false,
            }
        }
    }
    found
}

/// Only the rows for which `stands` is true; `None` where there is none.
pub(super) fn only(batch: &RecordBatch, stands: &[bool]) -> Result<Option<RecordBatch>, arrow::error::ArrowError> {
    let count = stands.iter().filter(|stands| **stands).count();
    Ok(match count {
        0 => None,
        _ if count == stands.len() => Some(batch.clone()),
        _ => Some(arrow::compute::filter_record_batch(batch, &BooleanArray::from(stands.to_vec()))?),
    })
}

fn hashes(table: &Table, batch: &RecordBatch) -> Vec<KeyHash> {
    // Two hashes of 64 bits with different beginnings.
    let mut hashers: Vec<(DefaultHasher, DefaultHasher)> = (0..batch.num_rows())
        .map(|_| {
            let mut second = DefaultHasher::new();
            second.write_u8(1);
            (DefaultHasher::new(), second)
        })
        .collect();
    for name in table.key {
        let Some(column) = table.columns.iter().find(|column| column.name == *name) else { continue };
        let Some(array) = batch.column_by_name(name) else { continue };
        add(&mut hashers, column.kind, array);
    }
    let whole = |(first, second): (DefaultHasher, DefaultHasher)| {
        (u128::from(first.finish()) << 64) | u128::from(second.finish())
    };
    hashers.into_iter().map(whole).collect()
}

fn add(hashers: &mut [(DefaultHasher, DefaultHasher)], kind: Kind, array: &dyn Array) {
    fn each<T: Hash>(hashers: &mut [(DefaultHasher, DefaultHasher)], values: impl Iterator<Item = T>) {
        for ((first, second), value) in hashers.iter_mut().zip(values) {
            value.hash(first);
            value.hash(second);
        }
    }
    match kind {
        Kind::Text | Kind::Person => each(hashers, array.as_string::<i32>().iter()),
        Kind::Bool => each(hashers, array.as_boolean().iter()),
        Kind::Int => each(hashers, array.as_primitive::<Int64Type>().iter()),
        Kind::Float => each(hashers, array.as_primitive::<Float64Type>().iter().map(|it| it.map(f64::to_bits))),
        Kind::Time => each(hashers, array.as_primitive::<TimestampMicrosecondType>().iter()),
    }
}
