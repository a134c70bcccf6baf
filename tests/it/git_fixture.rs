//! What is read from a repository equals what the git binary prints, on a repository made of everything that is hard.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, Weak};

use paceline::collect::git::history::{self, History, Identity, Mailmap};
use paceline::collect::git::numstat::{ChangeKind, CommitDiff, Comparison, numstat};
use paceline::collect::git::pulls::{self, MergeMethod};

/// A repository under construction. Every commit is an hour after the one before unless a test says otherwise.
pub struct Fixture {
    pub folder: PathBuf,
    seconds: i64,
}

/// Everything that git lets its environment or the user's settings decide, fixed.
fn isolated(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    for setting in ["init.defaultBranch=main", "commit.gpgSign=false", "core.autocrlf=false", "core.quotePath=true"] {
        command.args(["-c", setting]);
    }
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("HOME", folder).env("XDG_CONFIG_HOME", folder).env("TZ", "UTC").env("LC_ALL", "C");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ada Lovelace").env(format!("GIT_{role}_EMAIL"), "ada@example.com");
        command.env(format!("GIT_{role}_DATE"), "@1600000000 +0000");
    }
    command
}

fn run(mut command: Command, input: &[u8]) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("git is installed");
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What `git` prints in `folder`.
pub fn git<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Vec<u8> {
    let mut command = isolated(folder);
    command.args(args);
    run(command, b"")
}

pub fn git_text(folder: &Path, args: &[&str]) -> String {
    String::from_utf8_lossy(&git(folder, args)).into_owned()
}

impl Fixture {
    /// An empty repository in an existing folder.
    pub fn new(folder: &Path) -> Self {
        git(folder, ["init", "--quiet"]);
        Self { folder: folder.to_owned(), seconds: 1_600_000_000 }
    }

    pub fn git(&self, args: &[&str]) -> String {
        git_text(&self.folder, args)
    }

