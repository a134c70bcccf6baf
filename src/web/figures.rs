//! A metric as the marks of `chart` want it: unit, tone, words.

mod change;

use super::App;
use super::error::PageError;
use super::view::View;
use crate::chart::{self, Unit};
use crate::metric::{self, Calendar, Changed, Compare, Earlier, Point, Question, Reached, Report, Summary};
use crate::project::{Grain, Metric, Statistic};
use chrono::NaiveDate;
use chrono_tz::Tz;

/// A metric in a view: series and summary of the window, and what they are compared with.
#[derive(Clone)]
pub(super) struct Figures {
    pub metric: Metric,
    pub series: Vec<Point>,
    pub summary: Summary,
    pub before: Option<Earlier>,
    /// The same period a year ago, where it was asked for.
    pub year_ago: Option<Earlier>,
    pub target: Option<(f64, Reached)>,
    pub changed: Option<Changed>,
    /// What the view is narrowed by and the metric is not: "all teams".
    unheard: Vec<String>,
    zone: Tz,
}

/// The metric of that name. `paceline check` and loading refuse content that names others.
pub(super) fn metric<'a>(app: &'a App, name: &str) -> Result<&'a Metric, PageError> {
    app.engine.project().metrics.get(name).ok_or_else(|| PageError::NotFound(format!("metric {name}")))
}

/// A metric of a view, computed once however often a page shows it.
pub(super) async fn figures(app: &App, view: &View, name: &str) -> Result<Figures, PageError> {
    view.figures_of(name).get_or_try_init(|| compute(app, view, name)).await.cloned()
}

async fn compute(app: &App, view: &View, name: &str) -> Result<Figures, PageError> {
    let metric = metric(app, name)?;
    Ok(Figures::of(view, metric, report(app, view, metric, None, true).await?))
}

/// A metric in a view, perhaps cut by a dimension, perhaps compared with the window before: one read of its facts.
pub(super) async fn report(
    app: &App,
    view: &View,
    metric: &Metric,
    by: Option<&str>,
    is_compared: bool,
) -> Result<Report, PageError> {
    let compare = Compare { previous: is_compared, ..Compare::default() };
    report_at(app, view, metric, by, None, compare).await
}

/// As [`report`]; teams are those of a level, 1 at the top, where one is named.
pub(super) async fn report_at(
    app: &App,
    view: &View,
    metric: &Metric,
    by: Option<&str>,
    level: Option<usize>,
    compare: Compare,
) -> Result<Report, PageError> {
    let only = view.only(&metric.header.dimensions);
    let by = by.into_iter().collect();
    let question = Question { by, only, level, ..Question::of(metric, view.scope.clone(), view.window) };
    let calendar = Calendar { grain: metric.header.grain, zone: view.zone };
    let compare = Compare { begin: view.begin(), ..compare };
    Ok(metric::report(&app.engine, &question, calendar, &compare).await?)
}

impl Figures {
    /// Those of everything that a report is about.
    pub(super) fn of(view: &View, metric: &Metric, report: Report) -> Figures {
        Figures {
            metric: metric.clone(),
            series: report.all.series,
            summary: report.all.summary,
            before: report.previous,
            year_ago: report.year_ago,
            target: report.target,
            changed: report.changed,
            unheard: view.unheard(&metric.header.dimensions),
            zone: view.zone,
        }
    }

    /// Those of one of its groups.
    pub(super) fn of_group(view: &View, metric: &Metric, group: metric::Group) -> Figures {
        Figures {
            metric: metric.clone(),
            series: group.figures.series,
            summary: group.figures.summary,
            before: group.previous,
            year_ago: group.year_ago,
            target: None,
            changed: None,
            unheard: view.unheard(&metric.header.dimensions),
            zone: view.zone,
        }
    }

    /// Whether any source told of it, in this window or the one before.
    pub(super) fn is_collected(&self) -> bool {
        self.summary.rows > 0 || self.before.as_ref().is_some_and(|before| before.summary.rows > 0)
    }

    pub(super) fn unit(&self) -> Unit {
        unit(&self.metric)
    }

