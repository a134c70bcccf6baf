//! Facts read from disk into columns.
//!
//! One rule: text stays where it was read until it has a code; no row has a text of its own.

use super::division::Division;
use super::facts::{Facts, Numbers, Texts, TextsBuilder, UNKNOWN, Values};
use super::question::{Question, TEAM};
use super::teams::Teams;
use super::{MetricError, Result};
use crate::project::{Statistic, TEAM_SHARES};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, cast, col};
use futures::StreamExt;

/// What is read of a row, by position.
pub(super) struct Columns {
    pub select: Vec<Expr>,
    /// Places among the texts, of which the first are the dimensions to keep apart.
    sampled: Option<usize>,
    team: Option<usize>,
    shares: Option<usize>,
}

impl Columns {
    pub(super) fn of(question: &Question<'_>, frame: &DataFrame) -> Columns {
        let header = &question.metric.header;
        let moment = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let mut select = vec![cast(col("at"), moment.clone()).alias("at")];
        for name in header.statistic.columns() {
            select.push(
                match header.statistic {
                    Statistic::Distinct => col(*name),
                    Statistic::TimeAverage => cast(col(*name), moment.clone()),
                    _ => cast(col(*name), DataType::Float64),
                }
                .alias(*name),
            );
        }
        let mut texts = 0;
        let mut text = |name: &str| {
            select.push(col(name).alias(format!("text_{texts}")));
            texts += 1;
            texts - 1
        };
        question.by.iter().for_each(|dimension| _ = text(dimension));
        let sampled = header.is_stock.then(|| text(header.sampled_of()));
        let has_team = question.by.contains(&TEAM) || question.team().is_some();
        let has_shares = has_team && question.has_shares(frame);
        // Only of a row that is split is the home team asked for.
        let team = has_shares.then(|| text(TEAM));
        let shares = has_shares.then(|| text(TEAM_SHARES));
        Columns { sampled, team, shares, select }
    }
}

/// Columns as they come from disk.
pub(super) struct Gathered {
    at: Vec<i64>,
    has_timeless: bool,
    values: Values,
    keys: TextsBuilder,
    texts: Vec<TextsBuilder>,
}

/// Reads all partitions at once, each into columns of its own, and puts these one after the other.
pub(super) async fn gather(statistic: Statistic, frame: DataFrame) -> Result<Gathered, DataFusionError> {
    let texts = frame.schema().fields().iter().filter(|field| field.name().starts_with("text_")).count();
    let mut readers = Vec::new();
    for mut stream in frame.execute_stream_partitioned().await? {
        readers.push(tokio::spawn(async move {
            let mut gathered = Gathered::new(statistic, texts);
            while let Some(batch) = stream.next().await {
                gathered.add(&batch?)?;
            }
            Ok::<_, DataFusionError>(gathered)
        }));
    }
    let mut all: Option<Gathered> = None;
    for reader in readers {
        let gathered = reader.await.map_err(|error| DataFusionError::External(error.into()))??;
        match &mut all {
            None => all = Some(gathered),
            Some(all) => all.append(gathered),
        }
    }
    Ok(all.unwrap_or_else(|| Gathered::new(statistic, texts)))
}

impl Gathered {
    fn new(statistic: Statistic, texts: usize) -> Gathered {
        let texts = (0..texts).map(|_| TextsBuilder::default()).collect();
        let values = Values::of(statistic);
        Gathered { at: Vec::new(), has_timeless: false, values, keys: TextsBuilder::default(), texts }
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), DataFusionError> {
        let at = batch.column(0).as_primitive::<TimestampMicrosecondType>();
        self.has_timeless |= at.null_count() > 0;
        self.at.extend_from_slice(at.values());
        let add = |numbers: &mut Numbers, column: usize| {
            let column = batch.column(column).as_primitive::<Float64Type>();
            if column.null_count() == 0 { numbers.extend_known(column.values()) } else { numbers.extend(column.iter()) }
        };
        match &mut self.values {
            Values::Rows => {}
            Values::Numbers(numbers) => add(numbers, 1),
            Values::Pairs(first, second) => {
                add(first, 1);
                add(second, 2);
            }
            Values::Keys(_) => self.keys.extend(batch.column(1))?,
            Values::Ends(ends) => {
                let column = batch.column(1).as_primitive::<TimestampMicrosecondType>();
                ends.extend(column.iter().map(|end| end.unwrap_or(i64::MAX)));
            }
        }
        let first = batch.num_columns() - self.texts.len();
        for (text, column) in self.texts.iter_mut().zip(&batch.columns()[first..]) {
            text.extend(column)?;
        }
        Ok(())
    }

    fn append(&mut self, other: Gathered) {
        self.has_timeless |= other.has_timeless;
        self.at.extend_from_slice(&other.at);
        self.keys.append(other.keys);
        match (&mut self.values, other.values) {
            (Values::Numbers(all), Values::Numbers(more)) => all.append(&more),
            (Values::Pairs(first, second), Values::Pairs(more_first, more_second)) => {
                first.append(&more_first);
                second.append(&more_second);
            }
            (Values::Ends(all), Values::Ends(more)) => all.extend_from_slice(&more),
            // Rows have no values, and keys are in a column of their own.
            (_, _) => {}
        }
        for (text, more) in self.texts.iter_mut().zip(other.texts) {
            text.append(more);
        }
    }

    /// The facts, divided as the question asks.
    pub(super) fn into_facts(self, question: &Question<'_>, teams: &Teams, columns: &Columns) -> Result<Facts> {
        let failed = |problem: String| MetricError::Facts { metric: question.metric.name.clone(), problem };
        if self.has_timeless {
            return Err(failed("a fact has no time: column at is NULL".to_owned()));
        }
        if self.at.len() >= UNKNOWN as usize {
            return Err(failed(format!("{} facts are more than one answer holds; ask for less time", self.at.len())));
        }
        let values = if let Values::Keys(_) = self.values { Values::Keys(self.keys.finish()) } else { self.values };
        let mut texts: Vec<Option<Texts>> = self.texts.into_iter().map(|text| Some(text.finish())).collect();
        let mut take = |place: Option<usize>| place.and_then(|place| texts[place].take());
        let (team, shares, sampled) = (take(columns.team), take(columns.shares), take(columns.sampled));
        let cuts: Vec<Texts> = (0..question.by.len()).filter_map(|place| texts[place].take()).collect();
        let facts = Facts { at: self.at, values, groups: None, sampled, weights: None };
        let below = question.team().map(|team| teams.below(team));
        let is_team = question.by.iter().map(|dimension| *dimension == TEAM).collect();
        let division = Division { teams, roll_up: question.roll_up(), below, cuts, is_team, team, shares };
        Ok(division.divide(facts))
    }
}
