//! What is a valid entity: the same as npm's `@backstage/catalog-model` says.

use super::node_tools;
use crate::git_fixture::git_text;
use paceline::collect::catalog::{self, validate, yaml};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Entities of every kind, each with as much as it can have.
const EXAMPLES: &str = include_str!("examples.yaml");

/// `valid`, or why not, for each document; one `yaml: …` where the file is none.
fn ours(text: &str) -> Vec<String> {
    match yaml::documents(text) {
        Err(problem) => vec![format!("yaml: {}", problem.message)],
        Ok(documents) => documents
            .iter()
            .map(|document| match &document.value {
                Value::Null => "empty".to_owned(),
                value => validate::entity(value).map_or_else(|fault| fault.to_string(), |()| "valid".to_owned()),
            })
            .collect(),
    }
}

/// The same by catalog-model.
fn theirs(texts: &[String]) -> Option<Vec<Vec<String>>> {
    let folder = node_tools("entities are not compared with catalog-model")?;
    let mut node = Command::new("node")
        .arg(folder.join("validate.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node comes with npm");
    let asked = json!(texts).to_string();
    let mut stdin = node.stdin.take().unwrap();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(asked.as_bytes()).unwrap());
        node.wait_with_output().unwrap()
    });
    assert!(answer.status.success(), "validate.mjs failed");
    Some(serde_json::from_slice(&answer.stdout).unwrap())
}

