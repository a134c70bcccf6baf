//! Requests held against a vendor's own description of its API by Prism, which answers from it.

use crate::github_world::client::send_to;
use crate::github_world::published::installed;
use axum::http::HeaderMap;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Reading a large description takes 12 s where nothing else runs.
const READY: Duration = Duration::from_secs(240);

/// The folder with Prism, and a description that is no part of the project: in the file that a variable names, or else in one
/// that somebody put here. `None` where either is missing, which is said.
pub fn described((variable, file): (&str, &str), published: &str) -> Option<(PathBuf, PathBuf)> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let description = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file));
    if !description.is_file() {
        eprintln!(
            "skipped: put {published} into {file}, or name a copy in {variable}; requests are not checked against it"
        );
        return None;
    }
    Some((installed("requests are not checked against a description")?, description))
}

/// Prism on a port of this machine; it ends when it is dropped.
pub struct Prism {
    process: Child,
    pub url: String,
    description: Value,
}

impl Prism {
    /// Starts the Prism that is installed in `folder`.
    pub fn start(folder: &Path, description: &Path) -> Prism {
        let process = Command::new("node")
            .args([
                "node_modules/@stoplight/prism-cli/dist/index.js",
                "mock",
                "-m",
                "false",
                "-h",
                "127.0.0.1",
                "-p",
                "0",
            ])
            .arg(description)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node comes with npm");
        let mut prism = Prism { process, url: String::new(), description: Value::Null };
        let (ready, said) = mpsc::channel();
        let output = BufReader::new(prism.process.stdout.take().unwrap());
        // It is read to its end, since a full pipe would stop Prism.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once("Prism is listening on ") {
                    drop(ready.send(url.trim().to_owned()));
                }
            }
        });
        prism.description = serde_json::from_slice(&std::fs::read(description).unwrap()).unwrap();
        prism.url = said.recv_timeout(READY).unwrap_or_else(|error| panic!("Prism is not ready: {error}"));
        prism
    }

    /// What is wrong with a request by the description.
    pub fn objections(&self, method: &str, path: &str, headers: &HeaderMap, body: &str) -> Vec<String> {
        let own = ["host", "connection", "content-length"];
        let headers = headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
        let headers: Vec<(&str, &str)> =
            headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let answer = send_to(&self.url, method, path, &headers, body);
        let answer = answer.unwrap_or_else(|| panic!("{method} {path}: no whole answer"));
        let messages = |violations: &Value| -> Vec<String> {
            let all = violations.as_array().into_iter().flatten();
            all.map(|it| it["message"].as_str().unwrap().to_owned()).collect()
        };
        // Of the answers, which are GitHub's own examples, some violate the description too.
        let mut found = match answer.headers.get("sl-violations").map(|it| serde_json::from_str(it).unwrap()) {
            Some(Value::Array(mut all)) => {
                all.retain(|it| it["location"][0] == "request");
                messages(&all.into())
            }
            _ => Vec::new(),
        };
        let problem = serde_json::from_str::<Value>(&answer.text).unwrap_or_default();
        if problem["type"].as_str().is_some_and(|it| it.starts_with("https://stoplight.io/prism/errors#")) {
            let details = messages(&problem["validation"]);
            found.extend(if details.is_empty() { vec![problem["detail"].to_string()] } else { details });
        }
        found.extend(self.undescribed(method, path));
        found
    }

    /// Parameters that the description has not. Prism and most servers ignore them, and so a misspelling too.
    fn undescribed(&self, method: &str, path: &str) -> Vec<String> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let is_of = |template: &str| {
            let (ours, theirs) = (path.split('/'), template.split('/'));
            let mut parts = ours.clone().zip(theirs.clone());
            ours.count() == theirs.count() && parts.all(|(our, their)| their.starts_with('{') || our == their)
        };
        let paths = self.description["paths"].as_object().unwrap();
        // What is written out is meant rather than a parameter in its place.
        let template = paths.keys().filter(|it| is_of(it)).min_by_key(|it| it.matches('{').count());
        let Some(template) = template else { return Vec::new() };
        let parameters = paths[template][method.to_lowercase()]["parameters"].as_array();
        let described: Vec<&Value> = parameters.into_iter().flatten().map(|it| self.resolved(it)).collect();
        let is_described = |name: &str| described.iter().any(|it| it["in"] == "query" && it["name"] == name);
        let asked = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
        asked.filter(|name| !is_described(name)).map(|name| format!("no parameter {name} is described")).collect()
    }

    fn resolved<'a>(&'a self, parameter: &'a Value) -> &'a Value {
        let pointer = parameter["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
        pointer.map_or(parameter, |it| self.description.pointer(it).unwrap())
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