    pub fn write(&self, path: impl AsRef<OsStr>, content: impl AsRef<[u8]>) {
        let path = self.folder.join(Path::new(path.as_ref()));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        let to = self.folder.join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(self.folder.join(from), to).unwrap();
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.join(path)).unwrap();
    }

    /// Commits the working tree as it is.
    pub fn commit(&mut self, message: &str) {
        self.commit_as(b"Ada Lovelace", "ada@example.com", "+0000", message.as_bytes(), &[]);
    }

    fn commit_as(&mut self, name: &[u8], email: &str, zone: &str, message: &[u8], settings: &[&str]) {
        git(&self.folder, ["add", "--all"]);
        self.seconds += 3600;
        let mut command = isolated(&self.folder);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), OsStr::from_bytes(name)).env(format!("GIT_{role}_EMAIL"), email);
            command.env(format!("GIT_{role}_DATE"), format!("@{} {zone}", self.seconds));
        }
        settings.iter().for_each(|setting| {
            command.args(["-c", setting]);
        });
        command.args(["commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--file=-"]);
        run(command, message);
    }

    pub fn checkout(&self, branch: &str, from: &str) {
        self.git(&["checkout", "--quiet", "-B", branch, from]);
    }

    /// Merges without committing, so that the test decides on the content.
    pub fn merge(&mut self, branches: &[&str], message: &str) {
        let mut args = vec!["merge", "--quiet", "--no-ff", "--no-commit"];
        args.extend_from_slice(branches);
        self.git(&args);
        self.commit(message);
    }

    /// A repository made of everything that is hard to read the way git reads it.
    pub fn nasty(folder: &Path) -> Self {
        let mut fixture = Self::new(folder);
        fixture.texts();
        fixture.renames();
        fixture.types();
        fixture.paths();
        fixture.people();
        fixture.merges();
        fixture.pull_requests();
        fixture.attributes();
        fixture.odd_objects();
        fixture
    }

    fn texts(&mut self) {
        self.write("plain.txt", numbered(0..40));
        self.write("empty.txt", "");
        self.write("no-newline.txt", "one\ntwo");
        self.write("crlf.txt", "one\r\ntwo\r\nthree\r\n");
        self.write("nul.bin", b"binary\0content\n");
        self.write("late-nul.txt", [numbered(0..2000).into_bytes(), b"\0\n".to_vec()].concat());
        self.commit("root");
        self.commit("nothing changes");
        self.write("no-newline.txt", "one\ntwo\n");
        self.write("crlf.txt", "one\ntwo\nthree\n");
        self.write("nul.bin", b"other\0content\n");
        self.write("late-nul.txt", [numbered(1..2000).into_bytes(), b"\0\n".to_vec()].concat());
        self.write("empty.txt", "no longer");
        self.commit("line ends");
        self.write("plain.txt", numbered(0..40).replace("line", "  line\t"));
        self.commit("white space only");
        self.write("plain.txt", numbered(0..40).replace("line 7\n", "line 7\nline 7\nline 7\n"));
        self.write("no-newline.txt", "one\ntwo\none\ntwo\none\ntwo");
        self.write("nul.bin", "text now\n");
        self.commit("repeated lines");
        self.write("large.txt", scrambled(1, 60_000));
        self.commit("a large file");
        self.write("large.txt", scrambled(2, 60_000));
        self.commit("a large rewrite, which git does not compare minimally");
    }

    fn renames(&mut self) {
        for file in 0..30_u32 {
            self.write(format!("src/old/{file:02}.rs"), scrambled(file, 60));
            self.write(format!("twins/{file:02}.txt"), "the same in all of them\n");
        }
        self.write("a.txt", numbered(0..100));
        self.write("b.txt", numbered(200..300));
        self.commit("files to rename");
        self.rename("a.txt", "exact.txt");
        self.rename("b.txt", "inexact.txt");
        self.write("inexact.txt", numbered(220..300));
        self.commit("exact and inexact");
        self.write("copy.txt", numbered(0..100));
        self.write("copy-2.txt", numbered(1..100));
        self.commit("copies, which are additions");
        self.rename("copy.txt", "swap");
        self.rename("copy-2.txt", "copy.txt");
        self.rename("swap", "copy-2.txt");
        self.commit("a swap, which is two changes");
        self.rename("src/old", "src/new");
        self.rename("twins", "elsewhere/twins");
        for file in 0..30 {
            self.write(format!("src/new/{file:02}.rs"), scrambled(file, 60 + 3 * file as usize));
        }
        self.commit("a folder, with changes");
        for file in 0..30 {
            self.rename(&format!("src/new/{file:02}.rs"), &format!("lib/{:02}.rs", 29 - file));
            self.rename(&format!("elsewhere/twins/{file:02}.txt"), &format!("twins/{:02}.txt", 40 - file));
        }
        self.commit("names that lead to the wrong file");
        self.write("threshold.txt", numbered(0..100));
        self.remove("exact.txt");
        self.commit("a file that was added and one that was deleted");
        self.rename("threshold.txt", "half.txt");
        self.write("half.txt", numbered(0..50) + &numbered(500..550));
        self.remove("empty.txt");
        self.write("also-empty.txt", "");
        self.commit("half alike");
        self.rename("also-empty.txt", "still-empty.txt");
        self.commit("an empty file moves");
        self.near_misses();
    }

    /// Renames that hang on a detail: the end of lines, a tie that the file name breaks, different lines of one hash.
    fn near_misses(&mut self) {
        let colliding = [
            (14003, 28440),
            (14004, 28441),
            (14005, 28442),
            (14006, 28443),
            (14007, 28444),
            (14008, 28445),
            (14009, 28446),
            (14013, 28450),
        ];
        let lines = |pick: fn(&(u32, u32)) -> u32| -> String {
            colliding.iter().map(|pair| format!("line {}\n", pick(pair))).collect()
        };
        self.write("dos.txt", numbered(0..30).replace('\n', "\r\n"));
        self.write("ties/a/first.rs", numbered(600..620) + "first\n");
        self.write("ties/b/mod.rs", numbered(600..620) + "other\n");
        self.write("ties/c/mod.rs", numbered(700..720));
        self.write("collision-1", lines(|pair| pair.0));
        self.write("frequent.txt", "}\n".repeat(100) + &numbered(0..8) + "}\n" + &numbered(8..16));
        self.commit("files for near misses");
        for path in ["dos.txt", "ties/a/first.rs", "ties/b/mod.rs", "ties/c/mod.rs", "collision-1"] {
            self.remove(path);
        }
        self.write("unix.txt", numbered(0..30));
        self.write("ties/z/mod.rs", numbered(600..620) + "third\n");
        self.write("collision-2", lines(|pair| pair.1));
        self.write("frequent.txt", "}\n".repeat(100) + &numbered(20..28) + "}\n" + &numbered(28..36));
        self.commit("near misses");
    }

    fn types(&mut self) {
        self.write("tool.sh", "#!/bin/sh\necho tool\n");
        self.write("folder-or-file", "a file\n");
        symlink("plain.txt", self.folder.join("link")).unwrap();
        self.commit("a link");
        std::fs::set_permissions(self.folder.join("tool.sh"), PermissionsExt::from_mode(0o755)).unwrap();
        self.commit("mode only");
        self.rename("tool.sh", "tool-2.sh");
        std::fs::set_permissions(self.folder.join("tool-2.sh"), PermissionsExt::from_mode(0o644)).unwrap();
        self.rename("link", "moved-link");
        self.commit("mode and name");
        self.remove("moved-link");
        symlink("crlf.txt", self.folder.join("moved-link")).unwrap();
        self.remove("tool-2.sh");
        symlink("plain.txt", self.folder.join("tool-2.sh")).unwrap();
        self.commit("another target; a file becomes a link");
        self.remove("tool-2.sh");
        self.write("tool-2.sh", "plain.txt");
        self.remove("folder-or-file");
        self.write("folder-or-file/inside", "a file\n");
        self.commit("a link becomes a file, a file a folder");
        std::fs::create_dir_all(self.folder.join("vendor/lib")).unwrap();
        self.gitlink("vendor/lib", 1);
        self.commit("a submodule");
        self.gitlink("vendor/lib", 2);
        self.commit("its next commit");
        std::fs::rename(self.folder.join("vendor/lib"), self.folder.join("vendor/moved")).unwrap();
        self.git(&["rm", "--quiet", "--cached", "vendor/lib"]);
        self.gitlink("vendor/moved", 2);
        self.commit("it moves");
        std::fs::remove_dir_all(self.folder.join("vendor")).unwrap();
        self.write("vendor", "no longer a folder\n");
        self.commit("a submodule goes");
    }

    fn gitlink(&self, path: &str, number: u32) {
        self.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{number:040x},{path}")]);
    }

    fn paths(&mut self) {
        self.write("with space/ leading and trailing ", "1\n");
        self.write("quote\"s/'single' \\ back.txt", "1\n");
        self.write("tab\tand\nline feed", "1\n");
        self.write("ünïcödé/日本語.txt", "1\n");
        self.write(OsStr::from_bytes(b"latin-\xe9.txt"), numbered(0..10));
        self.write(OsStr::from_bytes(b"latin-\xe8.txt"), numbered(20..30));
        self.write("a => b/{c => d}.txt", numbered(0..10));
        self.commit("odd paths");
        self.rename("ünïcödé/日本語.txt", "{a => b}/tab\t.txt");
        self.rename("tab\tand\nline feed", "-");
        self.write("a-b", "sorts between a and a/b\n");
        self.write("a/b", "1\n");
        self.write("a0", "1\n");
        self.commit("odd paths move");
        self.remove("a/b");
        std::fs::remove_dir(self.folder.join("a")).unwrap();
        self.write("a", "a file where the folder was\n");
        self.commit("a folder becomes a file");
    }

    fn people(&mut self) {
        self.write(
            ".mailmap",
            "# comment\nGrace Hopper <grace@example.com>\n<alan@example.com> <alan@OLD.example.com>\n\
             Ada King <ada@example.com> Ada Lovelace <ADA@example.com>\n\
             Edsger <edsger@example.com> <ewd@example.com>\nEdsger W. <EWD@example.com>\n\
             Jörg <joerg@example.com> J\u{f6}rg M <j@example.com>\n",
        );
        self.commit("who is who");
        for (name, email, zone) in [
            ("G. Hopper", "GRACE@example.com", "-1200"),
            ("grace", "grace@example.com", "+1400"),
            ("Alan", "alan@old.EXAMPLE.com", "+0545"),
            ("Alan", "alan@example.com", "-0930"),
            ("ada lovelace", "Ada@Example.com", "+0000"),
            ("Someone Else", "ada@example.com", "-0000"),
            ("ewd", "ewd@example.com", "+0100"),
            ("Jörg M", "j@example.com", "+0200"),
            ("Nobody", "", "+0000"),
        ] {
            self.commit_as(name.as_bytes(), email, zone, format!("work of {name}\n\nby {email}\n").as_bytes(), &[]);
        }
        let latin = ["i18n.commitEncoding=ISO-8859-1"];
        self.commit_as(b"J\xf6rg M", "j@example.com", "+0100", b"gr\xfc\xdfe\nzweite Zeile  \n\nText\n", &latin);
        self.commit_as(b"B\x80d", "bad@example.com", "+0100", b"not \xff UTF-8", &["i18n.commitEncoding=UTF-8"]);
        self.commit_as(b"Sjis", "s@example.com", "+0900", b"\x93\xfa\x96\x7b", &["i18n.commitEncoding=Shift_JIS"]);
        self.commit_as(b"Blank", "b@example.com", "+0000", b"\n \n\t\n subject \t\n   continued\r\n \nbody", &[]);
        self.seconds -= 500_000;
        self.commit("a child that is older than its parent");
        self.seconds += 500_000;
        self.git(&["tag", "--annotate", "--message=a tag", "v1"]);
        self.git(&["tag", "light"]);
    }

    fn merges(&mut self) {
        for branch in ["one", "two", "three"] {
            self.checkout(branch, "main");
            self.write(format!("{branch}.txt"), numbered(0..20));
            self.commit(&format!("work on {branch}"));
        }
        self.checkout("main", "main");
        self.merge(&["one", "two", "three"], "Merge branches 'one', 'two' and 'three'");
        self.checkout("left", "main");
        self.write("one.txt", numbered(0..21));
        self.commit("left");
        self.checkout("main", "main");
        self.write("two.txt", numbered(1..20));
        self.commit("right");
        self.git(&["merge", "--quiet", "--no-ff", "--no-commit", "left"]);
        self.write("three.txt", "neither side wrote this\n");
        self.rename("two.txt", "two-renamed.txt");
        self.commit("Merge branch 'left', with more than it had");
        self.git(&["checkout", "--quiet", "--orphan", "unrelated"]);
        self.commit("a second root");
        self.checkout("main", "main");
        self.git(&["merge", "--quiet", "--no-commit", "--allow-unrelated-histories", "--strategy=ours", "unrelated"]);
        self.commit("Merge an unrelated history");
    }

    fn pull_requests(&mut self) {
        self.write("feature.txt", numbered(0..5));
        self.commit("Add a feature (#11)");
        self.git(&["revert", "--no-commit", "HEAD"]);
        self.commit("Revert \"Add a feature (#11)\" (#12)");
        self.commit("Fix #13");
        for (branch, message) in [
            ("p14", "Merge pull request #14 from ada/p14\n\nSpeed it up\n\nMore text\n"),
            ("p15", "Auto merge of #15 - ada:p15, r=grace\n\nSlow it\ndown\n\nMore text\n"),
            ("p16", "Merge branch 'p16' into 'main'\n\nRevert it\n\nSee merge request group/project!16\n"),
            ("p17", "Merge owner/repo#17: Tidy up"),
            ("p18", "Let a queue merge it (#18)\n\nMore text\n"),
        ] {
            self.checkout(branch, "main~1");
            self.write(format!("{branch}.txt"), numbered(0..9));
            self.commit(&format!("work on {branch} (#99)"));
            self.git(&["merge", "--quiet", "--no-ff", "--message=Merge branch 'main'", "main"]);
            self.write(format!("{branch}.txt"), numbered(0..10));
            self.commit(&format!("more work on {branch}"));
            self.checkout("main", "main");
            self.merge(&[branch], message);
        }
    }

    fn attributes(&mut self) {
        self.write(
            ".gitattributes",
            "*.dat -diff\n*.forced diff\n*.macro binary\n*.drv diff=drv\n*.txt text\nquoted/** -diff\n!bad\n",
        );
        self.write("sub/.gitattributes", "*.dat diff\n*.plain -diff\n");
        self.git(&["config", "diff.drv.binary", "true"]);
        for round in 1..4 {
            for name in ["x.dat", "x.forced", "x.macro", "x.drv", "sub/x.dat", "sub/x.plain", "quoted/deep/x", "x.none"]
            {
                self.write(name, format!("\0\n{}", numbered(round..20 * round)));
                self.write(format!("text/{name}"), numbered(round..30));
            }
            self.commit("attributes decide");
        }
        self.rename("x.dat", "renamed.dat");
        self.rename("x.forced", "renamed.forced");
        self.rename("sub/x.dat", "moved-out.dat");
        symlink("x.none", self.folder.join("link.dat")).unwrap();
        self.commit("and rename");
    }

    /// Commits as old import tools wrote them: no date, a date beyond all reason, a mode that git no longer writes.
    fn odd_objects(&mut self) {
        let blob = run_in(&self.folder, &["hash-object", "-w", "--stdin"], b"group writable\n");
        for (mode, author) in [
            ("100664", "Undated <undated@example.com>"),
            ("100755", " <nameless@example.com> 1600000000 -0330"),
            ("100644", "Far <far@example.com> 99999999999999 +0000"),
            ("100644", "Before <before@example.com> -5 +0000"),
            ("100755", "Nowhere <nowhere@example.com> 1600000000 +9999"),
        ] {
            let id: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&blob[2 * at..2 * at + 2], 16).unwrap()).collect();
            let tree = [format!("{mode} file\0").as_bytes(), &id].concat();
            let tree = run_in(&self.folder, &["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], &tree);
            let parent = self.git(&["rev-parse", "HEAD"]);
            let commit = format!("tree {tree}\nparent {}\nauthor {author}\ncommitter {author}\n\nodd\n", parent.trim());
            let commit = run_in(
                &self.folder,
                &["hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
                commit.as_bytes(),
            );
            self.git(&["update-ref", "HEAD", &commit]);
        }
    }

    /// Hundreds of commits that add, change, move and delete files with few different lines and names, so that renames
    /// have many candidates that are equally good. The same seed gives the same history.
    pub fn churned(folder: &Path, seed: u32, commits: u32) -> Self {
        let fixture = Self::new(folder);
        let mut random = Random(seed);
        let mut files: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut stream = Vec::new();
        for number in 0..commits {
            for _ in 0..1 + random.below(12) {
                churn(&mut random, &mut files);
            }
            write!(stream, "commit refs/heads/main\ncommitter A <a@example.com> {} +0000\n", 1000 + number).unwrap();
            write!(stream, "data 1\nx\ndeleteall\n").unwrap();
            for (path, lines) in &files {
                let text: String = lines.iter().map(|line| format!("line {}\n", line * line)).collect();
                write!(stream, "M 644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
            }
        }
        run_in(folder, &["fast-import", "--quiet"], &stream);
        fixture
    }
}

pub fn run_in(folder: &Path, args: &[&str], input: &[u8]) -> String {
    let mut command = isolated(folder);
    command.args(args);
    String::from_utf8(run(command, input)).unwrap().trim().to_owned()
}

/// Numerical Recipes' linear congruential generator: enough to vary a fixture, and the same everywhere.
struct Random(u32);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0) * u64::from(limit)) >> 32) as u32
    }
}

