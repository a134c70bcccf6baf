//! A metric as the marks of `chart` want it: unit, tone, words.

use super::App;
use super::error::PageError;
use super::view::View;
use crate::chart::{self, Tone, Unit};
use crate::metric::{self, Facts, Point, Question, Summary, Window};
use crate::project::{Better, Grain, Metric, Statistic};
use maud::{Markup, html};

/// Relative changes below this are called steady.
const STEADY: f64 = 0.02;

/// A metric in a view: series and summary of the window, and the summary of the one before.
#[derive(Clone)]
pub(super) struct Figures {
    pub metric: Metric,
    pub series: Vec<Point>,
    pub summary: Summary,
    pub before: Summary,
}

/// The metric of that name. `paceline check` and loading refuse content that names others.
pub(super) fn metric<'a>(app: &'a App, name: &str) -> Result<&'a Metric, PageError> {
    app.engine.project().metrics.get(name).ok_or_else(|| PageError::NotFound(format!("metric {name}")))
}

/// A metric of a view, computed once however often a page shows it.
pub(super) async fn figures(app: &App, view: &View, name: &str) -> Result<Figures, PageError> {
    if let Some(known) = view.known().get(name) {
        return Ok(known.clone());
    }
    let figures = compute(app, view, name).await?;
    view.known().insert(name.to_owned(), figures.clone());
    Ok(figures)
}

async fn compute(app: &App, view: &View, name: &str) -> Result<Figures, PageError> {
    let metric = metric(app, name)?;
    let facts = facts(app, view, metric, view.window, None).await?;
    let earlier_window = view.window.before();
    let earlier = self::facts(app, view, metric, earlier_window, None).await?;
    let header = &metric.header;
    Ok(Figures {
        metric: metric.clone(),
        series: metric::series(name, header, &facts, &view.window)?,
        summary: metric::summary(name, header, &facts, &view.window)?,
        before: metric::summary(name, header, &earlier, &earlier_window)?,
    })
}

/// The facts of a metric in a view, perhaps cut by a dimension.
pub(super) async fn facts(
    app: &App,
    view: &View,
    metric: &Metric,
    window: Window,
    by: Option<&str>,
) -> Result<Facts, PageError> {
    let only = view.only(&metric.header.dimensions);
    let question = Question { metric, scope: view.scope.clone(), window, by, only };
    Ok(metric::facts(&app.engine, &question).await?)
}

impl Figures {
    /// Whether any source told of it, in this window or the one before.
    pub(super) fn is_collected(&self) -> bool {
        self.summary.rows > 0 || self.before.rows > 0
    }

    pub(super) fn unit(&self) -> Unit {
        unit(&self.metric)
    }

    /// The change against the window before, with its judgement.
    pub(super) fn change(&self) -> Markup {
        match self.judged() {
            Ok((tone, words)) if self.metric.header.better == Better::Neither => {
                Tone::Neutral.delta_with(if tone.is_some() { "changed" } else { "steady" }, &words)
            }
            Ok((tone, words)) => tone.unwrap_or(Tone::Neutral).delta(&words),
            Err(why) => html! { span class="delta neutral" { (why) } },
        }
    }

    /// The tone of the change and its size in words; no tone where it is steady. Or why there is no change to speak of.
    pub(super) fn judged(&self) -> Result<(Option<Tone>, String), &'static str> {
        let (Some(now), Some(before)) = (self.summary.estimate.value, self.before.estimate.value) else {
            return Err("no earlier figure");
        };
        let is_share = self.unit() == Unit::Share;
        let (size, words) = if is_share {
            (now - before, self.unit().difference(now - before))
        } else if before == 0.0 {
            return Err("was zero");
        } else {
            let relative = (now - before) / before.abs();
            (relative, chart::number::relative(relative))
        };
        let steady = if is_share { STEADY / 10.0 } else { STEADY };
        let tone = match self.metric.header.better {
            Better::Neither => Tone::Neutral,
            Better::Lower => Tone::of(size, true, steady),
            Better::Higher => Tone::of(size, false, steady),
        };
        Ok(((size.abs() >= steady).then_some(tone), words))
    }

    /// The series to draw. A count of a week that is not over would look like a collapse: it is left out.
    pub(super) fn drawn(&self) -> impl Iterator<Item = (&Point, Option<f64>)> {
        let counts = matches!(self.metric.header.statistic, Statistic::Count | Statistic::Distinct);
        self.series.iter().map(move |point| (point, point.estimate.value.filter(|_| point.is_complete || !counts)))
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
        format!("{}n\u{a0}=\u{a0}{}{unknown}", interval.unwrap_or_default(), chart::number::count(estimate.n))
    }

    /// Statistic and period in a few words.
    pub(super) fn caption(&self) -> String {
        caption(&self.metric)
    }
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
        (_, "points") => Unit::Plain,
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
