//! `type = "command"` and `type = "singer"`: a program that prints what it found.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use super::mapping::{Mapping, Mappings, Target, read, target};
use super::{Every, Secret};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Spanned, Value};

/// A program is ended after this time unless the pipeline says another.
const TIMEOUT: Duration = Duration::from_secs(3_600);

/// A program with what it is started with. It runs in the project folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments; never empty.
    pub run: Vec<String>,
    /// Environment variables that it has beside those of this process.
    pub env: BTreeMap<String, Given>,
    /// It is ended when it did not end by itself in this time.
    pub timeout: Duration,
}

/// A value that may be a secret.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Given {
    Text(String),
    Secret(Secret),
}

/// `type = "command"`: a program that prints JSON lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandPipeline {
    pub program: Program,
    pub target: Target,
}

/// `type = "singer"`: a tap that speaks the Singer protocol
/// (<https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingerPipeline {
    pub program: Program,
    /// Content of the file that the tap is given by `--config`. A table `{ env = … }` or `{ file = … }` is a secret.
    pub config: Option<String>,
    /// A file that the tap is given by `--catalog`, relative to the project folder.
    pub catalog: Option<PathBuf>,
    /// Streams that are selected in the catalog that the tap finds by itself.
    pub select: Vec<String>,
    pub map: Vec<Mapping>,
}

impl Given {
    /// The value itself.
    ///
    /// # Errors
    /// A sentence that says where it was looked for.
    pub fn read(&self, folder: &Path) -> Result<String, String> {
        match self {
            Given::Text(text) => Ok(text.clone()),
            Given::Secret(secret) => secret.read(folder),
        }
    }
}

impl SingerPipeline {
    /// The configuration with its secrets, as JSON.
    ///
    /// # Errors
    /// A sentence that says which secret is missing.
    pub fn config(&self, folder: &Path) -> Result<Option<String>, String> {
        let Some(text) = &self.config else { return Ok(None) };
        let table: toml::Table = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        Ok(Some(revealed(&Value::Table(table), folder)?.to_string()))
    }
}

fn revealed(value: &Value, folder: &Path) -> Result<serde_json::Value, String> {
    Ok(match value {
        Value::Table(table) => {
            let is_secret = table.len() == 1 && (table.contains_key("env") || table.contains_key("file"));
            if is_secret && let Ok(secret) = Secret::try_from(value.clone()) {
                return Ok(secret.read(folder)?.into());
            }
            let entries = table.iter().map(|(key, value)| Ok((key.clone(), revealed(value, folder)?)));
            serde_json::Value::Object(entries.collect::<Result<_, String>>()?)
        }
        Value::Array(all) => all.iter().map(|it| revealed(it, folder)).collect::<Result<_, _>>()?,
        Value::String(text) => text.clone().into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Boolean(is) => (*is).into(),
        Value::Datetime(time) => time.to_string().into(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandKeys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    run: Spanned<Vec<String>>,
    #[serde(default)]
    env: BTreeMap<String, Given>,
    timeout: Option<Every>,
    table: Option<Spanned<String>>,
    map: Option<Spanned<Value>>,
    every: Option<Every>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SingerKeys {
    #[serde(rename = "type")]
    _kind: String,
    tap: Spanned<Vec<String>>,
    config: Option<toml::Table>,
    catalog: Option<PathBuf>,
    #[serde(default)]
    select: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, Given>,
    timeout: Option<Every>,
    map: Spanned<Value>,
    every: Option<Every>,
}

pub(super) fn parse_command(
    content: &Content,
    whole: Range<usize>,
    mappings: &Mappings,
) -> Result<(CommandPipeline, Option<Every>), Diagnostic> {
    let keys: CommandKeys = toml_text::parse(content, whole)?;
    let program = program(content, keys.run, keys.env, keys.timeout)?;
    let target = target(content, keys.kind.span(), keys.table, keys.map, mappings)?;
    Ok((CommandPipeline { program, target }, keys.every))
}

pub(super) fn parse_singer(
    content: &Content,
    whole: Range<usize>,
    mappings: &Mappings,
) -> Result<(SingerPipeline, Option<Every>), Diagnostic> {
    let keys: SingerKeys = toml_text::parse(content, whole)?;
    let map = read(content, &keys.map, mappings)?;
    let program = program(content, keys.tap, keys.env, keys.timeout)?;
    let config = keys.config.map(|it| it.to_string());
    let (catalog, select) = (keys.catalog, keys.select);
    Ok((SingerPipeline { program, config, catalog, select, map }, keys.every))
}

fn program(
    content: &Content,
    run: Spanned<Vec<String>>,
    env: BTreeMap<String, Given>,
    timeout: Option<Every>,
) -> Result<Program, Diagnostic> {
    if run.get_ref().first().is_none_or(String::is_empty) {
        return Err(content.diagnostic(run.span(), "names no program".to_owned(), None));
    }
    Ok(Program { run: run.into_inner(), env, timeout: timeout.map_or(TIMEOUT, |it| it.0) })
}