fn churn(random: &mut Random, files: &mut BTreeMap<String, Vec<u32>>) {
    let place = |random: &mut Random| format!("d{}/f{}", random.below(6), random.below(25));
    let chosen = files.keys().nth(random.below(files.len().max(1) as u32) as usize).cloned();
    let action = random.below(10);
    let Some(chosen) = chosen.filter(|_| action > 1) else {
        let length = 1 + random.below(30);
        files.insert(place(random), (0..length).map(|_| random.below(40)).collect());
        return;
    };
    let mut lines = files[&chosen].clone();
    match action {
        2 => drop(files.remove(&chosen)),
        3 => drop(files.insert(place(random), lines)),
        4..=7 => {
            files.remove(&chosen);
            for _ in 0..random.below(8) {
                let at = random.below(lines.len() as u32) as usize;
                lines[at] = random.below(40);
            }
            files.insert(place(random), lines);
        }
        _ => {
            let at = random.below(lines.len() as u32) as usize;
            lines.insert(at, random.below(40));
            lines.swap_remove(random.below(lines.len() as u32) as usize);
            files.insert(chosen, lines);
        }
    }
}

fn numbered(range: std::ops::Range<u32>) -> String {
    range.map(|line| format!("line {line}\n")).collect()
}

/// Lines of which many occur often.
fn scrambled(seed: u32, lines: usize) -> String {
    let mut random = Random(seed);
    (0..lines)
        .map(|_| match random.below(4) {
            0 => "}\n".to_owned(),
            1 => "\n".to_owned(),
            2 => format!("common {}\n", random.below(50)),
            _ => format!("line {}\n", random.below(100_000)),
        })
        .collect()
}

