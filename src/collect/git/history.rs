//! The commits of a repository as plain values.
//!
//! Rule: what is read depends on the objects alone, so two clones of one history give the same commits in the same
//! order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::hashtable::{HashMap, HashSet};
use gix::objs::{FindExt, Kind};

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path holds no repository, or one with damaged settings.
    #[error(
        "no git repository at {}: {problem}; give the folder that holds .git, or a bare repository",
        path.display()
    )]
    NotARepository { path: PathBuf, problem: String },
    /// The clone lacks the older commits.
    #[error("shallow clone: history is cut at {boundaries} commits; run git fetch --unshallow")]
    Shallow { boundaries: usize },
    /// HEAD names a branch without commits.
    #[error("empty repository: {} has no commits yet; commit or fetch something first", path.display())]
    Empty { path: PathBuf },
    /// An object cannot be read.
    #[error("object {id} is missing or corrupt: {problem}; run git fsck to see what is damaged, then clone again")]
    Object { id: ObjectId, problem: String },
    /// The rules that tell binary files from text cannot be read.
    #[error("git attributes could not be read: {problem}; check .gitattributes and .git/info/attributes")]
    Attributes { problem: String },
    /// A thread panicked.
    #[error("a thread that compared commits ended early; this is a defect, please report it")]
    Worker,
}

/// Result of reading a repository.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(super) fn object(id: ObjectId, problem: impl std::fmt::Display) -> Self {
        Self::Object { id, problem: problem.to_string() }
    }
}

/// A name and an e-mail address as a commit states them, before the mailmap.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Without the white space around it.
    pub name: String,
    /// Without the angle brackets.
    pub email: String,
}

/// A moment and where on earth it was noted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970, kept within the years 1 to 9999.
    pub seconds: i64,
    /// Offset from UTC, minutes.
    pub offset_minutes: i32,
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Object id.
    pub id: ObjectId,
    /// The first is the branch that was merged into.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Identity,
    /// When it was written: survives a rebase.
    pub authored: Moment,
    /// Who made the commit.
    pub committer: Identity,
    /// When the commit was made.
    pub committed: Moment,
    /// First paragraph of the message on one line, git's `%s`.
    pub subject: String,
    /// First paragraph after the subject, with its line breaks: forges put the title of a pull request there.
    pub body: String,
    /// Number of the last `See merge request group/project!number` in the message, as GitLab writes it.
    pub merge_request: Option<i64>,
}

/// Commits with every parent before its children.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// In the order that [`History::read`] describes.
    pub commits: Vec<Commit>,
}

/// Opens the repository at `path`, without searching the folders above it.
///
/// # Errors
/// [`Error::NotARepository`] when there is none.
pub fn open(path: &Path) -> Result<gix::Repository> {
    gix::open(path).map_err(|problem| Error::NotARepository { path: path.to_owned(), problem: problem.to_string() })
}

/// The commit that HEAD names.
///
/// # Errors
/// [`Error::Empty`] before the first commit, [`Error::Object`] when HEAD names something that cannot be read.
pub fn head(repo: &gix::Repository) -> Result<ObjectId> {
    let empty = || Error::Empty { path: repo.path().to_owned() };
    let mut head = repo.head().map_err(|_| empty())?;
    if head.is_unborn() {
        return Err(empty());
    }
    let id = head.id().map(gix::Id::detach).ok_or_else(empty)?;
    head.peel_to_commit().map(|commit| commit.id).map_err(|problem| Error::object(id, problem))
}

impl History {
    /// Every commit reachable from `tips` and not from `hidden`, parents before children; of the commits whose parents
    /// are placed, the one with the earliest committer date comes next, then the one with the smallest object id.
    ///
    /// # Errors
    /// [`Error::Shallow`] for a shallow clone, [`Error::Object`] for a commit that is missing or corrupt.
    pub fn read(repo: &gix::Repository, tips: &[ObjectId], hidden: &[ObjectId]) -> Result<Self> {
        refuse_shallow(repo)?;
        let hidden = reachable_ids(repo, hidden)?;
        let mut commits: HashMap<ObjectId, Commit> = HashMap::default();
        let mut waiting = tips.to_vec();
        let mut buffer = Vec::new();
        while let Some(id) = waiting.pop() {
            if hidden.contains(&id) || commits.contains_key(&id) {
                continue;
            }
            read(repo, id, Kind::Commit, &mut buffer)?;
            let commit = parse::commit(id, &buffer)?;
            waiting.extend_from_slice(&commit.parents);
            commits.insert(id, commit);
        }
        Ok(Self { commits: ordered(commits) })
    }
}

