//! The content files: embedded in the binary, overlaid by the user's folder.

use super::diagnostic::Diagnostic;
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The content folders.
pub const FOLDERS: [&str; 4] = ["pipelines", "queries", "experiments", "dashboards"];

/// A folder within another one whose files are of another kind.
const WITHIN: &str = "queries/golden_paths/checks";

#[derive(RustEmbed)]
#[folder = "pipelines"]
#[prefix = "pipelines/"]
struct Pipelines;

#[derive(RustEmbed)]
#[folder = "queries"]
#[prefix = "queries/"]
struct Queries;

#[derive(RustEmbed)]
#[folder = "experiments"]
#[prefix = "experiments/"]
struct Experiments;

#[derive(RustEmbed)]
#[folder = "dashboards"]
#[prefix = "dashboards/"]
struct Dashboards;

/// One content file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Path from the project folder, with forward slashes.
    pub file: String,
    pub text: String,
    /// It comes with the binary.
    pub embedded: bool,
}

impl Content {
    /// File name without its extension: the name of what it defines.
    pub fn name(&self) -> String {
        stem(&self.file)
    }

    /// Line and column of a byte offset, both from 1.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        position(&self.text, offset)
    }

    /// A diagnostic at a byte range of the text.
    pub fn diagnostic(&self, at: Range<usize>, message: String, suggestion: Option<String>) -> Diagnostic {
        let (line, column) = position(&self.text, at.start);
        Diagnostic { file: self.file.clone(), line, column, message, suggestion }
    }
}

/// A place in a content file that a later check may complain about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Place {
    /// What is wrong there.
    pub fn diagnostic(&self, message: String, suggestion: Option<String>) -> Diagnostic {
        Diagnostic { file: self.file.clone(), line: self.line, column: self.column, message, suggestion }
    }
}

impl Content {
    /// The place of a byte offset.
    pub(super) fn place(&self, offset: usize) -> Place {
        let (line, column) = position(&self.text, offset);
        Place { file: self.file.clone(), line, column }
    }
}

/// The embedded files as (path, text), by path.
pub fn embedded() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    take::<Pipelines>(&mut files);
    take::<Queries>(&mut files);
    take::<Experiments>(&mut files);
    take::<Dashboards>(&mut files);
    files
}

fn take<Folder: RustEmbed>(files: &mut BTreeMap<String, String>) {
    for path in Folder::iter() {
        if let Some(file) = Folder::get(&path) {
            files.insert(path.to_string(), String::from_utf8_lossy(&file.data).into_owned());
        }
    }
}

/// All files of one content folder by name, the user's in place of the embedded.
pub(super) fn contents(folder: &Path, kind: &str, extension: &str) -> Result<BTreeMap<String, Content>, Diagnostic> {
    let mut all: BTreeMap<String, Content> =
        defaults(kind, extension).map(|content| (content.name(), content)).collect();
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for (file, text) in own(folder, kind, extension)? {
        let name = stem(&file);
        if let Some(other) = taken.insert(name.clone(), file.clone()) {
            let message = format!("the name {name} is taken by {other}; names are unique over all folders");
            return Err(Diagnostic { file, line: 1, column: 1, message, suggestion: None });
        }
        // A copy that `paceline init` wrote and nobody changed is still the default.
        let embedded = all.get(&name).is_some_and(|default| default.text == text);
        all.insert(name, Content { file, text, embedded });
    }
    Ok(all)
}

/// All files of one content folder by path, the user's in place of the embedded with the same one.
pub(super) fn by_path(folder: &Path, kind: &str, extension: &str) -> Result<BTreeMap<String, Content>, Diagnostic> {
    let mut all: BTreeMap<String, Content> =
        defaults(kind, extension).map(|content| (content.file.clone(), content)).collect();
    for (file, text) in own(folder, kind, extension)? {
        let embedded = all.get(&file).is_some_and(|default| default.text == text);
        all.insert(file.clone(), Content { file, text, embedded });
    }
    Ok(all)
}

fn defaults(kind: &str, extension: &str) -> impl Iterator<Item = Content> {
    let (kind, end) = (kind.to_owned(), format!(".{extension}"));
    let files = embedded().into_iter().filter(move |(path, _)| is_of(&kind, path) && path.ends_with(&end));
    files.map(|(file, text)| Content { file, text, embedded: true })
}

/// Whether a file is of a content folder, and not of one of another kind within it.
fn is_of(kind: &str, file: &str) -> bool {
    let is_in = |folder: &str| file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    is_in(kind) && (kind == WITHIN || !is_in(WITHIN))
}

/// The user's files as (path, text), by path.
fn own(folder: &Path, kind: &str, extension: &str) -> Result<Vec<(String, String)>, Diagnostic> {
    let mut found = Vec::new();
    for path in walk(&folder.join(kind), extension) {
        let relative = path.strip_prefix(folder).unwrap_or(&path);
        let file = relative.to_string_lossy().replace('\\', "/");
        if !is_of(kind, &file) {
            continue;
        }
        let at_start = |message| Diagnostic { file: file.clone(), line: 1, column: 1, message, suggestion: None };
        let bytes = std::fs::read(&path).map_err(|error| at_start(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| at_start(format!("not UTF-8 text: {error}")))?;
        found.push((file, text));
    }
    Ok(found)
}

fn walk(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path, extension)
            } else if path.extension().is_some_and(|it| it == extension) {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}

fn stem(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// Line and column of a byte offset, both from 1.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |index| index + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