/// One row of `git log --numstat -M`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub commit: String,
    pub kind: ChangeKind,
    pub path: Vec<u8>,
    pub previous_path: Option<Vec<u8>>,
    pub lines: Option<(u64, u64)>,
}

/// The rows that git prints, by commit. `options` choose the commits and the diffs of merges.
pub fn git_rows(folder: &Path, options: &[&str]) -> BTreeMap<String, Vec<Row>> {
    let log = |format: &str| {
        let args = ["log", format, "-M", "-z", "--format=commit %H"].into_iter().chain(options.iter().copied());
        git(folder, args)
    };
    let (counts, kinds) = (log("--numstat"), log("--name-status"));
    let mut kinds = fields(&kinds);
    let mut counts = fields(&counts);
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut commit = String::new();
    while let Some(field) = counts.next() {
        if let Some(id) = field.strip_prefix(b"commit ") {
            commit = String::from_utf8(id.to_vec()).unwrap();
            assert_eq!(kinds.next(), Some(field));
            continue;
        }
        let [added, deleted, path] = field.splitn(3, |byte| *byte == b'\t').collect::<Vec<_>>().try_into().unwrap();
        let number = |digits: &[u8]| std::str::from_utf8(digits).unwrap().parse::<u64>();
        let lines = (added != b"-").then(|| (number(added).unwrap(), number(deleted).unwrap()));
        let (previous_path, path) =
            if path.is_empty() { (counts.next(), counts.next().unwrap()) } else { (None, path) };
        let kind = match kinds.next().unwrap()[0] {
            b'A' => ChangeKind::Added,
            b'D' => ChangeKind::Deleted,
            b'R' => ChangeKind::Renamed,
            _ => ChangeKind::Modified,
        };
        assert_eq!(previous_path, previous_path.and_then(|_| kinds.next()));
        assert_eq!(Some(path), kinds.next());
        let (path, previous_path) = (path.to_vec(), previous_path.map(<[u8]>::to_vec));
        rows.entry(commit.clone()).or_default().push(Row { commit: commit.clone(), kind, path, previous_path, lines });
    }
    rows
}

