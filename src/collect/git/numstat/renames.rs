//! Renames as `git log -M` finds them: a deleted and an added file that are alike become one entry.
//!
//! In three steps, each on what the steps before left: same content; same file name, unique on both sides, and three
//! quarters alike; any pair that is half alike, best first. The matching follows git's to the letter, ties included,
//! because a rename decides where lines are counted.

use std::collections::HashMap;

use gix::bstr::{BStr, ByteSlice};
use gix::{ObjectId, hashtable};

use super::blobs::Blobs;
use super::similarity::Spans;
use super::trees::{Entry, Side};
use crate::collect::git::history::Result;

/// Two files with everything in common.
const FULL_SCORE: u64 = 60_000;

/// What makes a rename: half (-M's default).
const RENAME_SCORE: u64 = FULL_SCORE / 2;

/// What makes a rename between files of the same unique name: half-way between a rename and the full score.
const SAME_NAME_SCORE: u64 = RENAME_SCORE + (FULL_SCORE - RENAME_SCORE) / 2;

/// The square root of the number of pairs beyond which git compares no contents (diff.renameLimit's default).
const RENAME_LIMIT: usize = 1000;

/// Sources with the same content among which git looks for one with the same file name.
const IDENTICAL_SOURCES: usize = 102;

/// Best sources that git remembers for a destination.
const CANDIDATES: usize = 4;

/// Replaces each deletion and addition that form a rename by one entry at the place of the addition.
pub fn pair(entries: &mut Vec<Entry>, blobs: &mut Blobs<'_>) -> Result<()> {
    let mut search = Search::new(entries);
    if search.sources.is_empty() || search.destinations.is_empty() {
        return Ok(());
    }
    search.match_content();
    search.match_names(blobs)?;
    search.match_similar(blobs)?;
    let renames = search.renames();
    apply(entries, &renames);
    blobs.forget();
    Ok(())
}

/// Deletion and addition, as indexes of entries.
type Rename = (usize, usize);

fn apply(entries: &mut Vec<Entry>, renames: &[Rename]) {
    for &(from, to) in renames {
        entries[to].old = entries[from].old;
        entries[to].previous_path = Some(entries[from].path.clone());
    }
    let mut is_source = vec![false; entries.len()];
    for &(from, _) in renames {
        is_source[from] = true;
    }
    let mut is_source = is_source.into_iter();
    entries.retain(|_| !is_source.next().unwrap_or(false));
}

/// A file that was deleted or added.
struct Candidate<'e> {
    entry: usize,
    path: &'e BStr,
    name: &'e [u8],
    side: Side,
    matched: Option<usize>,
    spans: Option<Spans>,
}

impl<'e> Candidate<'e> {
    fn new(entry: usize, path: &'e BStr, side: Side) -> Self {
        let name = path.rfind_byte(b'/').map_or(path, |slash| &path[slash + 1..]);
        Self { entry, path, name, side, matched: None, spans: None }
    }

    fn spans(&mut self, blobs: &mut Blobs<'_>) -> Result<&Spans> {
        let spans = match self.spans.take() {
            Some(spans) => spans,
            None => blobs.spans(&self.side, self.path)?,
        };
        Ok(self.spans.insert(spans))
    }
}

struct Search<'e> {
    sources: Vec<Candidate<'e>>,
    destinations: Vec<Candidate<'e>>,
}

