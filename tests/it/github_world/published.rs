//! What is answered and asked here, held against GitHub's published GraphQL schema by the JavaScript reference
//! implementation of GraphQL.

use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What is wrong with queries by GitHub's published schema, one line each, and with the part of it that is answered here.
/// `None` without npm.
pub fn schema_errors(queries: &[String]) -> Option<Vec<String>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/github");
    if !folder.join("node_modules").exists() {
        let installed =
            Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder).status();
        if !installed.is_ok_and(|status| status.success()) {
            eprintln!("skipped: npm ci in tests/github failed; GraphQL is not checked against GitHub's schema");
            return None;
        }
    }
    let mut node = Command::new("node")
        .arg(folder.join("validate.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node comes with npm");
    let asked = json!({ "subset": include_str!("graphql/schema.graphql"), "queries": queries }).to_string();
    node.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let answer = node.wait_with_output().unwrap();
    assert!(answer.status.success(), "validate.mjs failed");
    Some(String::from_utf8(answer.stdout).unwrap().lines().map(str::to_owned).collect())
}
