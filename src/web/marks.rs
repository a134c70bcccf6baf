//! The marks of a dashboard, filled with a view's numbers.

mod code;
mod compare;
mod live;
mod sql;

pub(super) use compare::{cell, table};
pub(super) use live::live_values;

use super::App;
use super::error::PageError;
use super::figures::{self, Figures, figures, grain, unit};
use super::pages::experiments;
use super::view::View;
use crate::chart::{
    Annotation, Bar, Bars, Distribution, Frame, Group, HeatRow, Heatmap, Line, Sparkline, Stage, Stages, Tone, Trend,
    Unit, number,
};
use crate::metric;
use crate::project::{Mark, Metric, Reference, Statistic};
use maud::{Markup, html};

/// Series over time or bars with more groups than this say nothing to a reader.
const GROUPS: usize = 24;

/// What a mark became.
pub(super) enum Drawn {
    /// Something as wide as the page, and the titles of what it could not show.
    Wide(Markup, Vec<String>),
    /// A panel of its own.
    Panel(Markup),
    /// No source in view tells of these.
    Absent(Vec<String>),
}

/// Draws a mark; `id` is unique in the page.
pub(super) async fn draw(app: &App, view: &View, mark: &Mark, id: &str) -> Result<Drawn, PageError> {
    match mark {
        Mark::Metrics { metrics } => cards(app, view, metrics).await,
        Mark::Changes { metrics } => changes(app, view, metrics).await,
        Mark::Trend { metric, target } => trend(app, view, &metric.metric, *target, id).await,
        Mark::Heatmap { metric, by } => heatmap(app, view, &metric.metric, &by.name, id).await,
        Mark::Bars { metric, by } => bars(app, view, &metric.metric, &by.name, id).await,
        Mark::Stages { metrics } => stages(app, view, metrics, id).await,
        Mark::Distribution { metric } => distribution(app, view, &metric.metric, id).await,
        Mark::Compare { metrics, by: None, .. } => compare::periods(app, view, metrics, id).await,
        Mark::Compare { metrics, by: Some(by), groups } => {
            compare::side_by_side(app, view, metrics, &by.name, groups, id).await
        }
        Mark::Sql(query) => Ok(sql::answer(app, view, query, id).await),
        Mark::Risk => code::risk(app, view, id).await,
        Mark::Hotspots => code::hotspots(app, view, id).await,
        Mark::Couplings => code::couplings(app, view, id).await,
    }
}

async fn cards(app: &App, view: &View, metrics: &[Reference]) -> Result<Drawn, PageError> {
    let mut present = Vec::new();
    let mut absent = Vec::new();
    for reference in metrics {
        let figures = figures(app, view, &reference.metric).await?;
        if figures.is_collected() {
            present.push(figures);
        } else {
            absent.push(figures.metric.header.title.clone());
        }
    }
    if present.is_empty() {
        return Ok(Drawn::Absent(absent));
    }
    let cards = html! { div class="cards" { @for figures in &present { (card(figures, view)) } } };
    Ok(Drawn::Wide(cards, absent))
}

fn card(figures: &Figures, view: &View) -> Markup {
    let title = &figures.metric.header.title;
    let unit = figures.unit();
    let values: Vec<Option<f64>> = figures.drawn().map(|(_, value)| value).collect();
    let label = format!("{title}, {}", view.period.words());
    html! {
        a class="card" href={ "/metrics/" (figures.metric.name) (view.same_query()) } {
            span class="label" { (title) }
            @match figures.summary.estimate.value {
                Some(value) => { span class="value" { (wrapping(&unit, value)) } (figures.change()) },
                None => span class="value" { span class="empty" { (figures.missing()) } },
            }
            @if values.iter().flatten().count() > 1 { (Sparkline { label: &label, unit, values }.render()) }
            span class="note" {
                (figures.caption()) " · " (figures.certainty())
                @for words in figures.level().into_iter().chain(figures.target()) { " · " (words) }
            }
        }
    }
}

/// A number with its unit. It keeps together with the first word; a unit of several words may go on in the next line of a narrow card.
fn wrapping(unit: &Unit, value: f64) -> String {
    let text = unit.value(value);
    match (unit, text.split_once('\u{a0}')) {
        (Unit::Other(_), Some((number, words))) => format!("{number}\u{a0}{}", words.replace('\u{a0}', " ")),
        _ => text,
    }
}