    /// Why there is no number.
    pub(super) fn missing(&self) -> &'static str {
        let is_count = self.metric.header.statistic == Statistic::Count;
        if is_count && self.summary.rows > 0 { "no complete period yet" } else { "not enough data" }
    }

    /// The first day of a point, where the view is.
    pub(super) fn day(&self, point: &Point) -> NaiveDate {
        point.start.with_timezone(&self.zone).date_naive()
    }

    /// Since when the series is on another level, in words, where it is.
    pub(super) fn level(&self) -> Option<String> {
        let changed = self.changed?;
        let since = changed.since.with_timezone(&self.zone).format("%-d %b %Y");
        let unit = self.unit();
        Some(format!("changed since {since}: from {} to {}", unit.value(changed.before), unit.value(changed.after)))
    }

    /// Whether the target is reached, in words, where there is one.
    pub(super) fn target(&self) -> Option<String> {
        let (target, reached) = self.target?;
        Some(format!("target {}: {}", self.unit().value(target), reached.words()))
    }

    /// The series to draw.
    pub(super) fn drawn(&self) -> impl Iterator<Item = (&Point, Option<f64>)> {
        self.series.iter().map(|point| (point, drawn(&self.metric, point)))
    }

    /// The interval and n in a few words.
    pub(super) fn certainty(&self) -> String {
        let estimate = &self.summary.estimate;
        let unit = self.unit();
        let interval = estimate
            .interval
            .map(|interval| format!("{}\u{a0}to\u{a0}{}, ", unit.number(interval.low), unit.value(interval.high)));
        let unknown = match self.summary.coverage() {
            Some(coverage) if coverage < 1.0 => format!(", {} known", Unit::Share.value(coverage)),
            _ => String::new(),
        };
        let all =
            if estimate.interval.is_none() && metric::is_census(&self.metric.header) { "all there is, " } else { "" };
        format!("{}{all}n\u{a0}=\u{a0}{}{unknown}", interval.unwrap_or_default(), chart::number::count(estimate.n))
    }

    /// Statistic and period in a few words, and what of the view makes no difference.
    pub(super) fn caption(&self) -> String {
        with_all(caption(&self.metric), &self.unheard)
    }
}

/// Statistic and period of a metric in a few words, and what of the view makes no difference to it.
pub(super) fn caption_in(view: &View, metric: &Metric) -> String {
    with_all(caption(metric), &view.unheard(&metric.header.dimensions))
}

fn with_all(caption: String, unheard: &[String]) -> String {
    unheard.iter().fold(caption, |caption, all| format!("{caption}, {all}"))
}

/// What is drawn of a point. A count of a week that is not over would look like a collapse: it is left out.
pub(super) fn drawn(metric: &Metric, point: &Point) -> Option<f64> {
    let counts = matches!(metric.header.statistic, Statistic::Count | Statistic::Distinct);
    point.estimate.value.filter(|_| point.is_complete || !counts)
}

/// A metric's statistic, unit and grain in a few words.
pub(super) fn caption(metric: &Metric) -> String {
    let header = &metric.header;
    match header.statistic {
        Statistic::Count => format!("{} per {}", header.unit, metric::grain_word(header.grain)),
        Statistic::Share | Statistic::Ratio if header.unit == "share" => "share".to_owned(),
        Statistic::Ratio => header.unit.clone(),
        _ if header.unit == "share" => header.statistic.word().into_owned(),
        _ => format!("{}, {}", header.statistic.word(), header.unit),
    }
}

/// The unit of a metric's numbers.
pub(super) fn unit(metric: &Metric) -> Unit {
    match (metric.header.statistic, metric.header.unit.as_str()) {
        // The caption says of what.
        (Statistic::Count | Statistic::Distinct, _) => Unit::Count,
        (Statistic::TimeAverage, _) | (_, "points") => Unit::Plain,
        (_, unit) => Unit::named(unit),
    }
}

pub(super) fn grain(metric: &Metric) -> chart::Grain {
    match metric.header.grain {
        Grain::Day => chart::Grain::Day,
        Grain::Week => chart::Grain::Week,
        Grain::Month | Grain::Quarter => chart::Grain::Month,
    }
}
