//! `paceline identity review`: one question after the other, the likeliest first.

use super::{Decider, Global, called, find, short};
use crate::ambient::Ambient;
use crate::cli::output::{self, Format};
use crate::query::Engine;
use crate::query::people::{Person, Question, Verdict};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use chrono::{DateTime, Utc};
use clap::Args;
use std::io::{BufRead, IsTerminal, Write, stderr, stdin};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(in crate::cli) struct Review {
    /// These two are one person
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    accept: Vec<String>,
    /// These two are two persons, whatever they share later
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    reject: Vec<String>,
    #[command(flatten)]
    decider: Decider,
}

impl Review {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = global.engine()?;
        for (pair, is_same) in [(&self.accept, true), (&self.reject, false)] {
            for two in pair.chunks_exact(2) {
                let persons = engine.persons()?;
                let (one, other) = (find(&persons, &two[0])?, find(&persons, &two[1])?);
                decide(&engine, (&one.id, &other.id), is_same, &self.decider, ambient)?;
            }
        }
        if !self.accept.is_empty() || !self.reject.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let queue = engine.people().await?.queue;
        if global.format == Format::Table && stdin().is_terminal() && stderr().is_terminal() {
            return self.ask(&engine, ambient, &queue);
        }
        list(global.format, &queue)?;
        Ok(ExitCode::SUCCESS)
    }

    fn ask(&self, engine: &Engine, ambient: &Ambient, queue: &[Question]) -> anyhow::Result<ExitCode> {
        eprintln!("{} pairs wait for a decision", queue.len());
        for (index, question) in queue.iter().enumerate() {
            // An earlier answer may have made one of them another person.
            let persons = engine.persons()?;
            if !persons.contains_key(&question.one.id) || !persons.contains_key(&question.other.id) {
                continue;
            }
            eprintln!("\n{} of {}: {} ({})", index + 1, queue.len(), question.reasons.join("; "), question.score);
            for person in [&question.one, &question.other] {
                eprintln!("  {}  {}\n      {}", short(&person.id), called(person), evidence(person));
            }
            loop {
                eprint!("one person? [s]ame, [d]ifferent, [k]ip, [q]uit: ");
                stderr().flush()?;
                let mut answer = String::new();
                if stdin().lock().read_line(&mut answer)? == 0 {
                    return Ok(ExitCode::SUCCESS);
                }
                let is_same = match answer.trim() {
                    "s" | "same" => true,
                    "d" | "different" => false,
                    "k" | "skip" | "" => break,
                    "q" | "quit" => return Ok(ExitCode::SUCCESS),
                    _ => continue,
                };
                let pair = (question.one.id.as_str(), question.other.id.as_str());
                if let Err(error) = decide(engine, pair, is_same, &self.decider, ambient) {
                    eprintln!("error: {error}");
                }
                break;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn decide(
    engine: &Engine,
    (one, other): (&str, &str),
    is_same: bool,
    decider: &Decider,
    ambient: &Ambient,
) -> anyhow::Result<()> {
    let pair = (one.to_owned(), other.to_owned());
    let verdict = if is_same { Verdict::Same(pair.0, pair.1) } else { Verdict::Different(pair.0, pair.1) };
    let line = engine.decide(&verdict, &decider.by(ambient))?;
    let word = if is_same { "one person" } else { "two persons" };
    eprintln!("{} and {} are {word} (audit line {line})", short(one), short(other));
    Ok(())
}

fn evidence(person: &Person) -> String {
    let seen = &person.seen;
    let counts = [
        (seen.commits, "commits"),
        (seen.pull_requests, "pull requests"),
        (seen.reviews, "reviews"),
        (seen.tickets, "tickets"),
    ];
    let mut words: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if let (Some(first), Some(last)) = (seen.first_at, seen.last_at) {
        words.push(format!("{} to {}", first.format("%Y-%m-%d"), last.format("%Y-%m-%d")));
    }
    if words.is_empty() { "no rows".to_owned() } else { words.join(", ") }
}

/// One row a pair.
fn list(format: Format, queue: &[Question]) -> anyhow::Result<()> {
    let text = |pick: &dyn Fn(&Question) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(queue.iter().map(pick)))
    };
    let number = |pick: &dyn Fn(&Question) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(queue.iter().map(pick)))
    };
    let time = |pick: &dyn Fn(&Question) -> Option<DateTime<Utc>>| -> ArrayRef {
        let micros = queue.iter().map(|it| pick(it).map(|time| time.timestamp_micros()));
        Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
    };
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("score", number(&|it| i64::from(it.score)), false),
        ("reasons", text(&|it| it.reasons.join("; ")), false),
        ("one", text(&|it| it.one.id.clone()), false),
        ("one_called", text(&|it| called(&it.one)), false),
        ("one_rows", number(&|it| it.one.seen.rows()), false),
        ("one_first_at", time(&|it| it.one.seen.first_at), true),
        ("one_last_at", time(&|it| it.one.seen.last_at), true),
        ("other", text(&|it| it.other.id.clone()), false),
        ("other_called", text(&|it| called(&it.other)), false),
        ("other_rows", number(&|it| it.other.seen.rows()), false),
        ("other_first_at", time(&|it| it.other.seen.first_at), true),
        ("other_last_at", time(&|it| it.other.seen.last_at), true),
    ])?;
    output::print(format, &batch.schema(), &[batch])
}
