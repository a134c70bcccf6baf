//! A bare repository that tests rewrite: new commits of any shape, and a head that is set to any of them.

use std::path::{Path, PathBuf};

use super::generated;
use crate::git_fixture::{git, git_text, run_in};

/// 2024-01-01.
const START_SECONDS: u64 = 1_704_067_200;

pub struct Repository {
    path: PathBuf,
    /// The commits of the main line, oldest first.
    pub line: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Repository {
    /// More than a year in 300 commits.
    pub fn of_plain_work() -> Self {
        let source = tempfile::tempdir().unwrap();
        generated(source.path(), 300, 36);
        Self::clone_of(source.path())
    }

    pub fn clone_of(source: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), ["clone", "--quiet", "--bare", source.to_str().unwrap(), "work"]);
        let path = folder.path().join("work");
        let line = git_text(&path, &["rev-list", "--first-parent", "--reverse", "HEAD"]);
        Self { line: line.lines().map(str::to_owned).collect(), path, _folder: folder }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.path.display())
    }

    pub fn head(&self) -> String {
        git_text(&self.path, &["rev-parse", "HEAD"]).trim().to_owned()
    }

    pub fn set_head(&self, commit: &str) {
        git(&self.path, ["update-ref", "HEAD", commit]);
    }

    /// A new commit with the first parent's files and one of its own, made so many days after the start of 2024.
    pub fn commit(&self, parents: &[&str], day: u64, subject: &str) -> String {
        let person = "Ada Lovelace <ada@example.com>";
        self.commit_by(person, person, parents, day, subject)
    }

    pub fn commit_by(&self, author: &str, committer: &str, parents: &[&str], day: u64, subject: &str) -> String {
        let code = format!("fn day{day}(x: u64) -> u64 {{\n    if x > {day} {{ 1 }} else {{ x }}\n}}\n");
        let blob = run_in(&self.path, &["hash-object", "-w", "--stdin"], code.as_bytes());
        let below = parents.first().map(|parent| git_text(&self.path, &["ls-tree", parent])).unwrap_or_default();
        let tree = format!("{below}100644 blob {blob}\tday{day}.rs\n");
        let tree = run_in(&self.path, &["mktree"], tree.as_bytes());
        let seconds = START_SECONDS + day * 86_400;
        let parents: String = parents.iter().map(|parent| format!("parent {parent}\n")).collect();
        let text = format!(
            "tree {tree}\n{parents}author {author} {seconds} +0000\ncommitter {committer} {seconds} +0000\n\n{subject}\n"
        );
        run_in(&self.path, &["hash-object", "-t", "commit", "-w", "--stdin"], text.as_bytes())
    }
}
