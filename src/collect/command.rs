//! `type = "command"`: a program prints JSON lines, which become rows as those of a file do.
//!
//! One rule: what it prints is a file first. It is read when the program has ended well, so that one that fails brings nothing,
//! and it is kept until its rows are stored, so that a run that dies is carried out by the next.

use super::content::Content;
use super::files::{self, LeftOut};
use super::program::{Running, start};
use super::sample::Sample;
use super::{CollectError, Collecting, Result};
use crate::project::{CommandPipeline, FilesPipeline};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Lines that a sample reads for each row that is asked for, since many may be left out.
const LINES_A_ROW: usize = 20;

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &CommandPipeline,
    folder: &Path,
) -> Result<()> {
    collecting.put_origin(source, "command", keys.program.run.join(" "), false)?;
    let spool = collecting.store.spool();
    let made = private_folder(&spool);
    made.map_err(|error| CollectError::Source { path: spool.clone(), message: error.to_string() })?;
    let name = format!("{source}.ndjson");
    let path = spool.join(&name);
    let files = FilesPipeline::of_lines(name, keys.target.clone());
    take_left(collecting, source, keys).await?;
    let (running, printed) = start(&keys.program, folder, &[])?;
    let complaints = running.complaints();
    let (to, part) = (path.clone(), spool.join(format!("{source}.part")));
    let work = tokio::task::spawn_blocking(move || print_into(running, printed, &part, &to));
    let done = complaints.shown_during(collecting.progress, work).await;
    done.map_err(|error| CollectError::Stopped(error.to_string()))??;
    bring(collecting, source, &files, &spool, &path).await?.tell(collecting)
}

/// Brings in what the program printed in a run that died. What it lacks the program prints again.
pub(super) async fn take_left(collecting: &mut Collecting<'_>, source: &str, keys: &CommandPipeline) -> Result<()> {
    let spool = collecting.store.spool();
    let name = format!("{source}.ndjson");
    let path = spool.join(&name);
    if path.is_file() {
        let files = FilesPipeline::of_lines(name, keys.target.clone());
        bring(collecting, source, &files, &spool, &path).await?;
    }
    Ok(())
}

async fn bring(
    collecting: &mut Collecting<'_>,
    source: &str,
    files: &FilesPipeline,
    spool: &Path,
    path: &Path,
) -> Result<LeftOut> {
    let content = Content::of(spool, path)?;
    let left_out = files::bring(collecting, source, files, spool, &[content]).await?;
    // It may name people, and its rows are stored.
    let removed = std::fs::remove_file(path);
    removed.map_err(|error| CollectError::Source { path: path.to_owned(), message: error.to_string() })?;
    Ok(left_out)
}

/// Writes all that a program prints into a file, which has its name when the program has ended well.
fn print_into(mut running: Running, mut printed: impl io::Read, part: &Path, to: &Path) -> Result<()> {
    let wrong = |error: io::Error| CollectError::Source { path: part.to_owned(), message: error.to_string() };
    let copied = File::create(part).and_then(|mut file| io::copy(&mut printed, &mut file)).map_err(wrong);
    let ended = copied.and_then(|_| running.finish());
    if ended.is_err() {
        std::fs::remove_file(part).ok();
    }
    ended?;
    std::fs::rename(part, to).map_err(wrong)
}

/// The first rows, of the first lines that the program prints; then it is ended.
pub(super) async fn sample(keys: &CommandPipeline, folder: &Path, rows: usize, sample: &mut Sample) -> Result<()> {
    let place = Scratch::new()?;
    let (running, printed) = start(&keys.program, folder, &[])?;
    let path = place.0.join("output.ndjson");
    let most = rows.saturating_mul(LINES_A_ROW);
    let work = move || first_lines(running, printed, &path, most);
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| CollectError::Stopped(error.to_string()))??;
    let files = FilesPipeline::of_lines("output.ndjson".to_owned(), keys.target.clone());
    files::sample(&files, &place.0, rows, sample).await
}

fn first_lines(mut running: Running, printed: impl io::Read, path: &Path, most: usize) -> Result<()> {
    let wrong = |error: io::Error| CollectError::Source { path: path.to_owned(), message: error.to_string() };
    let mut file = File::create(path).map_err(wrong)?;
    let mut reader = BufReader::new(printed);
    for _ in 0..most {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).map_err(wrong)? == 0 {
            return running.finish();
        }
        file.write_all(&line).map_err(wrong)?;
    }
    Ok(())
}

/// A folder outside the project and its data, removed at the end.
pub(super) struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Result<Scratch> {
        let path = std::env::temp_dir().join(format!("paceline-sample-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        // Never one that is there: anybody may have put it there, and secrets are written into it.
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| CollectError::Source { path: path.clone(), message: error.to_string() })?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A folder that only its owner may look into.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
