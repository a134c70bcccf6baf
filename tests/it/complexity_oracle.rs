//! Complexity of every function against other tools: cyclomatic complexity by lizard in ten languages, cognitive complexity by
//! complexipy in Python. `tests/oracle/made-by/make_complexity.py` made the figures.
//!
//! Two functions are compared where name and place agree; where another tool ends a function on another line it read another
//! function. What lizard gives an anonymous function that has no row here is added to the
//! function around it, as this project counts. Where the tools differ it is for a reason that a list below names: a function then
//! has a construct that the two count differently, and the difference is no larger than the constructs are many.
//!
//! The fixtures are always compared. A folder of real code, named by `PACELINE_COMPLEXITY_CORPUS`, has the script's output beside it
//! in `reference.json`; it is not part of this repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use paceline::collect::git::complexity::{self, FunctionMetrics, Status};
use paceline::collect::git::language;
use serde_json::Value;

/// Lines that two tools may put the beginning of one function apart: decorators, annotations, a return type.
const START_TOLERANCE: u64 = 8;

/// Constructs for which lizard counts one more than McCabe's graph has, with the language's ending.
const LIZARD_COUNTS_MORE: [(&str, &str); 9] = [
    ("py", "finally"),
    ("c", "preprocessor"),
    // The two bars of a closure without parameters are taken for `||`, the two signs of a reference for `&&`.
    ("rs", "closure without parameters"),
    ("rs", "reference to a reference"),
    ("rs", "where"),
    // What stands in a macro's arguments has no syntax, so that its `?` is not seen here.
    ("rs", "macro"),
    ("ts", "default"),
    ("ts", "type"),
    ("ts", "question mark"),
];

/// Constructs for which lizard counts one less.
const LIZARD_COUNTS_LESS: [(&str, &str); 8] = [
    ("ts", "optional chain"),
    ("js", "optional chain"),
    ("ts", "assignment"),
    ("js", "assignment"),
    // Taken for the brackets of a template with all that stands between them.
    ("c", "less than"),
    ("c", "assignment in a condition"),
    ("py", "match"),
    ("cs", "foreach"),
];

#[derive(Default)]
struct Tally {
    compared: u64,
    equal: u64,
    explained: u64,
    unexplained: Vec<String>,
}

impl Tally {
    fn share(&self, part: u64) -> f64 {
        part as f64 / self.compared.max(1) as f64
    }
}

#[test]
fn fixtures_agree_with_other_tools() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = compare(&root.join("tests/fixtures/complexity"), &root.join("tests/oracle/ref/complexity.json"));
    assert!(found.values().map(|tally| tally.compared).sum::<u64>() >= 40, "too few functions were found again");
    for (what, tally) in &found {
        assert!(tally.unexplained.is_empty(), "{what}: {:?}", tally.unexplained);
    }
}

#[test]
fn real_code_agrees_with_other_tools() {
    let Some(folder) = std::env::var_os("PACELINE_COMPLEXITY_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: PACELINE_COMPLEXITY_CORPUS names no folder of source code");
        return;
    };
    let found = compare(&folder, &folder.join("reference.json"));
    for (what, tally) in &found {
        let (equal, explained) = (tally.equal, tally.explained);
        println!("{what}: {} functions, {equal} equal, {explained} explained", tally.compared);
        let held = tally.share(equal + explained);
        assert!(held >= 0.985, "{what}: {held} of {}: {:#?}", tally.compared, tally.unexplained);
    }
    let plain = ["c", "go", "java", "js", "py"].iter().filter_map(|ending| found.get(*ending));
    let (equal, compared) = plain.fold((0, 0), |sum, tally| (sum.0 + tally.equal, sum.1 + tally.compared));
    assert!(compared >= 2000, "{compared} functions in C, Go, Java, JavaScript and Python are too few");
    assert!(equal * 100 >= compared * 99, "{equal} of {compared} are equal");
}