/// Git ends a commit's line with a line feed instead of a NUL where rows follow, and writes an empty field after rows.
fn fields(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut fields = output.split(|byte| *byte == 0);
    std::iter::from_fn(move || {
        let field = fields.next()?;
        Some(field.strip_prefix(b"\n").unwrap_or(field))
    })
    .filter(|field| !field.is_empty())
}

fn our_rows(diffs: &[CommitDiff]) -> BTreeMap<String, Vec<Row>> {
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for diff in diffs.iter().filter(|diff| !diff.files.is_empty()) {
        let commit = diff.commit.to_string();
        let row = |file: &paceline::collect::git::numstat::FileChange| Row {
            commit: commit.clone(),
            kind: file.kind,
            path: file.path.to_vec(),
            previous_path: file.previous_path.as_ref().map(|path| path.to_vec()),
            lines: file.lines.map(|lines| (lines.added, lines.deleted)),
        };
        rows.insert(commit.clone(), diff.files.iter().map(row).collect());
    }
    rows
}

fn whole(folder: &Path) -> (gix::Repository, History) {
    let repo = history::open(folder).unwrap();
    let head = history::head(&repo).unwrap();
    let history = History::read(&repo, &[head], &[]).unwrap();
    (repo, history)
}

/// Checks every row of every commit and of every merge against its first parent.
fn check_rows(folder: &Path) {
    let (repo, history) = whole(folder);
    let shared = repo.into_sync();
    let plain: Vec<_> = history.commits.iter().filter_map(Comparison::of).collect();
    let merges: Vec<_> = history.commits.iter().filter(|commit| commit.parents.len() > 1).collect();
    let merges: Vec<_> = merges.into_iter().map(Comparison::with_first_parent).collect();
    for (comparisons, options) in
        [(&plain, ["--no-merges"].as_slice()), (&merges, &["--merges", "--diff-merges=first-parent"])]
    {
        let expected = git_rows(folder, options);
        for threads in [1, 3] {
            let done = std::sync::atomic::AtomicUsize::new(0);
            let progress = |commits| {
                done.fetch_add(commits, std::sync::atomic::Ordering::Relaxed);
            };
            let diffs = numstat(&shared, comparisons, threads, &progress).unwrap();
            let order: Vec<_> = diffs.iter().map(|diff| diff.commit).collect();
            assert_eq!(order, comparisons.iter().map(|comparison| comparison.commit).collect::<Vec<_>>());
            assert_eq!(done.into_inner(), comparisons.len());
            let found = our_rows(&diffs);
            for (commit, rows) in &expected {
                assert_eq!(found.get(commit), Some(rows), "git's rows are on the right");
            }
            assert_eq!(found.len(), expected.len(), "commits with rows");
        }
    }
}