pub(super) fn refuse_shallow(repo: &gix::Repository) -> Result<()> {
    match repo.shallow_commits() {
        Ok(Some(commits)) => Err(Error::Shallow { boundaries: commits.len() }),
        Ok(None) => Ok(()),
        Err(problem) => {
            Err(Error::NotARepository { path: repo.path().to_owned(), problem: format!("its file shallow: {problem}") })
        }
    }
}

/// Ids are walked to the very root: dates cannot bound the walk, because clocks of committers run wrong.
fn reachable_ids(repo: &gix::Repository, tips: &[ObjectId]) -> Result<HashSet<ObjectId>> {
    let mut seen = HashSet::default();
    let mut waiting = tips.to_vec();
    let mut buffer = Vec::new();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            read(repo, id, Kind::Commit, &mut buffer)?;
            waiting.extend(parse::parents(id, &buffer)?);
        }
    }
    Ok(seen)
}

/// Kahn's algorithm with the earliest free commit next.
fn ordered(mut commits: HashMap<ObjectId, Commit>) -> Vec<Commit> {
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::default();
    let mut missing_parents: HashMap<ObjectId, usize> = HashMap::default();
    let mut free = BinaryHeap::new();
    for commit in commits.values() {
        let parents: Vec<_> = commit.parents.iter().filter(|parent| commits.contains_key(*parent)).collect();
        if parents.is_empty() {
            free.push(Reverse((commit.committed.seconds, commit.id)));
        }
        missing_parents.insert(commit.id, parents.len());
        for parent in parents {
            children.entry(*parent).or_default().push(commit.id);
        }
    }
    let mut order = Vec::with_capacity(commits.len());
    while let Some(Reverse((_, id))) = free.pop() {
        for child in children.remove(&id).unwrap_or_default() {
            let Some(missing) = missing_parents.get_mut(&child) else { continue };
            *missing -= 1;
            if let (0, Some(child)) = (*missing, commits.get(&child)) {
                free.push(Reverse((child.committed.seconds, child.id)));
            }
        }
        order.extend(commits.remove(&id));
    }
    order
}

/// Puts an object's content into `buffer`.
pub(super) fn read(repo: &gix::Repository, id: ObjectId, kind: Kind, buffer: &mut Vec<u8>) -> Result<()> {
    let found = repo.objects.find(&id, buffer).map_err(|problem| Error::object(id, problem))?.kind;
    if found != kind {
        return Err(Error::object(id, format!("expected a {kind}, found a {found}")));
    }
    Ok(())
}

/// The tree of a commit.
pub(super) fn tree_of(repo: &gix::Repository, commit: ObjectId) -> Result<ObjectId> {
    let mut buffer = Vec::new();
    read(repo, commit, Kind::Commit, &mut buffer)?;
    parse::tree(commit, &buffer)
}

/// Maps the name and address that a commit states to those that the repository's mailmap asks for, as `git shortlog`
/// does.
///
/// gix can resolve too, but also rewrites the letter case of an address when only the name is mapped; git does not.
#[derive(Debug, Default)]
pub struct Mailmap {
    by_email: std::collections::HashMap<String, EmailRules>,
}

#[derive(Debug, Default)]
struct EmailRules {
    any_name: Replacement,
    by_name: std::collections::HashMap<String, Replacement>,
}

#[derive(Debug, Default)]
struct Replacement {
    name: Option<String>,
    email: Option<String>,
}

