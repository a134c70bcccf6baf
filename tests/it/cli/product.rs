//! The product as its users run it: the built binary on a data folder, with the clock and chance fixed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use paceline::model::TABLES;

/// A project folder of its own with a data folder in it; both are removed at the end.
pub struct Product {
    home: tempfile::TempDir,
    /// The time that every command is told.
    pub now: &'static str,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Product {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), now: "2026-03-01T12:00:00Z" }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The data folder, which need not exist yet.
    pub fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    /// Writes a file of the project.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.home().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The command, not yet started.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paceline"));
        self.isolate(&mut command);
        command.args(args);
        command
    }

    /// Lets nothing but the arguments decide what a command does.
    pub fn isolate(&self, command: &mut Command) {
        let decides =
            |name: &OsStr| [b"GIT_".as_slice(), b"PACELINE_"].iter().any(|it| name.as_bytes().starts_with(it));
        for (name, _) in std::env::vars_os().filter(|(name, _)| decides(name)) {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", self.home());
        command.env("PACELINE_NOW", self.now).env("PACELINE_SEED", "tests").env("PACELINE_DATA", self.data());
        command.current_dir(self.home()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Answer {
        Answer::of(self.command(args))
    }

    /// The words on stderr of a command that must succeed.
    pub fn collect(&self, from: impl AsRef<OsStr>) -> String {
        self.run([OsStr::new("collect"), from.as_ref()]).succeeded().stderr
    }

    /// The rows of a query, without the header; NULL is empty.
    pub fn rows(&self, query: &str) -> Vec<Vec<String>> {
        self.table(&["sql", query])
    }

    /// The rows that a command prints as CSV.
    pub fn table(&self, args: &[&str]) -> Vec<Vec<String>> {
        let answer = self.run(args.iter().chain(&["--format", "csv"])).succeeded();
        csv_rows(&answer.stdout)
    }

    /// Every stored row of every table, in canonical order: each table by its key, then by every other column. Columns
    /// that are named in `without` are left out, and so is what checks found out: it is dated by when they were asked.
    pub fn dump(&self, without: &[&str]) -> String {
        let one = |table: &paceline::model::Table| {
            let rest = table.all_columns().map(|column| column.name).filter(|name| !table.key.contains(name));
            let names = table.key.iter().copied().chain(rest.filter(|name| !without.contains(name)));
            // NULL is not the same as an empty text.
            let texts: Vec<String> = names.map(|name| format!("coalesce('=' || {name}::STRING, 'NULL')")).collect();
            format!(
                "SELECT '{}' AS \"table\", concat_ws(' ', {}) FROM stored.{}",
                table.name,
                texts.join(", "),
                table.name
            )
        };
        // A statement may have so many words; all tables together have more.
        let collected: Vec<_> = TABLES.iter().copied().filter(|table| table.name != "check_results").collect();
        let parts = collected.chunks(20).map(|tables| {
            let tables: Vec<String> = tables.iter().copied().map(one).collect();
            let query = format!("{} ORDER BY 1, 2", tables.join(" UNION ALL "));
            let text = String::from_utf8(self.run(["sql", "--format", "csv", &query]).succeeded().stdout).unwrap();
            text.split_once('\n').unwrap().1.to_owned()
        });
        parts.collect()
    }

    /// Every file under a part of the data folder with its bytes.
    pub fn files(&self, part: &str) -> Vec<(PathBuf, Vec<u8>)> {
        files(self.data().join(part))
    }

    /// Every file of the project with its bytes, the data folder's included.
    pub fn all_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        files(self.home().to_owned())
    }
}

impl Answer {
    pub fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        Self { code: output.status.code(), stdout: output.stdout, stderr }
    }

    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// The one line that a failed command says, without `error: `.
    pub fn failed(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert!(self.stdout.is_empty(), "{}", String::from_utf8_lossy(&self.stdout));
        let line = self.stderr.strip_prefix("error: ").unwrap_or_else(|| panic!("{}", self.stderr));
        let line = line.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "more than one line: {line}");
        line
    }
}

/// The fields of each line after the header.
pub fn csv_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{DataType, Field, Schema};
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap();
    let names = std::str::from_utf8(header).unwrap().split(',');
    let schema = Schema::new(names.map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>());
    let reader = arrow::csv::ReaderBuilder::new(Arc::new(schema)).with_header(true).build(bytes).unwrap();
    let mut rows = Vec::new();
    for batch in reader.map(Result::unwrap) {
        let columns: Vec<_> = batch.columns().iter().map(|column| column.as_string::<i32>()).collect();
        let text = |column: &arrow::array::StringArray, row| match column.is_null(row) {
            true => String::new(),
            false => column.value(row).to_owned(),
        };
        rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|column| text(column, row)).collect()));
    }
    rows
}

/// Two dumps are the same; otherwise says in which lines they are not.
pub fn assert_same(found: &str, expected: &str, when: &str) {
    if found != expected {
        let (ours, theirs): (Vec<&str>, Vec<&str>) = (found.lines().collect(), expected.lines().collect());
        let only = |these: &[&str], those: &[&str]| -> Vec<String> {
            let those: std::collections::BTreeSet<&str> = those.iter().copied().collect();
            these.iter().filter(|line| !those.contains(*line)).take(5).map(ToString::to_string).collect()
        };
        let (extra, missing) = (only(&ours, &theirs), only(&theirs, &ours));
        let lengths = (ours.len(), theirs.len());
        panic!("{when}: {} lines, expected {}\nextra: {extra:#?}\nmissing: {missing:#?}", lengths.0, lengths.1);
    }
}

fn files(folder: PathBuf) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut files, mut waiting) = (Vec::new(), vec![folder]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => waiting.push(entry.path()),
                false => files.push((entry.path(), std::fs::read(entry.path()).unwrap())),
            }
        }
    }
    files.sort();
    files
}