async fn changes(app: &App, view: &View, metrics: &[Reference]) -> Result<Drawn, PageError> {
    let Some(words) = change_words(app, view, metrics).await? else { return Ok(Drawn::Absent(Vec::new())) };
    Ok(Drawn::Wide(html! { p class="callout" { strong { "What changed. " } (words) } }, Vec::new()))
}

/// What got better and what got worse, in sentences; `None` where nothing is known of any of the metrics.
pub(super) async fn change_words(app: &App, view: &View, metrics: &[Reference]) -> Result<Option<String>, PageError> {
    let (mut better, mut worse, mut neither) = (Vec::new(), Vec::new(), Vec::new());
    let (mut steady, mut unknown, mut shifted) = (Vec::new(), Vec::new(), Vec::new());
    for reference in metrics {
        let figures = figures(app, view, &reference.metric).await?;
        if !figures.is_collected() {
            continue;
        }
        let title = &figures.metric.header.title;
        match figures.judged() {
            Ok((Some(Tone::Good), size)) => better.push(format!("{title} {size}")),
            Ok((Some(Tone::Bad), size)) => worse.push(format!("{title} {size}")),
            Ok((Some(Tone::Neutral), size)) => neither.push(format!("{title} {size}")),
            Ok((None, _)) => steady.push(title.clone()),
            Err(_) => unknown.push(title.clone()),
        }
        shifted.extend(figures.level().map(|words| format!("{title} {words}")));
    }
    if [&better, &worse, &neither, &steady].iter().all(|names| names.is_empty()) {
        return Ok(None);
    }
    let parts = [
        ("Better", better),
        ("Worse", worse),
        ("Changed, neither good nor bad", neither),
        ("No clear change", steady),
        ("Not enough data", unknown),
        ("On a new level", shifted),
    ];
    let known = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let sentences: Vec<String> = known.map(|(words, names)| format!("{words}: {}.", names.join(", "))).collect();
    Ok(Some(sentences.join(" ")))
}

async fn trend(app: &App, view: &View, name: &str, target: Option<f64>, id: &str) -> Result<Drawn, PageError> {
    let figures = figures(app, view, name).await?;
    if !figures.is_collected() {
        return Ok(Drawn::Absent(vec![figures.metric.header.title.clone()]));
    }
    Ok(Drawn::Panel(trend_of(&figures, target, happened(app, view).await?, id)))
}

/// What may explain a change, read once for a view.
pub(super) async fn happened<'v>(app: &App, view: &'v View) -> Result<&'v [Annotation], PageError> {
    let all = view.happened.get_or_try_init(|| experiments::on_a_line(app, view)).await?;
    Ok(all.as_slice())
}

/// A metric over time, with the interval of every point and what may explain a change.
pub(super) fn trend_of(figures: &Figures, target: Option<f64>, happened: &[Annotation], id: &str) -> Markup {
    let header = &figures.metric.header;
    let points = figures.drawn().map(|(point, value)| crate::chart::Point {
        at: figures.day(point),
        value,
        low: point.estimate.interval.map(|interval| interval.low),
        high: point.estimate.interval.map(|interval| interval.high),
        n: Some(point.estimate.n),
    });
    let has_band = figures.series.iter().any(|point| point.estimate.interval.is_some());
    let mut about = if has_band { format!("{}, with its 95 % interval", figures.caption()) } else { figures.caption() };
    for words in figures.level().into_iter().chain(figures.target().filter(|_| target.is_none())) {
        about = format!("{about}; {words}");
    }
    let target = target.or(figures.target.map(|(target, _)| target));
    let trend = Trend {
        frame: Frame { id, title: &header.title, about: &about },
        unit: figures.unit(),
        grain: grain(&figures.metric),
        lines: vec![Line::only(points.collect())],
        band: has_band.then_some("95 % interval"),
        target,
        annotations: happened.to_vec(),
        from_zero: match header.statistic {
            Statistic::Ratio => false,
            Statistic::Quantile(at) => at.fraction() <= 0.5,
            _ => true,
        },
        log: false,
    };
    trend.render()
}