impl Mailmap {
    /// Reads `.mailmap` of the working tree, or of HEAD's tree in a bare repository, then what the settings
    /// `mailmap.blob` and `mailmap.file` name. Like git, goes on without what cannot be read.
    pub fn read(repo: &gix::Repository) -> Self {
        let mut map = Self::default();
        for entry in repo.open_mailmap().entries() {
            let replacement = Replacement {
                name: entry.new_name().map(ToString::to_string),
                email: entry.new_email().map(ToString::to_string),
            };
            let rules = map.by_email.entry(entry.old_email().to_str_lossy().to_ascii_lowercase()).or_default();
            match entry.old_name() {
                Some(name) => {
                    rules.by_name.insert(name.to_str_lossy().to_ascii_lowercase(), replacement);
                }
                None => rules.any_name = replacement,
            }
        }
        map
    }

    /// The identity to count under.
    pub fn resolve(&self, identity: &Identity) -> Identity {
        let Some(rules) = self.by_email.get(&identity.email.to_ascii_lowercase()) else { return identity.clone() };
        let replacement = rules.by_name.get(&identity.name.to_ascii_lowercase()).unwrap_or(&rules.any_name);
        Identity {
            name: replacement.name.as_ref().unwrap_or(&identity.name).clone(),
            email: replacement.email.as_ref().unwrap_or(&identity.email).clone(),
        }
    }
}

/// Reading the text of a commit object.
///
/// gix has a parser, but it rejects commits that git itself reads: odd author lines, which old import tools wrote.
mod parse {
    use gix::ObjectId;
    use gix::bstr::ByteSlice;

    use super::{Commit, Error, Identity, Moment, Result};

    /// First second of the year 1.
    const EARLIEST_SECONDS: i64 = -62_135_596_800;
    /// Last second of the year 9999.
    const LATEST_SECONDS: i64 = 253_402_300_799;
    /// A day; no place on earth is further from UTC.
    const MAX_OFFSET_MINUTES: i32 = 24 * 60;

    pub fn commit(id: ObjectId, data: &[u8]) -> Result<Commit> {
        let (headers, message) = split(data);
        let encoding = header(headers, b"encoding ").unwrap_or_default();
        let (author, authored) = signature(header(headers, b"author ").unwrap_or_default(), encoding);
        let (committer, committed) = signature(header(headers, b"committer ").unwrap_or_default(), encoding);
        let message = text(message, encoding);
        let (subject, body) = paragraphs(&message);
        Ok(Commit {
            id,
            parents: parents(id, data)?,
            author,
            authored,
            committer,
            committed,
            subject,
            body: body
                .split_inclusive('\n')
                .take_while(|line| !is_blank(line))
                .collect::<String>()
                .trim_end()
                .to_owned(),
            merge_request: merge_request(body),
        })
    }

    pub fn tree(id: ObjectId, data: &[u8]) -> Result<ObjectId> {
        let (headers, _) = split(data);
        object_id(id, header(headers, b"tree ").unwrap_or_default())
    }

    pub fn parents(id: ObjectId, data: &[u8]) -> Result<Vec<ObjectId>> {
        let (headers, _) = split(data);
        // A header's continuation lines start with a space, so a signature cannot pass for a parent.
        headers.lines().filter_map(|line| line.strip_prefix(b"parent ")).map(|hex| object_id(id, hex)).collect()
    }

    fn object_id(commit: ObjectId, hex: &[u8]) -> Result<ObjectId> {
        ObjectId::from_hex(hex)
            .map_err(|problem| Error::object(commit, format!("its header names {:?}: {problem}", hex.as_bstr())))
    }

    /// Headers end at the first empty line.
    fn split(data: &[u8]) -> (&[u8], &[u8]) {
        data.split_once_str("\n\n").unwrap_or((data, b""))
    }

