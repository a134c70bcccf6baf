//! Which facts of which metric.
//!
//! One rule: which rows are asked for is said in SQL, here and nowhere else; how much of each counts is decided after.

use super::facts::Facts;
use super::read::{Columns, gather};
use super::teams::{RollUp, Teams};
use super::{MetricError, Result, Window};
use crate::model;
use crate::project::{Metric, Statistic, TEAM_SHARES, closest};
use crate::query::{Engine, QueryError, Scope, person_of};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::functions::string::expr_fn::concat;
use datafusion::functions::unicode::expr_fn::strpos;
use datafusion::logical_expr::{Expr, JoinType, col, lit, when};
use datafusion::scalar::ScalarValue;

/// The dimension that has a tree.
pub(super) const TEAM: &str = "team";

/// The column by which rows of one person are kept apart, where [`Question::by_person`] says so.
pub const PERSON: &str = "person";

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
    /// [`PERSON`] is a dimension: whose row it is by the metric's entity. For experiments, which draw people and show none.
    pub by_person: bool,
}

impl<'a> Question<'a> {
    /// All facts of a window.
    pub fn of(metric: &'a Metric, scope: Scope, window: Window) -> Question<'a> {
        Question {
            metric,
            scope,
            window,
            by: Vec::new(),
            only: Vec::new(),
            level: None,
            homes: false,
            by_person: false,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        for dimension in self.by.iter().chain(self.only.iter().map(|(dimension, _)| dimension)) {
            if self.by_person && *dimension == PERSON {
                continue;
            }
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

    /// Whether rows may be divided between teams.
    pub(super) fn has_shares(&self, frame: &DataFrame) -> bool {
        !self.homes && frame.schema().has_column_with_unqualified_name(TEAM_SHARES)
    }

    /// The team that is asked for.
    pub(super) fn team(&self) -> Option<&'a str> {
        self.only.iter().find(|(dimension, _)| *dimension == TEAM).map(|(_, team)| *team)
    }

    pub(super) fn roll_up(&self) -> RollUp<'a> {
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
    let mut frame = engine.facts(&question.scope, metric).await.map_err(failed)?;
    if question.by_person {
        frame = with_person(engine, question, frame).await?;
    }
    let read = async {
        let columns = Columns::of(question, &frame);
        let frame = condition(question, &teams, frame)?;
        let frame = frame.select(columns.select.clone())?;
        Ok((columns, gather(metric.header.statistic, frame).await?))
    };
    let (columns, gathered) = read.await.map_err(|error: DataFusionError| failed(error.into()))?;
    let facts = gathered.into_facts(question, &teams, &columns)?;
    facts.check(metric)?;
    Ok(facts)
}

/// The facts with whose row each is.
async fn with_person(engine: &Engine, question: &Question<'_>, facts: DataFrame) -> Result<DataFrame> {
    let metric = question.metric;
    let entity = metric.header.entity.as_deref();
    let person = entity.and_then(|entity| Some((model::table(entity)?, person_of(entity)?)));
    let Some((table, person)) = person else {
        let problem = "its rows are nobody's, so that it cannot be measured by developer".to_owned();
        return Err(MetricError::Facts { metric: metric.name.clone(), problem });
    };
    let keys: Vec<&str> = table.key.iter().copied().chain(["source"]).collect();
    let renamed: Vec<String> = keys.iter().map(|key| format!("entity_{key}")).collect();
    let columns: Vec<String> = keys.iter().zip(&renamed).map(|(key, name)| format!("{key} AS {name}")).collect();
    let sql = format!("SELECT {}, {person} AS {PERSON} FROM {}", columns.join(", "), table.name);
    let joined = async {
        let entities = engine.session(&question.scope).await?.sql(&sql).await?;
        let right: Vec<&str> = renamed.iter().map(String::as_str).collect();
        Ok(facts.join(entities, JoinType::Left, &keys, &right, None)?)
    };
    joined.await.map_err(|source| MetricError::Query { metric: metric.name.clone(), source })
}

/// The rows that are asked for, and no others.
pub(super) fn condition(
    question: &Question<'_>,
    teams: &Teams,
    frame: DataFrame,
) -> Result<DataFrame, DataFusionError> {
    let mut frame = frame.filter(in_window(question))?;
    for (dimension, value) in &question.only {
        frame = if *dimension == TEAM {
            let below = teams.below(value);
            let named = col(TEAM).in_list(below.iter().map(|team| lit(team.as_str())).collect(), false);
            if question.has_shares(&frame) {
                // A team's name is followed by its share and begins the text or follows a space.
                let shares = concat(vec![lit(" "), col(TEAM_SHARES)]);
                let has_part = |team: &String| strpos(shares.clone(), lit(format!(" {team}="))).gt(lit(0));
                let split = below.iter().map(has_part).reduce(Expr::or).unwrap_or_else(|| lit(false));
                frame.filter(when(col(TEAM_SHARES).is_null(), named).otherwise(split)?)?
            } else {
                frame.filter(named)?
            }
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