async fn heatmap(app: &App, view: &View, name: &str, by: &str, id: &str) -> Result<Drawn, PageError> {
    let metric = figures::metric(app, name)?;
    let groups = named_groups(app, view, metric, by).await?;
    let title = by_title(metric, by);
    if groups.is_empty() {
        return Ok(Drawn::Absent(vec![title]));
    }
    let values = |series: &[metric::Point]| series.iter().map(|point| figures::drawn(metric, point)).collect();
    let rows = groups.into_iter().map(|(name, figures)| HeatRow { name, values: values(&figures.series) }).collect();
    let words = match metric.header.better {
        crate::project::Better::Lower => ("better", "worse"),
        crate::project::Better::Higher => ("worse", "better"),
        crate::project::Better::Neither => ("less", "more"),
    };
    let starts = metric::Calendar { grain: metric.header.grain, zone: view.zone }.starts(&view.window);
    let about =
        format!("{}; one cell a {}", figures::caption_in(view, metric), metric::grain_word(metric.header.grain));
    let heatmap = Heatmap {
        frame: Frame { id, title: &title, about: &about },
        unit: unit(metric),
        grain: grain(metric),
        what: by,
        columns: starts.iter().map(|start| start.with_timezone(&view.zone).date_naive()).collect(),
        rows,
        words: Some(words),
    };
    Ok(Drawn::Panel(heatmap.render()))
}

/// Groups with a name, by name.
async fn named_groups(
    app: &App,
    view: &View,
    metric: &Metric,
    by: &str,
) -> Result<Vec<(String, metric::Figures)>, PageError> {
    let groups = figures::report(app, view, metric, Some(by), false).await?.groups;
    let named = groups.into_iter().filter(|group| !group.is_unknown());
    Ok(named.map(|group| (group.titles().join(", "), group.figures)).collect())
}

fn by_title(metric: &Metric, by: &str) -> String {
    format!("{} by {}", metric.header.title, by.replace('_', " "))
}

async fn bars(app: &App, view: &View, name: &str, by: &str, id: &str) -> Result<Drawn, PageError> {
    let metric = figures::metric(app, name)?;
    let title = by_title(metric, by);
    let mut bars = Vec::new();
    for (group, figures) in named_groups(app, view, metric, by).await? {
        let estimate = figures.summary.estimate;
        let interval = estimate.interval.map(|interval| (interval.low, interval.high));
        bars.push(Bar { name: group, value: estimate.value, interval, n: Some(estimate.n) });
    }
    let all = bars.len();
    bars.retain(|bar| bar.value.is_some());
    if bars.is_empty() {
        return Ok(Drawn::Absent(vec![title]));
    }
    bars.sort_by_key(|bar| (size_order(&bar.name), std::cmp::Reverse(bar.n), bar.name.clone()));
    let mut about = figures::caption_in(view, metric);
    if all > bars.len() {
        about = format!("{about}; {} with too few facts are left out", all - bars.len());
    }
    if bars.len() > GROUPS {
        about = format!("{about}; the first {GROUPS} of {}", bars.len());
        bars.truncate(GROUPS);
    }
    let bars = Bars { frame: Frame { id, title: &title, about: &about }, what: by, unit: unit(metric), bars };
    Ok(Drawn::Panel(bars.render()))
}

/// Sizes have an order of their own; anything else stands by its number of facts.
pub(super) fn size_order(group: &str) -> usize {
    ["XS", "S", "M", "L", "XL"].iter().position(|size| *size == group).unwrap_or(usize::MAX)
}

async fn stages(app: &App, view: &View, metrics: &[Reference], id: &str) -> Result<Drawn, PageError> {
    let mut stages = Vec::new();
    let mut titles = Vec::new();
    for reference in metrics {
        let figures = figures(app, view, &reference.metric).await?;
        let title = &figures.metric.header.title;
        titles.push(title.clone());
        stages.push(Stage { name: title.clone(), value: figures.summary.estimate.value });
    }
    if stages.iter().all(|stage| stage.value.is_none()) {
        return Ok(Drawn::Absent(titles));
    }
    let about = "median hours of each phase; medians do not add up to the median of the whole";
    let stages = Stages { frame: Frame { id, title: "Where the time goes", about }, unit: Unit::Hours, stages };
    Ok(Drawn::Panel(stages.render()))
}

async fn distribution(app: &App, view: &View, name: &str, id: &str) -> Result<Drawn, PageError> {
    let metric = figures::metric(app, name)?;
    let facts = figures::report(app, view, metric, None, false).await?.facts;
    let values = metric::numbers_behind(&metric.header, &facts);
    let title = format!("Distribution of {}", metric.header.title);
    if values.is_empty() {
        return Ok(Drawn::Absent(vec![title]));
    }
    let about = format!(
        "{} of {} facts; the bar is the middle half, the dot the median",
        metric.header.unit,
        number::count(values.len() as u64)
    );
    let distribution = Distribution {
        frame: Frame { id, title: &title, about: &about },
        unit: unit(metric),
        what: "Group",
        groups: vec![Group { name: "All".to_owned(), values }],
    };
    Ok(Drawn::Panel(distribution.render()))
}
