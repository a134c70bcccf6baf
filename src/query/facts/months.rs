//! Facts of changed weeks: the months that a changed row is of are asked for again.
//!
//! One rule: a month that cannot be told surely is asked for as well.

use super::changes::differing;
use super::correction::{MOST_CHANGED, Member};
use super::group::Refresh;
use super::write::Month;
use super::{Refreshed, timed};
use crate::model;
use crate::store::Snapshot;
use arrow::array::AsArray;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use datafusion::common::exec_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::prelude::{col, lit};
use datafusion::scalar::ScalarValue;
use std::collections::{BTreeMap, BTreeSet};

/// Microseconds. 1970 began on a Thursday.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Months by name, with their bounds, and how many rows changed in them.
pub(super) struct Months {
    bounds: BTreeMap<String, Option<(i64, i64)>>,
    rows: usize,
}

impl Months {
    /// The month of a moment, and that of its week's Monday.
    fn add(&mut self, moment: i64) {
        let monday = moment - (moment + 3 * DAY).rem_euclid(7 * DAY);
        for month in [Month::of(Some(moment)), Month::of(Some(monday))] {
            self.bounds.insert(month.name, month.bounds);
        }
    }
}

impl Refresh<'_> {
    /// The months that facts may have changed in, where these tables did; `None` where that cannot be told, or they are too many.
    pub async fn changed_months(&self, member: &Member, tables: &BTreeSet<&'static str>) -> Option<Months> {
        match self.find_months(member, tables).await {
            Ok(months) => months,
            Err(error) => {
                tracing::info!("facts of {} are made anew: {error}", member.metric.name);
                None
            }
        }
    }

    async fn find_months(
        &self,
        member: &Member,
        tables: &BTreeSet<&'static str>,
    ) -> crate::query::Result<Option<Months>> {
        // A fact may have no moment.
        let unknown = Month::of(None);
        let mut months = Months { bounds: BTreeMap::from([(unknown.name, unknown.bounds)]), rows: 0 };
        for table in tables.iter().filter_map(|name| model::table(name)) {
            let Some(now) = self.world.snapshots.get(table.name) else { return Ok(None) };
            let then = match member.before.tables.get(table.name).copied().flatten() {
                Some(version) => self.engine.store().snapshot_at(table, version).await?,
                None => Snapshot::never_written(table),
            };
            for batch in differing(&then, now, &timed::moments(table)).await? {
                months.rows += batch.num_rows();
                for column in batch.columns() {
                    let moments = arrow::compute::cast(column, &DataType::Timestamp(TimeUnit::Microsecond, None));
                    let moments = moments.map_err(DataFusionError::from)?;
                    for moment in moments.as_primitive::<TimestampMicrosecondType>().iter().flatten() {
                        months.add(moment);
                    }
                }
            }
        }
        let before = member.before.parts.iter().filter(|part| months.bounds.contains_key(&part.month));
        let (touched, all) =
            (before.map(|part| part.rows).sum::<u64>(), member.before.parts.iter().map(|part| part.rows));
        Ok((touched as f64 <= all.sum::<u64>() as f64 * MOST_CHANGED).then_some(months))
    }

    /// Asks for the facts of some months.
    pub async fn ask_again(&self, member: &Member, months: Months) -> Result<Refreshed> {
        let frame = self.session.sql(&member.metric.sql).await?;
        let moment = |micros: i64| lit(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())));
        let within = |bounds: &Option<(i64, i64)>| match bounds {
            Some((from, to)) => col("at").gt_eq(moment(*from)).and(col("at").lt(moment(*to))),
            // So are moments past all months.
            None => col("at")
                .is_null()
                .or(col("at").lt(moment(DateTime::<Utc>::MIN_UTC.timestamp_micros())))
                .or(col("at").gt(moment(DateTime::<Utc>::MAX_UTC.timestamp_micros()))),
        };
        let Some(asked) = months.bounds.values().map(within).reduce(Expr::or) else { return exec_err!("no month") };
        let names = months.bounds.keys().cloned().collect();
        self.replace(member, &names, frame.filter(asked)?, months.rows).await
    }
}
