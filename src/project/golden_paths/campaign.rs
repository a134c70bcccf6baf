//! `queries/golden_paths/campaigns/*.toml`: who wants which share of a track's components to pass what, by when.

use super::track::named;
use crate::project::diagnostic::Diagnostic;
use crate::project::files::{Content, Place};
use crate::project::toml_text;
use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

/// One campaign.
#[derive(Clone, Debug)]
pub struct Campaign {
    pub name: String,
    pub title: String,
    pub about: String,
    /// The team that runs it.
    pub owner: String,
    /// The first day, from 00:00 UTC.
    pub start: NaiveDate,
    /// The last day.
    pub due: NaiveDate,
    /// The track whose components it is about.
    pub track: String,
    pub track_place: Place,
    pub wanted: Wanted,
    /// The share of components that is to pass, above 0 and up to 1.
    pub target: f64,
    pub file: String,
}

/// What a component is to pass.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Every check up to this level.
    Level(String, Place),
    /// These checks, whatever level they are of.
    Checks(Vec<(String, Place)>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CampaignFile {
    title: String,
    #[serde(default)]
    about: String,
    owner: String,
    start: Spanned<toml::value::Datetime>,
    due: Spanned<toml::value::Datetime>,
    track: Spanned<String>,
    level: Option<Spanned<String>>,
    checks: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default = "everything")]
    target: Spanned<String>,
}

fn everything() -> Spanned<String> {
    Spanned::new(0..0, "100%".to_owned())
}

pub(super) fn parse(content: &Content) -> Result<Campaign, Vec<Diagnostic>> {
    let file: CampaignFile = toml_text::parse(content, 0..content.text.len()).map_err(|error| vec![error])?;
    let mut wrong = Vec::new();
    let start = day(content, &file.start, &mut wrong);
    let due = day(content, &file.due, &mut wrong);
    if let (Some(start), Some(due)) = (start, due)
        && due < start
    {
        let message = format!("the campaign is due on {due}, before it starts on {start}");
        wrong.push(content.diagnostic(file.due.span(), message, None));
    }
    let target = percent(file.target.get_ref());
    if target.is_none() {
        let message = format!("{:?} is no share such as \"80%\", above 0% and up to 100%", file.target.get_ref());
        wrong.push(content.diagnostic(file.target.span(), message, None));
    }
    let wanted = match (file.level, file.checks) {
        (Some(level), None) => {
            let place = content.place(level.span().start);
            Some(Wanted::Level(level.into_inner(), place))
        }
        (None, Some(checks)) if !checks.get_ref().is_empty() => {
            Some(Wanted::Checks(named(content, checks.into_inner(), &mut wrong)))
        }
        (_, checks) => {
            let at = checks.map_or(0..0, |checks| checks.span());
            let message = "a campaign names either the level to reach or the checks to pass".to_owned();
            wrong.push(content.diagnostic(at, message, None));
            None
        }
    };
    let (Some(start), Some(due), Some(target), Some(wanted), true) = (start, due, target, wanted, wrong.is_empty())
    else {
        return Err(wrong);
    };
    let track_place = content.place(file.track.span().start);
    Ok(Campaign {
        name: content.name(),
        title: file.title,
        about: file.about,
        owner: file.owner,
        start,
        due,
        track: file.track.into_inner(),
        track_place,
        wanted,
        target,
        file: content.file.clone(),
    })
}

fn day(content: &Content, value: &Spanned<toml::value::Datetime>, wrong: &mut Vec<Diagnostic>) -> Option<NaiveDate> {
    let date = value.get_ref().date.filter(|_| value.get_ref().time.is_none());
    let day = date.and_then(|it| NaiveDate::from_ymd_opt(i32::from(it.year), u32::from(it.month), u32::from(it.day)));
    if day.is_none() {
        wrong.push(content.diagnostic(value.span(), format!("{} is not a day", value.get_ref()), None));
    }
    day
}

fn percent(text: &str) -> Option<f64> {
    let value: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    (value > 0.0 && value <= 100.0).then_some(value / 100.0)
}
