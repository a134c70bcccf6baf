//! The flow runs one way: a module may use only what stands before it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Module → what it may use. `model`, `stats`, `chart`, `flags` and `ambient` import nobody.
const ALLOWED: [(&str, &[&str]); 19] = [
    ("ambient", &[]),
    ("model", &[]),
    ("stats", &[]),
    ("chart", &[]),
    ("flags", &[]),
    ("digest", &["chart"]),
    ("trial", &["stats"]),
    ("project", &["model", "trial"]),
    ("simulate", &["model"]),
    ("store", &["model"]),
    ("collect", &["ambient", "model", "project", "store"]),
    ("receive", &["ambient", "collect", "project", "store"]),
    ("query", &["model", "project", "store"]),
    ("metric", &["model", "project", "query", "stats"]),
    ("experiment", &["chart", "flags", "metric", "model", "project", "query", "stats", "store", "trial"]),
    ("golden_path", &["model", "project", "query", "store"]),
    (
        "web",
        &[
            "ambient",
            "chart",
            "digest",
            "experiment",
            "flags",
            "golden_path",
            "metric",
            "model",
            "project",
            "query",
            "trial",
        ],
    ),
    (
        "cli",
        &[
            "ambient",
            "collect",
            "digest",
            "experiment",
            "golden_path",
            "metric",
            "project",
            "query",
            "receive",
            "simulate",
            "stats",
            "store",
            "trial",
            "web",
        ],
    ),
    ("main", &["cli"]),
];

#[test]
fn the_flow_runs_one_way() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ALLOWED.iter().map(|(module, may)| (*module, may.iter().copied().collect())).collect();
    let mut backwards = Vec::new();
    for path in sources(&root().join("src")) {
        let module = module_of(&path);
        if module == "lib" {
            continue;
        }
        let may = allowed.get(module.as_str()).unwrap_or_else(|| panic!("{module} is not in the table of this test"));
        for (line, used) in uses(&path) {
            if used != module && !may.contains(used.as_str()) {
                backwards.push(format!("{}:{line}: {module} may not use {used}", path.display()));
            }
        }
    }
    assert!(backwards.is_empty(), "\n{}", backwards.join("\n"));
}

#[test]
fn every_module_is_used_by_somebody() {
    let used: BTreeSet<String> =
        sources(&root().join("src")).iter().flat_map(|path| uses(path)).map(|it| it.1).collect();
    for (module, _) in ALLOWED {
        assert!(module == "main" || module == "cli" || used.contains(module), "nobody uses {module}");
    }
}

#[test]
fn there_is_no_mod_rs() {
    let found: Vec<PathBuf> =
        sources(&root().join("src")).into_iter().filter(|path| path.ends_with("mod.rs")).collect();
    assert!(found.is_empty(), "{found:?}: a module x is x.rs beside x/");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}

/// The top-level module that a file belongs to.
fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Every `crate::name` outside of comments, with its line.
fn uses(path: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for rest in line.split("crate::").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                found.push((index + 1, name));
            }
        }
    }
    found
}
