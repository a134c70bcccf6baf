//! A repository with years of plain work: code that changes every month, pull requests of each kind, releases.

use std::fmt::Write;
use std::path::Path;

use crate::git_fixture::{Fixture, run_in};

/// 2024-01-01.
const START_SECONDS: u64 = 1_704_067_200;
const FILES: usize = 12;

/// As many commits on the main line, `hours` apart; every twentieth merges a branch of one commit. The same numbers give the
/// same history, and a longer one starts with the shorter.
pub fn generated(folder: &Path, commits: usize, hours: u64) -> Fixture {
    std::fs::create_dir_all(folder).unwrap();
    let fixture = Fixture::new(folder);
    let mut stream = String::new();
    for number in 1..=commits {
        let seconds = START_SECONDS + number as u64 * hours * 3600;
        if number % 20 == 0 {
            commit(
                &mut stream,
                "branch",
                seconds - 1800,
                &format!("work on {number}"),
                Some("refs/heads/main"),
                number,
            );
            let message = format!("Merge pull request #{number} from team/branch\n\nTake {number}\n");
            header(&mut stream, "main", seconds, &message);
            writeln!(stream, "merge refs/heads/branch\nM 644 inline {}\n{}", path(number), data(&code(number)))
                .unwrap();
        } else {
            let message =
                if number % 3 == 0 { format!("Change {number} (#{number})") } else { format!("Change {number}") };
            commit(&mut stream, "main", seconds, &message, None, number);
        }
        if number % 100 == 0 {
            write!(stream, "reset refs/tags/v{number}\nfrom refs/heads/main\n\n").unwrap();
        }
    }
    run_in(folder, &["fast-import", "--quiet"], stream.as_bytes());
    fixture
}

fn commit(stream: &mut String, branch: &str, seconds: u64, message: &str, from: Option<&str>, number: usize) {
    header(stream, branch, seconds, message);
    if let Some(from) = from {
        writeln!(stream, "from {from}").unwrap();
    }
    writeln!(stream, "M 644 inline {}\n{}", path(number), data(&code(number))).unwrap();
    writeln!(stream, "M 644 inline notes/{}.md\n{}", number % 7, data(&format!("note {number}\n"))).unwrap();
}

fn header(stream: &mut String, branch: &str, seconds: u64, message: &str) {
    let author = format!("Person {} <person{}@example.com>", seconds % 13, seconds % 13);
    writeln!(stream, "commit refs/heads/{branch}\nauthor {author} {seconds} +0100").unwrap();
    writeln!(stream, "committer {author} {seconds} +0100\n{}", data(message)).unwrap();
}

fn path(number: usize) -> String {
    format!("src/part{}.rs", number * 7 % FILES)
}

fn code(number: usize) -> String {
    let function =
        |part: usize| format!("fn part{part}(x: u64) -> u64 {{\n    if x > {number} {{ {part} }} else {{ x }}\n}}\n\n");
    (0..1 + number % 4).map(function).collect()
}

fn data(text: &str) -> String {
    format!("data {}\n{text}", text.len())
}