    fn header<'a>(headers: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
        headers.lines().find_map(|line| line.strip_prefix(name))
    }

    /// `name <email> seconds offset`; what is absent or not a number counts as empty or 0, as in git.
    fn signature(line: &[u8], encoding: &[u8]) -> (Identity, Moment) {
        let Some(open) = line.find_byte(b'<') else { return Default::default() };
        let address = &line[open + 1..];
        let email = &address[..address.find_byte(b'>').unwrap_or(address.len())];
        let identity = Identity { name: text(line[..open].trim(), encoding), email: text(email.trim(), encoding) };
        let date = line.rfind_byte(b'>').map_or(&b""[..], |close| &line[close + 1..]);
        (identity, moment(&date.to_str_lossy()))
    }

    fn moment(date: &str) -> Moment {
        let mut words = date.split_ascii_whitespace();
        // i128 tells a number beyond i64, which is clamped, from a word that is no number, which is 0.
        let seconds = words.next().and_then(|word| word.parse::<i128>().ok()).unwrap_or(0);
        let offset = words.next().and_then(|word| word.parse::<i32>().ok()).unwrap_or(0);
        Moment {
            seconds: i64::try_from(seconds.min(LATEST_SECONDS.into()))
                .unwrap_or(EARLIEST_SECONDS)
                .max(EARLIEST_SECONDS),
            offset_minutes: (offset / 100 * 60 + offset % 100).clamp(-MAX_OFFSET_MINUTES, MAX_OFFSET_MINUTES),
        }
    }

    /// Text in the encoding that the commit declares. Without one, or with one that is not known, it is UTF-8.
    fn text(bytes: &[u8], encoding: &[u8]) -> String {
        use gix::filter::plumbing::encoding::Encoding;
        let declared = Encoding::for_label(encoding.trim());
        match declared {
            Some(encoding) if !bytes.is_ascii() => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            _ => bytes.to_str_lossy().into_owned(),
        }
    }

    /// Subject on one line, and the body.
    fn paragraphs(message: &str) -> (String, &str) {
        let message = skip_blank_lines(message);
        let mut subject = String::new();
        let mut rest = message;
        while let Some(line) = rest.split_inclusive('\n').next().filter(|line| !is_blank(line)) {
            if !subject.is_empty() {
                subject.push(' ');
            }
            subject.push_str(line.trim_end_matches(SPACES));
            rest = &rest[line.len()..];
        }
        (subject, skip_blank_lines(rest))
    }

    /// White space as git understands it.
    const SPACES: [char; 4] = [' ', '\t', '\n', '\r'];

    fn is_blank(line: &str) -> bool {
        line.trim_end_matches(SPACES).is_empty()
    }

    fn skip_blank_lines(text: &str) -> &str {
        let blank: usize = text.split_inclusive('\n').take_while(|line| is_blank(line)).map(str::len).sum();
        &text[blank..]
    }

    fn merge_request(body: &str) -> Option<i64> {
        let line = body.lines().rev().find_map(|line| line.trim().strip_prefix("See merge request "))?;
        line.rsplit_once('!')?.1.parse().ok()
    }

    #[cfg(test)]
    mod tests {
        use super::{Moment, commit, moment};
        use gix::ObjectId;

        #[test]
        fn dates_beyond_reason_are_clamped() {
            for (date, seconds, offset_minutes) in [
                (" 1600000000 +0545", 1_600_000_000, 345),
                (" 1600000000 -0930", 1_600_000_000, -570),
                (" -5 +0000", -5, 0),
                (" 99999999999999999999 +9999", super::LATEST_SECONDS, 24 * 60),
                (" -9223372036854775808 -2147483648", super::EARLIEST_SECONDS, -24 * 60),
                ("", 0, 0),
                (" yesterday noon", 0, 0),
            ] {
                assert_eq!(moment(date), Moment { seconds, offset_minutes }, "{date:?}");
            }
        }

        #[test]
        fn a_commit_is_read_whatever_its_encoding() {
            let id = ObjectId::null(gix::hash::Kind::Sha1);
            let data = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor J\xf6 <j@x> 1 +0000\n\
                encoding ISO-8859-1\n\n\ngr\xfc\xdfe \n again\n\n\nTitle\nmore\n\nSee merge request g/p!7\n";
            let read = commit(id, data).unwrap();
            assert_eq!((read.author.name.as_str(), read.author.email.as_str()), ("J\u{f6}", "j@x"));
            assert_eq!((read.subject.as_str(), read.body.as_str()), ("gr\u{fc}\u{df}e  again", "Title\nmore"));
            assert_eq!(read.merge_request, Some(7));
            let bad_parent = commit(id, b"tree 4b\nparent 12\n\nsubject").unwrap_err().to_string();
            assert!(bad_parent.contains("names \"12\""), "{bad_parent}");
        }
    }
}
