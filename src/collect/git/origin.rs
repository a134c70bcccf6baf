//! Where a repository is: a folder on this machine, or an address that is cloned into the data folder and fetched again on
//! each run.

use super::super::{CollectError, Collecting, Result};
use super::history;
use crate::store::StoreError;
use gix::bstr::ByteSlice;
use gix::protocol::handshake::Ref;
use gix::refs::Target;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Why a repository cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    #[error(transparent)]
    History(#[from] history::Error),
    #[error("{address} cannot be fetched: {problem}; check the address, the network and your access")]
    Fetch { address: String, problem: String },
    #[error(
        "the name {name} stands for {known} already; give {address} another with --name, or in its pipeline's file name"
    )]
    NameTaken { name: String, known: String, address: String },
}

/// Both sides of what a mirror fetches.
const REFSPECS: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/// Opens the repository and says where it came from, without credentials.
pub(super) fn open(
    collecting: &Collecting<'_>,
    source: &str,
    path: &str,
    folder: &Path,
) -> Result<(gix::Repository, String), OriginError> {
    let known = collecting.state.origins().unwrap_or_default().into_iter().find(|origin| origin.source == source);
    let taken = |address: &str| {
        let known = known.as_ref().filter(|known| known.address != address)?;
        let (name, known) = (source.to_owned(), known.address.clone());
        Some(OriginError::NameTaken { name, known, address: address.to_owned() })
    };
    if !is_address(path) {
        let path = full(path, folder);
        let repo = history::open(&path)?;
        let address = path.display().to_string();
        // A folder may move; a repository that does not know the commits collected under its name is another one.
        return match taken(&address).filter(|_| !super::plan::is_known(collecting, &super::application(source), &repo))
        {
            Some(error) => Err(error),
            None => Ok((repo, address)),
        };
    }
    let address = without_credentials(path);
    if let Some(error) = taken(&address) {
        return Err(error);
    }
    let clone = collecting.store.clones().join(source);
    collecting.progress.stage(&format!("fetching {address}"), None);
    let fetched = if clone.is_dir() { fetch(&clone) } else { clone_into(path, &clone) };
    fetched.map_err(|error| OriginError::Fetch { address: address.clone(), problem: innermost(error.as_ref()) })?;
    Ok((history::open(&clone)?, address))
}

/// Removes the clone of a source where somebody was erased: a clone holds the names of all who wrote its commits.
pub(super) fn forget_clone(collecting: &Collecting<'_>, source: &str) -> Result<()> {
    let path = collecting.store.clones().join(source);
    if collecting.erased.is_empty() || !path.exists() {
        return Ok(());
    }
    std::fs::remove_dir_all(&path).map_err(|source| CollectError::Store(StoreError::Io { path, source }))
}

/// A name for the repository at a path or address: its last part.
pub fn repository_name(path: &str, folder: &Path) -> String {
    let absolute;
    let text = if is_address(path) {
        path
    } else {
        absolute = full(path, folder).to_string_lossy().into_owned();
        &absolute
    };
    let trimmed = text.trim_end_matches(['/', '\\']).trim_end_matches("/.git").trim_end_matches(".git");
    let name = trimmed.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(safe).collect();
    if name.trim_matches(['.', '-']).is_empty() { "repository".to_owned() } else { name }
}

/// The path without `.` and `..`, where there is something; otherwise as it was given.
fn full(path: &str, folder: &Path) -> PathBuf {
    folder.join(path).canonicalize().unwrap_or_else(|_| PathBuf::from(path))
}

/// `scheme://…`, or `user@host:path` as ssh takes it.
fn is_address(path: &str) -> bool {
    let scp_like = || path.split_once(':').is_some_and(|(host, _)| host.len() > 1 && !host.contains(['/', '\\']));
    !Path::new(path).exists() && (path.contains("://") || scp_like())
}

fn without_credentials(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) =
                rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => address.to_owned(),
    }
}

type Problem = Box<dyn std::error::Error>;

/// Clones next to the final place and renames, so that a broken transfer leaves nothing that looks like a repository.
fn clone_into(address: &str, clone: &Path) -> Result<(), Problem> {
    let partial = partial_path(clone);
    if partial.exists() {
        std::fs::remove_dir_all(&partial)?;
    }
    std::fs::create_dir_all(&partial)?;
    let never = AtomicBool::new(false);
    let mut prepared = gix::prepare_clone_bare(address, &partial)?
        .configure_remote(|remote| remote.with_refspecs(REFSPECS, gix::remote::Direction::Fetch));
    let result = prepared.fetch_only(gix::progress::Discard, &never);
    result.inspect_err(|_| drop(std::fs::remove_dir_all(&partial)))?;
    std::fs::rename(&partial, clone)?;
    Ok(())
}

fn partial_path(clone: &Path) -> PathBuf {
    clone.with_extension("partial")
}

fn fetch(clone: &Path) -> Result<(), Problem> {
    let repo = gix::open(clone)?;
    let never = AtomicBool::new(false);
    let remote = repo.find_remote("origin")?;
    let connection = remote.connect(gix::remote::Direction::Fetch)?;
    let head = gix::refspec::parse("HEAD".into(), gix::refspec::parse::Operation::Fetch)?.to_owned();
    let options = gix::remote::ref_map::Options { extra_refspecs: vec![head], ..Default::default() };
    let prepared = connection.prepare_fetch(gix::progress::Discard, options)?;
    let there = prepared.ref_map().remote_refs.clone();
    // Before the others come, since a branch may be named as the folder that another one was in.
    forget_gone(&repo, &there)?;
    prepared.receive(gix::progress::Discard, &never)?;
    follow_head(&repo, &there)
}

/// Removes branches and tags that are gone at the source.
fn forget_gone(repo: &gix::Repository, there: &[Ref]) -> Result<(), Problem> {
    let names: BTreeSet<&[u8]> = there.iter().map(|remote| remote.unpack().0.as_ref()).collect();
    for local in repo.references()?.all()? {
        let local = local?;
        if !names.contains(local.name().as_bstr().as_ref() as &[u8]) {
            local.delete()?;
        }
    }
    Ok(())
}

/// Lets HEAD name the branch that it names at the source.
fn follow_head(repo: &gix::Repository, there: &[Ref]) -> Result<(), Problem> {
    let branch = there.iter().find_map(|remote| match remote {
        Ref::Symbolic { full_ref_name, target, .. } if full_ref_name == "HEAD" => Some(target),
        _ => None,
    });
    let Some(branch) = branch else { return Ok(()) };
    let target = Target::Symbolic(branch.as_bstr().try_into()?);
    let change = Change::Update { log: LogChange::default(), expected: PreviousValue::Any, new: target };
    repo.edit_reference(RefEdit { change, name: "HEAD".try_into()?, deref: false })?;
    Ok(())
}

/// The last cause says what happened; the first only that something did.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Finds out whether there is a readable history at a path, before anything is written. An address is only tried when it is
/// fetched.
///
/// # Errors
/// As [`super::history::open`] and [`super::history::head`].
pub fn probe(path: &str, folder: &Path) -> Result<(), history::Error> {
    if is_address(path) {
        return Ok(());
    }
    let repo = history::open(&full(path, folder))?;
    history::refuse_shallow(&repo)?;
    history::head(&repo).map(|_| ())
}