/// By ending of the language's files, and `cognitive`.
fn compare(folder: &Path, reference: &Path) -> BTreeMap<String, Tally> {
    let text = std::fs::read_to_string(reference).unwrap();
    let files: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let mut found: BTreeMap<String, Tally> = BTreeMap::new();
    for (path, answers) in &files {
        let Ok(bytes) = std::fs::read(folder.join(path)) else { continue };
        let metrics = complexity::analyse(language::language(path).unwrap(), &bytes);
        if metrics.status != Status::Analysed {
            continue;
        }
        let ending = path.rsplit('.').next().unwrap();
        let answered = |tool: &str| answers[tool].as_array().into_iter().flatten().map(Row::of).collect::<Vec<_>>();
        let tally = found.entry(ending.to_owned()).or_default();
        for row in folded(answered("cyclomatic"), &metrics.functions) {
            let Some(ours) = row.find(&metrics.functions) else { continue };
            let explained = row.is_explained(ending, ours.cyclomatic);
            tally.add(path, &row, ours.cyclomatic, explained);
        }
        let tally = found.entry("cognitive".to_owned()).or_default();
        for row in answered("cognitive") {
            let Some(ours) = row.find(&metrics.functions) else { continue };
            tally.add(path, &row, ours.cognitive, row.has_questions);
        }
    }
    found.retain(|_, tally| tally.compared > 0);
    found
}

impl Tally {
    fn add(&mut self, path: &str, row: &Row, ours: u64, explained: bool) {
        self.compared += 1;
        if ours == row.value {
            self.equal += 1;
        } else if explained {
            self.explained += 1;
        } else {
            let (start, name) = (row.start, &row.name);
            self.unexplained.push(format!("{path}:{start} {name}: {} there, {ours} here", row.value));
        }
    }
}

/// What another tool says of one function.
struct Row {
    /// Without the names around it; empty for an anonymous function.
    name: String,
    start: u64,
    end: u64,
    value: u64,
    constructs: BTreeMap<String, u64>,
    has_questions: bool,
}

impl Row {
    fn of(value: &Value) -> Row {
        let number = |index: usize| value[index].as_u64().unwrap();
        let constructs = value[4].as_object().into_iter().flatten();
        Row {
            name: last_name(value[0].as_str().unwrap()),
            start: number(1),
            end: number(2),
            value: number(3),
            constructs: constructs.map(|(name, count)| (name.clone(), count.as_u64().unwrap())).collect(),
            has_questions: value[4].as_array().is_some_and(|questions| !questions.is_empty()),
        }
    }

    fn find<'f>(&self, functions: &'f [FunctionMetrics]) -> Option<&'f FunctionMetrics> {
        let is_it = |function: &&FunctionMetrics| {
            let name = last_name(function.name.as_deref().unwrap_or_default());
            let is_near = function.start_line.abs_diff(self.start) < START_TOLERANCE;
            name == self.name && is_near && function.end_line == self.end
        };
        functions.iter().filter(is_it).min_by_key(|function| function.start_line.abs_diff(self.start))
    }

    fn is_explained(&self, ending: &str, ours: u64) -> bool {
        let count = |list: &[(&str, &str)]| -> u64 {
            let names = list.iter().filter(|(language, _)| *language == ending).map(|(_, name)| *name);
            names.filter_map(|name| self.constructs.get(name)).sum()
        };
        ours <= self.value + count(&LIZARD_COUNTS_LESS) && self.value <= ours + count(&LIZARD_COUNTS_MORE)
    }
}

/// Adds what anonymous functions without a row of ours count to the function around them.
fn folded(mut rows: Vec<Row>, functions: &[FunctionMetrics]) -> Vec<Row> {
    let mut folded = Vec::new();
    for index in 0..rows.len() {
        let row = &rows[index];
        if !row.name.is_empty() || row.find(functions).is_some() {
            continue;
        }
        let is_around = |other: &usize| {
            let other = &rows[*other];
            other.start <= row.start && other.end >= row.end && other.find(functions).is_some()
        };
        let around = (0..rows.len()).filter(|other| *other != index).filter(is_around);
        let Some(around) = around.min_by_key(|other| rows[*other].end - rows[*other].start) else { continue };
        let further = row.value - 1;
        rows[around].value += further;
        folded.push(index);
    }
    let mut index = 0;
    rows.retain(|_| {
        index += 1;
        !folded.contains(&(index - 1))
    });
    rows
}

fn last_name(name: &str) -> String {
    let last = name.rsplit("::").next().unwrap().rsplit('.').next().unwrap();
    if last.contains("anonymous") { String::new() } else { last.to_owned() }
}