impl<'e> Search<'e> {
    fn new(entries: &'e [Entry]) -> Self {
        let (mut sources, mut destinations) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            match (entry.old, entry.new) {
                (Some(old), None) => sources.push(Candidate::new(index, entry.path.as_bstr(), old)),
                (None, Some(new)) => destinations.push(Candidate::new(index, entry.path.as_bstr(), new)),
                _ => {}
            }
        }
        Self { sources, destinations }
    }

    fn renames(&self) -> Vec<Rename> {
        self.destinations
            .iter()
            .filter_map(|destination| Some((self.sources[destination.matched?].entry, destination.entry)))
            .collect()
    }

    fn record(&mut self, source: usize, destination: usize) {
        self.sources[source].matched = Some(destination);
        self.destinations[destination].matched = Some(source);
    }

    /// Same object id; of several sources the first with the same file name, otherwise the first.
    fn match_content(&mut self) {
        let mut by_content: hashtable::HashMap<ObjectId, Vec<usize>> = hashtable::HashMap::default();
        for (index, source) in self.sources.iter().enumerate() {
            by_content.entry(source.side.id).or_default().push(index);
        }
        for destination in 0..self.destinations.len() {
            let Some(sources) = by_content.get(&self.destinations[destination].side.id) else { continue };
            let wanted = &self.destinations[destination];
            let mut usable = sources.iter().copied().filter(|&source| {
                let source = &self.sources[source];
                let both_files = source.side.is_file() && wanted.side.is_file();
                source.matched.is_none() && (both_files || source.side.kind == wanted.side.kind)
            });
            let Some(first) = usable.next() else { continue };
            let same_name = |&source: &usize| self.sources[source].name == wanted.name;
            let best = std::iter::once(first).chain(usable).take(IDENTICAL_SOURCES).find(same_name).unwrap_or(first);
            self.record(best, destination);
        }
    }

    /// Same file name, which only one source and one destination have among those left.
    fn match_names(&mut self, blobs: &mut Blobs<'_>) -> Result<()> {
        let sources = unique_names(&self.sources);
        let destinations = unique_names(&self.destinations);
        for source in 0..self.sources.len() {
            let name = self.sources[source].name;
            let (Some(Some(unique)), Some(Some(destination))) = (sources.get(name), destinations.get(name)) else {
                continue;
            };
            if *unique == source && self.score(source, *destination, SAME_NAME_SCORE, blobs)? >= SAME_NAME_SCORE {
                self.record(source, *destination);
            }
        }
        Ok(())
    }

    /// Any pair of those left, the most alike first.
    fn match_similar(&mut self, blobs: &mut Blobs<'_>) -> Result<()> {
        let unmatched = |candidates: &[Candidate<'_>]| -> Vec<usize> {
            (0..candidates.len()).filter(|&index| candidates[index].matched.is_none()).collect()
        };
        let (sources, destinations) = (unmatched(&self.sources), unmatched(&self.destinations));
        if sources.len() * destinations.len() > RENAME_LIMIT * RENAME_LIMIT {
            return Ok(());
        }
        let mut pairs = Vec::new();
        for &destination in &destinations {
            let mut best = Vec::with_capacity(CANDIDATES);
            for &source in &sources {
                let score = self.score(source, destination, RENAME_SCORE, blobs)?;
                let same_name = self.sources[source].name == self.destinations[destination].name;
                keep_best(&mut best, Pair { score, same_name, source, destination });
            }
            self.destinations[destination].spans = None;
            pairs.extend(best);
        }
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.rank()));
        for pair in pairs.iter().take_while(|pair| pair.score >= RENAME_SCORE) {
            if self.sources[pair.source].matched.is_none() && self.destinations[pair.destination].matched.is_none() {
                self.record(pair.source, pair.destination);
            }
        }
        Ok(())
    }

    /// How much of the larger file is in the other, of [`FULL_SCORE`]; 0 where their sizes alone rule out `needed`.
    fn score(&mut self, source: usize, destination: usize, needed: u64, blobs: &mut Blobs<'_>) -> Result<u64> {
        let (source, destination) = (&mut self.sources[source], &mut self.destinations[destination]);
        if !source.side.is_file() || !destination.side.is_file() {
            return Ok(0);
        }
        let (old_size, new_size) = (blobs.size(source.side.id)?, blobs.size(destination.side.id)?);
        let larger = old_size.max(new_size);
        if new_size == 0 || larger * (FULL_SCORE - needed) < old_size.abs_diff(new_size) * FULL_SCORE {
            return Ok(0);
        }
        let shared = source.spans(blobs)?.shared_bytes(destination.spans(blobs)?);
        Ok(shared * FULL_SCORE / larger)
    }
}

/// The index of the unmatched candidate with each file name, `None` where several share it.
fn unique_names<'e>(candidates: &[Candidate<'e>]) -> HashMap<&'e [u8], Option<usize>> {
    let mut names = HashMap::new();
    for (index, candidate) in candidates.iter().enumerate().filter(|(_, candidate)| candidate.matched.is_none()) {
        names.entry(candidate.name).and_modify(|unique| *unique = None).or_insert(Some(index));
    }
    names
}

/// A source and a destination that may be a rename.
#[derive(Debug, Clone, Copy)]
struct Pair {
    score: u64,
    same_name: bool,
    source: usize,
    destination: usize,
}

impl Pair {
    fn rank(&self) -> (u64, bool) {
        (self.score, self.same_name)
    }
}

/// Keeps the best pairs of a destination. A better pair takes the place of the worst one instead of being sorted in:
/// places decide ties later.
fn keep_best(best: &mut Vec<Pair>, pair: Pair) {
    if best.len() < CANDIDATES {
        best.push(pair);
        return;
    }
    let mut worst = 0;
    for index in 1..best.len() {
        if best[index].rank() < best[worst].rank() {
            worst = index;
        }
    }
    if pair.rank() > best[worst].rank() {
        best[worst] = pair;
    }
}
