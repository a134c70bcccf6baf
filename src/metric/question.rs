//! Which facts of which metric, and how they are read.
//!
//! One rule: text stays where it was read until it has a code; no row has a text of its own.

use super::division::Division;
use super::facts::{Facts, Numbers, Texts, TextsBuilder, UNKNOWN, Values};
use super::teams::{RollUp, Teams};
use super::{MetricError, Result, Window};
use crate::project::{Metric, SAMPLED_OF, Statistic, TEAM_SHARES, closest};
use crate::query::{Engine, QueryError, Scope};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, cast, col, lit};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use futures::StreamExt;

/// The dimension that has a tree.
const TEAM: &str = "team";

/// Which facts of which metric.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    pub metric: &'a Metric,
    pub scope: Scope,
    pub window: Window,
    /// Dimensions to keep apart.
    pub by: Vec<&'a str>,
    /// Only rows where these dimensions have these values. A team has the rows of all below it.
    pub only: Vec<(&'a str, &'a str)>,
    /// The depth of the teams that rows are kept apart by, 1 at the top. Without it they are the teams that rows name, or
    /// the children of the one team that is asked for.
    pub level: Option<usize>,
    /// The rows of a person who is split belong to the home team as a whole, as in an experiment, of which one team decides
    /// what the person gets.
    pub homes: bool,
}

impl<'a> Question<'a> {
    /// All facts of a window.
    pub fn of(metric: &'a Metric, scope: Scope, window: Window) -> Question<'a> {
        Question { metric, scope, window, by: Vec::new(), only: Vec::new(), level: None, homes: false }
    }

    fn check(&self) -> Result<()> {
        for dimension in self.by.iter().chain(self.only.iter().map(|(dimension, _)| dimension)) {
            let has = &self.metric.header.dimensions;
            if !has.iter().any(|it| it == dimension) {
                let names: Vec<&str> = has.iter().map(String::as_str).collect();
                return Err(MetricError::Dimension {
                    metric: self.metric.name.clone(),
                    dimension: (*dimension).to_owned(),
                    meant: closest(dimension, &names),
                    has: has.clone(),
                });
            }
        }
        Ok(())
    }

    /// The team that is asked for.
    fn team(&self) -> Option<&'a str> {
        self.only.iter().find(|(dimension, _)| *dimension == TEAM).map(|(_, team)| *team)
    }

    fn roll_up(&self) -> RollUp<'a> {
        match (self.level, self.team()) {
            (Some(level), _) => RollUp::Level(level.max(1)),
            (None, Some(team)) => RollUp::Below(team),
            (None, None) => RollUp::Named,
        }
    }
}

/// Reads the facts of a question.
///
/// # Errors
/// [`MetricError::Query`] when the metric's SQL fails, [`MetricError::Dimension`] for an unknown cut, [`MetricError::Facts`]
/// for facts without a time or with values that are no numbers.
pub async fn facts(engine: &Engine, question: &Question<'_>) -> Result<Facts> {
    question.check()?;
    let metric = question.metric;
    let failed = |source: QueryError| MetricError::Query { metric: metric.name.clone(), source };
    let needs_teams = question.team().is_some() || question.level.is_some();
    let teams =
        if needs_teams { Teams::read(engine, &question.scope).await.map_err(failed)? } else { Teams::default() };
    let session = engine.session(&question.scope).await.map_err(failed)?;
    let read = async {
        let frame = view(engine, &session, metric).await?;
        let columns = Columns::of(question, &frame);
        let frame = condition(question, &teams, &columns, frame)?;
        let frame = frame.select(columns.select.clone())?;
        Ok((columns, gather(metric.header.statistic, frame).await?))
    };
    let (columns, gathered) = read.await.map_err(|error: DataFusionError| failed(error.into()))?;
    let facts = gathered.into_facts(question, &teams, &columns)?;
    facts.check(metric)?;
    Ok(facts)
}

/// The facts as the session has them: its view of that name, which is planned already.
async fn view(engine: &Engine, session: &SessionContext, metric: &Metric) -> Result<DataFrame, DataFusionError> {
    let is_registered = engine.project().metrics.get(&metric.name).is_some_and(|it| it.sql == metric.sql);
    if is_registered && session.table_exist(metric.name.as_str())? {
        return session.table(metric.name.as_str()).await;
    }
    // Planned from its text, so that the error of a broken metric is the metric's and not "no such table".
    session.sql(&metric.sql).await
}

/// What is read of a row, by position.
struct Columns {
    select: Vec<Expr>,
    /// Places among the texts, of which the first are the dimensions to keep apart.
    sampled: Option<usize>,
    team: Option<usize>,
    shares: Option<usize>,
}

impl Columns {
    fn of(question: &Question<'_>, frame: &DataFrame) -> Columns {
        let header = &question.metric.header;
        let schema = frame.schema();
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
        let sampled = header.is_stock.then(|| text(SAMPLED_OF));
        let has_team = question.by.contains(&TEAM) || question.team().is_some();
        let has_shares = has_team && !question.homes && schema.has_column_with_unqualified_name(TEAM_SHARES);
        let team = has_team.then(|| text(TEAM));
        let shares = has_shares.then(|| text(TEAM_SHARES));
        Columns { sampled, team, shares, select }
    }
}

fn condition(
    question: &Question<'_>,
    teams: &Teams,
    columns: &Columns,
    frame: DataFrame,
) -> Result<DataFrame, DataFusionError> {
    let mut frame = frame.filter(in_window(question))?;
    for (dimension, value) in &question.only {
        frame = if *dimension == TEAM {
            let below = teams.below(value).into_iter().map(lit).collect();
            let named = col(TEAM).in_list(below, false);
            let split = columns.shares.map(|_| col(TEAM_SHARES).is_not_null());
            frame.filter(split.map_or(named.clone(), |split| named.or(split)))?
        } else {
            frame.filter(col(*dimension).eq(lit(*value)))?
        };
    }
    Ok(frame)
}

fn in_window(question: &Question<'_>) -> Expr {
    let moment = |at: chrono::DateTime<chrono::Utc>| {
        lit(ScalarValue::TimestampMicrosecond(Some(at.timestamp_micros()), Some("UTC".into())))
    };
    let window = &question.window;
    let begun = col("at").lt(moment(window.to));
    let inside = if question.metric.header.statistic == Statistic::TimeAverage {
        // What lasts is of every window that it lasts in; what ends before it begins is told as unknown where it begins.
        begun.and(
            col("until").gt(moment(window.from)).or(col("until").is_null()).or(col("at").gt_eq(moment(window.from))),
        )
    } else {
        begun.and(col("at").gt_eq(moment(window.from)))
    };
    // A fact without a time would otherwise vanish here instead of being complained about.
    inside.or(col("at").is_null())
}

/// Columns as they come from disk.
struct Gathered {
    at: Vec<i64>,
    has_timeless: bool,
    values: Values,
    keys: TextsBuilder,
    texts: Vec<TextsBuilder>,
}

/// Reads all partitions at once, each into columns of its own, and puts these one after the other.
async fn gather(statistic: Statistic, frame: DataFrame) -> Result<Gathered, DataFusionError> {
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

    fn into_facts(self, question: &Question<'_>, teams: &Teams, columns: &Columns) -> Result<Facts> {
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