/// Compares both on these texts; how many documents were valid and how many not. `Template` is a kind of another package.
fn compare(texts: &[String]) -> Option<(usize, usize)> {
    let theirs = theirs(texts)?;
    let (mut valid, mut invalid) = (0, 0);
    let mut differences = Vec::new();
    for (text, theirs) in texts.iter().zip(theirs) {
        let ours = ours(text);
        let is_broken = |all: &[String]| all.iter().any(|it| it.starts_with("yaml: "));
        if is_broken(&ours) || is_broken(&theirs) {
            invalid += 1;
            // One parser may read as odd what the other refuses: then it must not be an entity.
            let has_valid = |all: &[String]| all.iter().any(|it| it == "valid");
            if has_valid(&ours) || (is_broken(&ours) && has_valid(&theirs) && !is_broken(&theirs)) {
                differences.push(format!("{text}\nours: {ours:?}\ntheirs: {theirs:?}"));
            }
            continue;
        }
        let kinds: Vec<Value> = yaml::documents(text).unwrap().iter().map(|it| it.value["kind"].clone()).collect();
        assert_eq!(ours.len(), theirs.len(), "{text}");
        for ((ours, theirs), kind) in ours.iter().zip(&theirs).zip(kinds) {
            if kind == "Template" && theirs == "no kind takes it" {
                continue;
            }
            let same = (ours == "valid") == (theirs == "valid") && (ours == "empty") == (theirs == "empty");
            if !same {
                differences.push(format!("{text}\nours: {ours}\ntheirs: {theirs}"));
            }
            if ours == "valid" { valid += 1 } else { invalid += 1 }
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n----\n"));
    Some((valid, invalid))
}

#[test]
fn examples_are_valid_here() {
    let said = ours(EXAMPLES);
    assert!(said.len() >= 20 && said.iter().all(|it| it == "valid"), "{said:?}");
    let read = catalog::read(EXAMPLES);
    assert!(read.iter().all(Result::is_ok), "{read:?}");
}

#[test]
fn examples_and_what_is_made_of_them_are_valid_in_both_or_in_none() {
    let examples: Vec<Value> = yaml::documents(EXAMPLES).unwrap().into_iter().map(|it| it.value).collect();
    let mut texts: Vec<String> = EXAMPLES.split("\n---\n").map(str::to_owned).collect();
    texts.push(EXAMPLES.to_owned());
    for example in &examples {
        texts.extend(mutations(example).iter().map(Value::to_string));
    }
    let Some((valid, invalid)) = compare(&texts) else { return };
    eprintln!("{valid} valid and {invalid} invalid entities");
    assert!(valid > 500 && invalid > 500, "{valid} valid, {invalid} invalid");
}

#[test]
fn broken_yaml_is_broken_in_both() {
    let good = "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata:\n  name: a\nspec:\n  owner: b\n";
    let texts = [
        good.to_owned(),
        format!("---\n{good}---\n{good}---\n"),
        good.replace("name: a", "name: a\n  name: b"),
        good.replace("name: a", "name: [a"),
        good.replace("name: a", "\tname: a"),
        good.replace("owner: b", "owner: *b"),
        good.replace("name: a", "name: 12"),
        good.replace("name: a", "name: '12'"),
        good.replace("name: a", "name: yes"),
        good.replace("name: a", "name: true"),
        good.replace("name: a", "name: 2026-01-31"),
        good.replace("name: a", "name: 1.2.3"),
        good.replace("name: a", "name: 0x1f"),
        good.replace("name: a", "name: ~"),
        good.replace("owner: b", "owner: >-\n    b\n    c"),
        good.replace("owner: b", "owner: &x b\n  type: *x"),
        "- a\n".to_owned(),
        "text\n".to_owned(),
        String::new(),
    ];
    let Some((valid, invalid)) = compare(&texts) else { return };
    assert!(valid >= 8 && invalid >= 8, "{valid} valid, {invalid} invalid");
}

/// Entities of real repositories: every file of YAML in the git directories below a folder whose documents look like entities.
#[test]
fn real_entities_are_valid_in_both_or_in_none() {
    let Some(folder) = std::env::var_os("PACELINE_CATALOGS") else {
        eprintln!("skipped: PACELINE_CATALOGS names no folder of git directories");
        return;
    };
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let git = entry.unwrap().path().join("repo");
        if git.join("HEAD").exists() {
            texts.extend(entity_files(&git));
        }
    }
    let Some((valid, invalid)) = compare(&texts) else { return };
    eprintln!("{} real files: {valid} valid and {invalid} invalid entities", texts.len());
    assert!(valid + invalid >= 50, "{valid} valid, {invalid} invalid");
}

fn entity_files(git: &Path) -> Vec<String> {
    let names = git_text(git, &["ls-tree", "-r", "--name-only", "HEAD"]);
    let names = names.lines().filter(|name| [".yaml", ".yml"].iter().any(|end| name.ends_with(end)));
    let read = |name: &str| git_text(git, &["show", &format!("HEAD:{name}")]);
    let is_entity = |text: &String| {
        text.contains("apiVersion: backstage.io/") || text.contains("apiVersion: scaffolder.backstage.io")
    };
    names.filter(|name| !name.contains("Chart") && !name.contains('"')).map(read).filter(is_entity).collect()
}

/// The value with one thing changed: each part taken away, and replaced by values of every shape.
fn mutations(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut paths = Vec::new();
    walk(value, &mut Vec::new(), &mut paths);
    let long = "x".repeat(64);
    let replacements = [
        json!(null),
        json!(true),
        json!(7),
        json!(""),
        json!(" "),
        json!("a"),
        json!("A.b-c_d"),
        json!("-a"),
        json!("a b"),
        json!("a--b"),
        json!("a/b"),
        json!("A/b"),
        json!("a.b/c/d"),
        json!("c++"),
        json!("é"),
        json!(long),
        json!([]),
        json!({}),
        json!(["a"]),
        json!([7]),
        json!([""]),
        json!({"a": "b"}),
        json!({"a": 7}),
        json!([{}]),
        json!({"-": "b"}),
        json!("https://acme.example/x"),
        json!("optional"),
        json!("backstage.io/v1beta1"),
        json!("Component"),
        json!("component"),
        json!("mcp-server"),
        json!([{"url": "https://acme.example", "title": " "}]),
        json!([{"url": "x"}]),
    ];
    for path in &paths {
        let mut without = value.clone();
        let (last, above) = path.split_last().unwrap();
        match at(&mut without, above) {
            Value::Object(map) => drop(map.remove(last)),
            Value::Array(items) => drop(items.remove(last.parse().unwrap())),
            _ => unreachable!(),
        }
        found.push(without);
        for replacement in &replacements {
            let mut changed = value.clone();
            *at(&mut changed, path) = replacement.clone();
            found.push(changed);
        }
    }
    for (path, key) in
        [("", "foreign"), ("", "relations"), ("", "status"), ("metadata", "foreign"), ("spec", "foreign")]
    {
        let mut more = value.clone();
        let place = if path.is_empty() { &mut more } else { &mut more[path] };
        if place.is_object() {
            place[key] = json!([]);
            found.push(more);
        }
    }
    found
}

fn walk(value: &Value, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        path.push(key);
        paths.push(path.clone());
        walk(value, path, paths);
        path.pop();
    }
}

fn at<'v>(value: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter().fold(value, |value, key| match value {
        Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
        value => &mut value[key],
    })
}
