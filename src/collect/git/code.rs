//! The code at sampled moments: which files there were, and the complexity of each content, analysed once by its object id.

use super::super::{Collecting, Result, rows};
use super::complexity::{self, FileMetrics, Status};
use super::history::{self, History};
use super::samples::{self, Sample};
use super::{GitError, Source, hex, language, micros, threads};
use crate::model::{self, Table};
use crate::project::CodeHistory;
use crate::store::{Change, Mark};
use arrow::array::{AsArray, RecordBatch};
use gix::ObjectId;
use gix::objs::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One content read as one language.
type Blob = (ObjectId, &'static str);

/// A source file of a sample.
struct File {
    path: String,
    blob: Blob,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &Source<'_>,
    whole: &History,
    how: CodeHistory,
) -> Result<()> {
    let plan = &source.plan;
    let months = samples::months(whole, plan.head, how, plan.at);
    let before = plan.base.as_ref().map(|base| samples::months(whole, base.head, how, base.at)).unwrap_or_default();
    let adds_only = plan.base.is_some() && before.iter().all(|sample| months.contains(sample));
    let months: Vec<Sample> =
        if adds_only { months.into_iter().filter(|sample| !before.contains(sample)).collect() } else { months };
    let head = samples::head(whole, plan.head, how);

    collecting.progress.stage(&format!("{}: reading trees", source.repository), Some(months.len() as u64 + 1));
    let months = with_files(collecting, source, months)?;
    let head = with_files(collecting, source, head.into_iter().collect())?;
    let blobs = months.iter().chain(&head).flat_map(|(_, files)| files.iter().map(|file| file.blob)).collect();
    analyse_new(collecting, source, blobs).await?;

    let table = &model::code::SNAPSHOT_FILES;
    let change = if adds_only { Change::Append } else { source.replace() };
    let batch = snapshot_batch(source, &months)?;
    collecting.write(table, &change, &source.mark, vec![batch]).await?;
    let change = Change::Replace { column: "sample", value: format!("{}@head", source.name) };
    // The same table a second time in the same plan needs a mark of its own.
    let mark = Mark { application: format!("{}@head", source.mark.application), version: source.mark.version };
    collecting.write(table, &change, &mark, vec![snapshot_batch(source, &head)?]).await?;
    forget_unused(collecting, source).await
}

type SampledFiles = (Sample, Vec<File>);

fn with_files(collecting: &Collecting<'_>, source: &Source<'_>, samples: Vec<Sample>) -> Result<Vec<SampledFiles>> {
    let mut all = Vec::with_capacity(samples.len());
    for sample in samples {
        let files = files_of(&source.repo, sample.commit)?;
        all.push((sample, files));
        collecting.progress.advance(1);
    }
    Ok(all)
}

fn files_of(repo: &gix::Repository, commit: ObjectId) -> Result<Vec<File>> {
    let tree = history::tree_of(repo, commit)?;
    let damaged = |problem: String| history::Error::Object { id: tree, problem };
    let tree = repo.find_tree(tree).map_err(|error| damaged(error.to_string()))?;
    let entries = tree.traverse().breadthfirst.files().map_err(|error| damaged(error.to_string()))?;
    let mut files: Vec<File> = entries
        .into_iter()
        .filter(|entry| entry.mode.is_blob())
        .filter_map(|entry| {
            let path = super::numstat::path_text(&entry.filepath);
            let language = language::language(&path).filter(|language| language::can_analyse(language))?;
            (!language::is_generated(&path)).then_some(File { path, blob: (entry.oid, language) })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn snapshot_batch(source: &Source<'_>, samples: &[SampledFiles]) -> Result<RecordBatch> {
    let files = || samples.iter().flat_map(|(sample, files)| files.iter().map(move |file| (sample, file)));
    let labels: Vec<String> = files().map(|(sample, _)| format!("{}@{}", source.name, sample.label)).collect();
    let commits: Vec<String> = files().map(|(sample, _)| hex(sample.commit)).collect();
    let blobs: Vec<String> = files().map(|(_, file)| hex(file.blob.0)).collect();
    let at = || rows::times(files().map(|(sample, _)| micros(sample.at)));
    let own = vec![
        rows::texts(files().map(|_| source.repository.as_str())),
        rows::texts(labels.iter().map(String::as_str)),
        at(),
        rows::texts(commits.iter().map(String::as_str)),
        rows::bools(files().map(|(sample, _)| sample.label == "head")),
        rows::texts(files().map(|(_, file)| file.path.as_str())),
        rows::texts(blobs.iter().map(String::as_str)),
        rows::texts(files().map(|(_, file)| file.blob.1)),
    ];
    rows::batch(&model::code::SNAPSHOT_FILES, own, source.name, at(), source.plan.at)
}

/// Analyses the contents that no run analysed before and stores them.
async fn analyse_new(collecting: &mut Collecting<'_>, source: &Source<'_>, wanted: BTreeSet<Blob>) -> Result<()> {
    let listed = known(collecting, &model::code::BLOBS, &wanted).await?;
    let new: Vec<Blob> = wanted.difference(&listed).copied().collect();
    collecting.progress.stage(&format!("{}: analysing code", source.repository), Some(new.len() as u64));
    let analysed = analyse_all(collecting, &source.repo, &new)?;
    let blobs = vec![blob_batch(source, &analysed)?];
    // The functions first: a content listed in `blobs` promises that its functions are there. Those of a content that is
    // not listed may be there too, by a plan that stopped in between.
    let there = known(collecting, &model::code::FUNCTIONS, &new.into_iter().collect()).await?;
    let missing: Vec<Analysed> = analysed.into_iter().filter(|(blob, _)| !there.contains(blob)).collect();
    let functions = vec![function_batch(source, &missing)?];
    collecting.write(&model::code::FUNCTIONS, &Change::Append, &source.mark, functions).await?;
    collecting.write(&model::code::BLOBS, &Change::Append, &source.mark, blobs).await
}

/// Drops contents that no sample of any source has any more: those of a former head, or of a history that was rewritten.
async fn forget_unused(collecting: &Collecting<'_>, source: &Source<'_>) -> Result<()> {
    // A plan of another source that stopped may count on contents that no sample names yet.
    if collecting.state.unfinished()?.iter().any(|application| *application != source.mark.application) {
        return Ok(());
    }
    for table in [&model::code::BLOBS, &model::code::FUNCTIONS] {
        collecting.store.prune(table, &model::code::SNAPSHOT_FILES, ["blob", "language"]).await?;
    }
    Ok(())
}

/// Which of these contents a table has rows of.
async fn known(collecting: &Collecting<'_>, table: &'static Table, among: &BTreeSet<Blob>) -> Result<BTreeSet<Blob>> {
    let named: BTreeMap<(String, &str), Blob> = among.iter().map(|blob| ((hex(blob.0), blob.1), *blob)).collect();
    let mut known = BTreeSet::new();
    for batch in collecting.store.read(table, &["blob", "language"]).await? {
        let (ids, languages) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let pairs = ids.iter().flatten().zip(languages.iter().flatten());
        known.extend(pairs.filter_map(|(id, language)| named.get(&(id.to_owned(), language))));
    }
    Ok(known)
}

/// The parsers recurse with the nesting of the code; the default stack of a thread is small.
const STACK_BYTES: usize = 64 << 20;

type Analysed = (Blob, FileMetrics);

fn analyse_all(collecting: &Collecting<'_>, repo: &gix::Repository, blobs: &[Blob]) -> Result<Vec<Analysed>> {
    let shared = repo.clone().into_sync();
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, Analysed>> = Mutex::default();
    let work = || -> Result<(), history::Error> {
        let repo = shared.to_thread_local();
        let mut content = Vec::new();
        while let Some((index, blob)) = claim(&next, blobs) {
            history::read(&repo, blob.0, Kind::Blob, &mut content)?;
            let metrics = complexity::analyse(blob.1, &content);
            results.lock().unwrap_or_else(PoisonError::into_inner).insert(index, (*blob, metrics));
            collecting.progress.advance(1);
        }
        Ok(())
    };
    std::thread::scope(|scope| -> Result<()> {
        let spawn = |_| std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let workers: Vec<_> = (0..threads()).map(spawn).collect();
        for worker in workers {
            let worker = worker.map_err(|error| super::CollectError::Stopped(error.to_string()))?;
            worker.join().unwrap_or(Err(history::Error::Worker)).map_err(GitError::from)?;
        }
        Ok(())
    })?;
    Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect())
}

fn claim<'b>(next: &AtomicUsize, blobs: &'b [Blob]) -> Option<(usize, &'b Blob)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    blobs.get(index).map(|blob| (index, blob))
}

fn blob_batch(source: &Source<'_>, analysed: &[Analysed]) -> Result<RecordBatch> {
    let ids: Vec<String> = analysed.iter().map(|((id, _), _)| hex(*id)).collect();
    let known = |pick: fn(&FileMetrics) -> u64| {
        rows::ints(
            analysed
                .iter()
                .map(|(_, metrics)| (metrics.status == Status::Analysed).then(|| pick(metrics).cast_signed())),
        )
    };
    let volume = |(_, metrics): &Analysed| (metrics.status == Status::Analysed).then_some(metrics.halstead_volume);
    let own = vec![
        rows::texts(ids.iter().map(String::as_str)),
        rows::texts(analysed.iter().map(|((_, language), _)| *language)),
        rows::texts(analysed.iter().map(|(_, metrics)| status(&metrics.status))),
        known(|metrics| metrics.lines),
        known(|metrics| metrics.code_lines),
        known(|metrics| metrics.comment_lines),
        known(|metrics| metrics.cyclomatic),
        known(|metrics| metrics.cognitive),
        rows::floats(analysed.iter().map(volume)),
        known(|metrics| metrics.functions.len() as u64),
        known(|metrics| metrics.logical_lines),
    ];
    let never_changes = rows::times(analysed.iter().map(|_| None));
    rows::batch(&model::code::BLOBS, own, source.name, never_changes, source.plan.at)
}

fn status(status: &Status) -> &str {
    match status {
        Status::Analysed => "analysed",
        Status::TooLarge => "too large",
        Status::NotText => "not text",
        Status::Unparsable(reason) => reason,
    }
}

fn function_batch(source: &Source<'_>, analysed: &[Analysed]) -> Result<RecordBatch> {
    let functions = || {
        analysed.iter().flat_map(|(blob, metrics)| {
            metrics.functions.iter().enumerate().map(move |(ordinal, function)| (blob, ordinal, function))
        })
    };
    let ids: Vec<String> = functions().map(|(blob, _, _)| hex(blob.0)).collect();
    let int = |pick: fn(&complexity::FunctionMetrics) -> u64| {
        rows::ints(functions().map(|(_, _, function)| Some(pick(function).cast_signed())))
    };
    let own = vec![
        rows::texts(ids.iter().map(String::as_str)),
        rows::texts(functions().map(|(blob, _, _)| blob.1)),
        rows::ints(functions().map(|(_, ordinal, _)| Some(ordinal as i64))),
        rows::optional_texts(functions().map(|(_, _, function)| function.name.as_deref())),
        int(|function| function.start_line),
        int(|function| function.end_line),
        int(|function| function.lines),
        int(|function| function.code_lines),
        int(|function| function.own_code_lines),
        int(|function| function.cyclomatic),
        int(|function| function.cognitive),
        rows::floats(functions().map(|(_, _, function)| Some(function.halstead_volume))),
        int(|function| function.parameters),
        int(|function| function.nesting),
    ];
    let never_changes = rows::times(functions().map(|_| None));
    rows::batch(&model::code::FUNCTIONS, own, source.name, never_changes, source.plan.at)
}
