//! The promises of the module, each checked on a small organisation, the effect on a large one.

mod effect;
mod folder;
mod promises;

use super::*;
use crate::model;
use arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Days, Utc};
use std::collections::BTreeMap;

/// Six teams, twenty weeks, a rollout in the tenth, nobody assigned.
fn small() -> Config {
    let config = Config { teams: 6, weeks: 20, ..Config::default() };
    let start = config.start + Days::new(70);
    let effect = Effect { cycle_time: -0.3, review_time: -0.1, tickets: 0.5, change_fail_rate: 0.5 };
    let rollout = Rollout {
        experiment: "assistant".into(),
        tool: "Review assistant".into(),
        variant: "assistant".into(),
        start,
        adoption: 0.8,
        contamination: 0.1,
        first_use_days: 6.0,
        novelty: Some(Novelty { half_life_weeks: 4.0, remaining: 0.5 }),
        effect,
    };
    Config { rollout: Some(rollout), ..config }
}

/// Every second team gets the tool.
fn assigned(config: Config) -> Config {
    let variants = ["assistant", "control"].into_iter().cycle();
    let assignment = teams(&config).into_iter().zip(variants.map(String::from)).collect();
    Config { assignment, ..config }
}

fn rollout_begins(config: &Config) -> DateTime<Utc> {
    config.rollout.as_ref().unwrap().begins()
}

fn texts<'a>(batch: &'a RecordBatch, column: &str) -> &'a StringArray {
    batch.column_by_name(column).unwrap().as_string()
}

fn ints<'a>(batch: &'a RecordBatch, column: &str) -> &'a Int64Array {
    batch.column_by_name(column).unwrap().as_primitive::<Int64Type>()
}

fn times<'a>(batch: &'a RecordBatch, column: &str) -> &'a TimestampMicrosecondArray {
    batch.column_by_name(column).unwrap().as_primitive::<TimestampMicrosecondType>()
}

/// The keys of a table's rows as text that sorts as the key does.
fn keys(name: &str, batch: &RecordBatch) -> Vec<Vec<String>> {
    let key = model::table(name).unwrap().key;
    (0..batch.num_rows())
        .map(|row| {
            key.iter()
                .map(|column| {
                    let array = batch.column_by_name(column).unwrap();
                    match array.as_string_opt::<i32>() {
                        Some(text) => text.value(row).to_owned(),
                        None if array.as_primitive_opt::<Int64Type>().is_some() => {
                            format!("{:020}", ints(batch, column).value(row))
                        }
                        None => format!("{:020}", times(batch, column).value(row) + (1 << 60)),
                    }
                })
                .collect()
        })
        .collect()
}
