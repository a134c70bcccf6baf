//! `queries/golden_paths/tracks/*.toml`: checks in levels, and which components they are asked of.

use crate::project::diagnostic::Diagnostic;
use crate::project::files::{Content, Place};
use crate::project::toml_text;
use serde::Deserialize;
use toml::Spanned;

/// One track.
#[derive(Clone, Debug)]
pub struct Track {
    pub name: String,
    pub title: String,
    pub about: String,
    pub applies_to: Filter,
    /// From the first to the last.
    pub levels: Vec<Level>,
    pub file: String,
}

/// The components that a track is for: those whose every named property has one of its values. A property without values does
/// not decide.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// `component` alone where nothing is said.
    #[serde(default = "components")]
    pub kind: Vec<String>,
    #[serde(default, rename = "type")]
    pub type_: Vec<String>,
    #[serde(default)]
    pub lifecycle: Vec<String>,
    /// Owning teams.
    #[serde(default)]
    pub team: Vec<String>,
}

/// One level of a track.
#[derive(Clone, Debug)]
pub struct Level {
    pub name: String,
    /// What it asks for beyond the level before.
    pub checks: Vec<(String, Place)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrackFile {
    title: String,
    #[serde(default)]
    about: String,
    #[serde(default = "every_component")]
    applies_to: Filter,
    #[serde(default)]
    level: Vec<LevelFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelFile {
    name: Spanned<String>,
    checks: Spanned<Vec<Spanned<String>>>,
}

fn components() -> Vec<String> {
    vec!["component".to_owned()]
}

fn every_component() -> Filter {
    Filter { kind: components(), type_: Vec::new(), lifecycle: Vec::new(), team: Vec::new() }
}

pub(super) fn parse(content: &Content) -> Result<Track, Vec<Diagnostic>> {
    let file: TrackFile = toml_text::parse(content, 0..content.text.len()).map_err(|error| vec![error])?;
    let mut wrong = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    for LevelFile { name, checks } in file.level {
        if levels.iter().any(|it| it.name == *name.get_ref()) {
            wrong.push(content.diagnostic(name.span(), format!("a second level {}", name.get_ref()), None));
        }
        if checks.get_ref().is_empty() {
            wrong.push(content.diagnostic(checks.span(), "a level asks for one check at least".to_owned(), None));
        }
        let checks = named(content, checks.into_inner(), &mut wrong);
        levels.push(Level { name: name.into_inner(), checks });
    }
    if levels.is_empty() {
        let message = "a track has one [[level]] at least, with a name and checks".to_owned();
        wrong.push(content.diagnostic(0..0, message, None));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let (name, applies_to) = (content.name(), file.applies_to);
    Ok(Track { name, title: file.title, about: file.about, applies_to, levels, file: content.file.clone() })
}

/// Checks with the places at which they are named; one that is named twice is wrong.
pub(super) fn named(
    content: &Content,
    names: Vec<Spanned<String>>,
    wrong: &mut Vec<Diagnostic>,
) -> Vec<(String, Place)> {
    let mut all: Vec<(String, Place)> = Vec::new();
    for name in names {
        if all.iter().any(|(other, _)| other == name.get_ref()) {
            wrong.push(content.diagnostic(name.span(), format!("{} is named twice", name.get_ref()), None));
        }
        let place = content.place(name.span().start);
        all.push((name.into_inner(), place));
    }
    all
}