/// The nasty repository and a bare clone of it, which tests only read.
pub struct Shared {
    pub fixture: Fixture,
    pub bare: PathBuf,
    _folder: tempfile::TempDir,
}

/// Built once for all tests that run at the same time; removed with the last of them.
pub fn shared() -> Arc<Shared> {
    static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap();
    shared.upgrade().unwrap_or_else(|| {
        let folder = tempfile::tempdir().unwrap();
        let [path, bare] = ["worktree", "bare"].map(|name| folder.path().join(name));
        std::fs::create_dir(&path).unwrap();
        let fixture = Fixture::nasty(&path);
        git(folder.path(), ["clone", "--quiet", "--bare", "worktree", "bare"]);
        git(&bare, ["gc", "--quiet"]);
        let built = Arc::new(Shared { fixture, bare, _folder: folder });
        *shared = Arc::downgrade(&built);
        built
    })
}

#[test]
fn git_numstat_equals_git() {
    let shared = shared();
    check_rows(&shared.fixture.folder);
    check_rows(&shared.bare);
}

#[test]
fn git_numstat_equals_git_where_renames_have_many_candidates() {
    for seed in 1..4 {
        let folder = tempfile::tempdir().unwrap();
        check_rows(&Fixture::churned(folder.path(), seed, 300).folder);
    }
}

