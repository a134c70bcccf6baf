//! Answers of REST as a backup tool saves them.

use super::rest;
use super::rest::page::Ask;
use super::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Every issue and pull request with its timeline, as python-github-backup writes them: the name of a file and what is in it.
pub fn issues(world: &World) -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for repository in &world.repositories {
        let list = format!("/repos/{}/issues", repository.full_name());
        for mut issue in list_of(world, &list) {
            let number = issue["number"].clone();
            issue["timeline_data"] = json!(list_of(world, &format!("{list}/{number}/timeline")));
            files.push((format!("{}-{number}.json", repository.name), issue));
        }
    }
    files
}

/// All pages of a list.
pub fn list_of(world: &World, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let query = [("state", "all".to_owned()), ("per_page", "100".to_owned()), ("page", page.to_string())];
        let query: BTreeMap<String, String> = query.map(|(name, value)| (name.to_owned(), value)).into();
        let ask = Ask { method: "GET".to_owned(), path: path.to_owned(), query };
        let Value::Array(more) = rest::answer(world, &ask).body else { panic!("{path} is no list") };
        if more.is_empty() {
            break;
        }
        rows.extend(more);
    }
    rows
}