#[test]
fn commits_equal_git() {
    let shared = shared();
    let fixture = &shared.fixture;
    let (_, history) = whole(&fixture.folder);
    let format = "--format=%H%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%s%x00%ad%x00%cd";
    let mut expected: Vec<String> = fixture
        .git(&["log", "--date=raw", format])
        .lines()
        .filter(|line| !line.ends_with('\0'))
        .map(str::to_owned)
        .collect();
    let date = |moment: history::Moment| {
        let (hours, minutes) = (moment.offset_minutes / 60, moment.offset_minutes.abs() % 60);
        let sign = if moment.offset_minutes < 0 { '-' } else { '+' };
        format!("{} {sign}{:02}{minutes:02}", moment.seconds, hours.abs())
    };
    let line = |commit: &history::Commit| {
        let parents: Vec<String> = commit.parents.iter().map(ToString::to_string).collect();
        let Identity { name, email } = &commit.author;
        let who = format!("{name}\0{email}\0{}\0{}", commit.committer.name, commit.committer.email);
        let when = format!("{}\0{}", date(commit.authored), date(commit.committed));
        format!("{}\0{}\0{who}\0{}\0{when}", commit.id, parents.join(" "), commit.subject)
    };
    // Git itself shows a date that is none as it likes; that such commits can be read is checked elsewhere.
    let odd = ["undated@", "far@", "before@", "nowhere@"];
    let is_odd = |line: &String| odd.iter().any(|email| line.contains(email));
    let mut found: Vec<String> = history.commits.iter().map(line).filter(|line| !is_odd(line)).collect();
    expected.retain(|line| !is_odd(line));
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_order_of_commits_depends_on_the_history_alone() {
    let shared = shared();
    let fixture = &shared.fixture;
    let (repo, history) = whole(&fixture.folder);
    assert_eq!(history.commits, whole(&shared.bare).1.commits);
    let mut seen = std::collections::BTreeSet::new();
    for commit in &history.commits {
        assert!(commit.parents.iter().all(|parent| seen.contains(parent)), "{} stands before a parent", commit.id);
        seen.insert(commit.id);
    }
    let mid = repo.rev_parse_single("p15").unwrap().detach();
    let new = History::read(&repo, &[history::head(&repo).unwrap()], &[mid]).unwrap();
    let mut expected: Vec<String> = fixture.git(&["rev-list", "HEAD", "^p15"]).lines().map(str::to_owned).collect();
    let mut found: Vec<String> = new.commits.iter().map(|commit| commit.id.to_string()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn authors_equal_shortlog() {
    let shared = shared();
    let bare = tempfile::tempdir().unwrap();
    git(bare.path(), [OsStr::new("clone"), OsStr::new("--bare"), shared.bare.as_os_str(), OsStr::new(".")]);
    // The last five commits of the fixture have trees of their own, without a mailmap.
    git(bare.path(), ["update-ref", "HEAD", "HEAD~5"]);
    for folder in [shared.fixture.folder.as_path(), bare.path()] {
        let (repo, history) = whole(folder);
        let mailmap = Mailmap::read(&repo);
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for commit in &history.commits {
            let Identity { name, email } = mailmap.resolve(&commit.author);
            *found.entry(format!("{name} <{email}>")).or_default() += 1;
        }
        let expected: BTreeMap<String, usize> = git_text(folder, &["shortlog", "-sne", "HEAD"])
            .lines()
            .map(|line| line.trim().split_once('\t').unwrap())
            .map(|(count, author)| (author.to_owned(), count.parse().unwrap()))
            .collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn pull_requests_equal_git() {
    let shared = shared();
    let fixture = &shared.fixture;
    let (repo, history) = whole(&fixture.folder);
    let found = pulls::recover(&history, history::head(&repo).unwrap());
    let summary: Vec<_> = found
        .iter()
        .map(|pull| (pull.number, pull.title.as_str(), pull.method, pull.commits, pull.is_revert))
        .collect();
    use MergeMethod::{Merge, Queue, Squash};
    let expected = [
        (11, "Add a feature", Squash, None, false),
        (12, "Revert \"Add a feature (#11)\"", Squash, None, true),
        (14, "Speed it up", Merge, Some(3), false),
        (15, "Slow it down", Queue, Some(3), false),
        (16, "Revert it", Merge, Some(3), true),
        (17, "Tidy up", Merge, Some(3), false),
        (18, "Let a queue merge it", Merge, Some(3), false),
    ];
    assert_eq!(summary, expected);
    for pull in found.iter().filter(|pull| pull.commits.is_some()) {
        let merge = pull.merge.to_string();
        let (first, others) = (format!("^{merge}^1"), format!("{merge}^2"));
        let times = fixture.git(&["log", "--format=%at", &others, &first]);
        assert_eq!(pull.commits, Some(times.lines().count() as u64));
        assert_eq!(pull.first_commit_at, times.lines().map(|time| time.parse().unwrap()).min());
    }
}

#[test]
fn what_cannot_be_read_is_an_error_with_a_remedy() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let message = |problem: history::Error| problem.to_string();
    let missing = history::open(&folder.path().join("absent")).map_err(message).unwrap_err();
    assert!(missing.starts_with("no git repository at "), "{missing}");
    let mut fixture = Fixture::new(folder.path());
    let repo = history::open(folder.path()).unwrap();
    let empty = history::head(&repo).map_err(message).unwrap_err();
    assert!(empty.contains("has no commits yet"), "{empty}");
    fixture.write("kept.txt", "1\n");
    fixture.commit("first");
    fixture.write("lost.txt", "2\n");
    fixture.commit("second");
    let origin = format!("file://{}", folder.path().display());
    git(other.path(), ["clone", "--quiet", "--depth=1", &origin, "."]);
    let shallow = history::open(other.path()).unwrap();
    let tip = history::head(&shallow).unwrap();
    let shallow = History::read(&shallow, &[tip], &[]).map_err(message).unwrap_err();
    assert_eq!(shallow, "shallow clone: history is cut at 1 commits; run git fetch --unshallow");
    let lost = fixture.git(&["rev-parse", "HEAD:lost.txt"]).trim().to_owned();
    let object = folder.path().join(".git/objects").join(&lost[..2]).join(&lost[2..]);
    std::fs::set_permissions(&object, PermissionsExt::from_mode(0o644)).unwrap();
    for damage in [Some(b"not zlib".as_slice()), Some(b""), None] {
        match damage {
            Some(content) => std::fs::write(&object, content).unwrap(),
            None => std::fs::remove_file(&object).unwrap(),
        }
        let (repo, history) = whole(folder.path());
        let comparisons: Vec<_> = history.commits.iter().filter_map(Comparison::of).collect();
        let corrupt = numstat(&repo.into_sync(), &comparisons, 2, &|_| ()).map_err(message).unwrap_err();
        assert!(corrupt.contains(&lost) && corrupt.contains("git fsck"), "{corrupt}");
    }
}
