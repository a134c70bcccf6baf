//! Erasing leaves no byte of a person in the data folder, and collecting again does not bring it back.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::DateTime;
use paceline::store::landing::{Landing, Limits};
use paceline::store::{Delivery, Partial, Refused, Run, Store};

use super::search::files_with;
use crate::cli::product::{Product, assert_same};
use crate::collect::Repository;

const NAME: &str = "Anneke Vosje";
/// Everything that names the person.
const WORDS: [&str; 4] = [NAME, "anneke.vosje@work.example", "annekevosje", "av@home.example"];
const BOB: &str = "Bob Builder <bob@work.example>";

/// A folder that holds the person in every place that there is.
struct World {
    repository: Repository,
    product: Product,
}

impl World {
    fn new() -> World {
        let repository = Repository::of_plain_work();
        let mut head = repository.head();
        let commits = [
            ("Anneke Vosje <anneke.vosje@work.example>", BOB, "Work on what waits"),
            (BOB, "Anneke Vosje <av@home.example>", "Co-work\n\nCo-authored-by: Anneke Vosje <av@home.example>"),
            (BOB, BOB, "Merge branch 'annekevosje/fix' for ANNEKE VOSJE <av@home.example>"),
        ];
        for (day, (author, committer, subject)) in (400..).zip(commits) {
            head = repository.commit_by(author, committer, &[&head], day, subject);
        }
        head = with_file(&repository, &head, "people/annekevosje.md");
        repository.set_head(&head);
        let product = Product::new();
        product.write(
            "pipelines/app.toml",
            &format!("type = \"git\"\npath = \"{}\"\ncode = \"head\"\n", repository.url()),
        );
        product.write("pipelines/desk.toml", "type = \"files\"\npath = \"desk.ndjson\"\ntable = \"tickets\"\n");
        product.write("desk.ndjson", &tickets(0..3));
        let world = World { repository, product };
        world.collect();
        world.put_the_rest();
        // The two addresses have nothing in common but the name.
        world.product.run(["identity", "merge", "anneke.vosje@work.example", "av@home.example"]).succeeded();
        world.product.run(["identity", "merge", "annekevosje", "av@home.example", "--by", "annekevosje"]).succeeded();
        world
    }

    fn collect(&self) {
        self.product.run(["collect"]).succeeded();
    }

    /// What a run that died, a door and a refused row leave.
    fn put_the_rest(&self) {
        let store = Store::open(&self.product.data()).unwrap();
        let mut state = store.state().unwrap();
        let at = DateTime::UNIX_EPOCH;
        let words = br#"{"user":{"login":"annekevosje","id":583231},"title":"\nAnneke Vosje asks"}"#;
        let (place, reason) = ("issue of annekevosje".to_owned(), "av@home.example is no number".to_owned());
        state.put_refused(&[Refused { source: "hub".into(), place, reason, at, words: words.to_vec() }]).unwrap();
        let error = Some("annekevosje may not read acme/app".to_owned());
        state.put_run(&Run { source: "hub".into(), started_at: at, finished_at: at, rows: 0, error }).unwrap();
        let plan = r#"{"cursor":{"page":3},"at":"2026-02-01T00:00:00Z","observations":[
            {"said":"row","table":"tickets","asked":true,"values":{"ticket_id":"7","subject":"for Anneke Vosje",
             "requester_id":{"login":"annekevosje","email":"av@home.example"},"opened_at":"2026-02-01T00:00:00Z"}}]}"#;
        state.begin("files:desk:waiting", plan).unwrap();
        let (table, key) = ("pull_requests".to_owned(), r#"["acme/app",7]"#.to_owned());
        let values = r#"{"repository":"acme/app","title":"\nAnneke Vosje asks","labels":"annekevosje"}"#.to_owned();
        state.put_partial(&[Partial { source: "hub".into(), table, key, values }]).unwrap();
        // Of a pipeline that is no more, and of a tap that was killed.
        std::fs::create_dir_all(store.spool().join("tap")).unwrap();
        std::fs::write(store.spool().join("gone.ndjson"), tickets(0..1)).unwrap();
        std::fs::write(store.spool().join("tap/state.json"), "\"annekevosje\"").unwrap();
        let plan =
            r#"{"cursor":{"state":{"bookmarks":{"av@home.example":3}}},"at":"2026-02-01T00:00:00Z","observations":[]}"#;
        state.begin("singer:tap", plan).unwrap();
        let spool = self.product.data().join("spool");
        std::fs::create_dir_all(spool.join("tap")).unwrap();
        std::fs::write(spool.join("report.ndjson"), tickets(0..1)).unwrap();
        std::fs::write(spool.join("tap/records-0.ndjson"), tickets(0..1)).unwrap();
        let landing = Landing::open(&store, Limits::default()).unwrap();
        let record = b"issues\n{\"sender\":{\"login\":\"annekevosje\"}}".to_vec();
        let delivery = Delivery { source: "hub".into(), key: "1".into(), received_at: at };
        tokio::runtime::Runtime::new().unwrap().block_on(landing.append_once(delivery, record)).unwrap();
    }

    fn found(&self) -> Vec<(PathBuf, String)> {
        files_with(&self.product.data(), &WORDS)
    }

    fn erase(&self) -> String {
        self.product
            .run(["identity", "erase", NAME, "--yes", "--by", "lead", "--reason", "Anneke Vosje asked"])
            .succeeded()
            .stderr
    }

    /// How much there is: rows of each table, and persons.
    fn counts(&self) -> Vec<Vec<String>> {
        let tables = ["commits", "commit_files", "tickets", "snapshot_files", "people"];
        let one = |table: &&str| format!("SELECT '{table}' AS t, count(*) AS n FROM {table}");
        self.product.rows(&(tables.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ") + " ORDER BY t"))
    }
}

/// A commit with a file of that path.
fn with_file(repository: &Repository, parent: &str, path: &str) -> String {
    use crate::git_fixture::run_in;
    let (folder, name) = path.split_once('/').unwrap();
    let blob = run_in(repository.path(), &["hash-object", "-w", "--stdin"], b"fn annekevosje() -> u64 { 1 }\n");
    let inner = run_in(
        repository.path(),
        &["mktree"],
        format!("100644 blob {blob}\t{}\n", name.replace(".md", ".rs")).as_bytes(),
    );
    let below = crate::git_fixture::git_text(repository.path(), &["ls-tree", parent]);
    let tree = run_in(repository.path(), &["mktree"], format!("{below}040000 tree {inner}\t{folder}\n").as_bytes());
    let text = format!(
        "tree {tree}\nparent {parent}\nauthor {BOB} 1750000000 +0000\ncommitter {BOB} 1750000000 +0000\n\nAdd\n"
    );
    run_in(repository.path(), &["hash-object", "-t", "commit", "-w", "--stdin"], text.as_bytes())
}

fn tickets(numbers: std::ops::Range<u32>) -> String {
    let one = |number: u32| {
        format!(
            "{{\"ticket_id\": \"{number}\", \"requester_id\": \"annekevosje\", \"subject\": \"Reset for Anneke Vosje\", \
             \"labels\": \"annekevosje,vpn\", \"opened_at\": \"2026-01-0{}T00:00:00Z\", \"updated_at\": \"2026-01-09T00:00:00Z\"}}\n",
            number + 1
        )
    };
    numbers.map(one).collect()
}

#[test]
fn no_byte_of_an_erased_person_is_left_or_comes_back() {
    let world = World::new();
    let before = world.found();
    let places = [
        "state.sqlite",
        "clones",
        "landing",
        "spool",
        "tables/commits",
        "tables/commit_files",
        "tables/tickets",
        "tables/snapshot_files",
        "tables/functions",
    ];
    for place in places {
        let is_there = |it: &(PathBuf, String)| {
            it.0.strip_prefix(world.product.data()).unwrap().starts_with(place)
                || it.0.to_string_lossy().contains(&format!("/{place}-"))
        };
        assert!(before.iter().any(is_there), "{place} holds no word: {before:?}");
    }
    let counts = world.counts();

    let said = world.erase();
    assert!(said.contains("erased 3 identities"), "{said}");
    assert_eq!(world.found(), []);
    assert_eq!(world.counts(), counts);
    let audit = world.product.table(&["identity", "audit"]);
    assert_eq!((&audit[2][2][..], &audit[2][3][..]), ("lead", "erase"));
    assert!(audit[2][5].starts_with("erased-") && audit[2][5].ends_with(" asked"), "{audit:?}");
    let subjects = world.product.rows("SELECT DISTINCT subject FROM tickets");
    assert!(subjects.len() == 1 && subjects[0][0].starts_with("Reset for erased-"), "{subjects:?}");
    assert!(!world.product.data().join("clones").exists());

    // What was written down and not stored names the identity by its id.
    let plans = Store::open(&world.product.data()).unwrap().state().unwrap().plans().unwrap();
    let plan = plans.iter().find(|it| it.0 == "files:desk:waiting").unwrap();
    assert!(plan.2.contains("\"ticket_id\":\"7\"") && !plan.2.contains("login"), "{}", plan.2);

    world.collect();
    assert_eq!(world.found(), [], "after nothing new");
    assert_eq!(world.counts(), counts);

    // The same person under what is known of it, and in new texts.
    let head = world.repository.commit_by(
        "A. Vosje <av@home.example>",
        BOB,
        &[&world.repository.head()],
        700,
        "Thank annekevosje, and Anneke Vosje",
    );
    world.repository.set_head(&head);
    world.product.write("desk.ndjson", &tickets(0..5));
    world.collect();
    assert_eq!(world.found(), [], "after new rows");
    let people = |counts: &[Vec<String>]| counts.iter().find(|it| it[0] == "people").unwrap()[1].clone();
    assert_eq!(people(&world.counts()), people(&counts), "nobody is new");
    assert_eq!(world.product.rows("SELECT count(*), count(requester_id) FROM tickets"), [["5", "5"]]);

    // A line that no table can take is put aside without the words.
    let bad = r#"{"ticket_id": "9", "requester_id": "annekevosje", "subject": "for Anneke Vosje"}"#;
    world.product.write("desk.ndjson", &format!("{}{bad}\n", tickets(0..5)));
    assert_ne!(world.product.run(["collect"]).code, Some(0));
    assert_eq!(world.found(), [], "after a line that was put aside");
}

#[test]
fn what_was_printed_is_brought_in_before_and_what_is_listed_again_is_no_change() {
    let product = Product::new();
    product.write("desk.ndjson", &tickets(0..3));
    product
        .write("pipelines/tool.toml", "type = \"command\"\nrun = [\"cat\", \"printed.ndjson\"]\ntable = \"tickets\"\n");
    product.write("pipelines/desk.toml", "type = \"files\"\npath = \"desk.ndjson\"\ntable = \"tickets\"\n");
    product.write("pipelines/hr.toml", "type = \"teams\"\npath = \"hr.toml\"\n");
    let team = "[[team]]\nname = \"core\"\ntitle = \"Friends of annekevosje\"\nmembers = [{ login = \"bob\" }]\n";
    product.write("hr.toml", team);
    let ticket = "{\"ticket_id\": \"8\", \"subject\": \"For annekevosje\", \"opened_at\": \"2026-01-08T00:00:00Z\"}\n";
    let printed = ticket.to_owned() + &ticket.replace('8', "9");
    product.write("printed.ndjson", ticket);
    product.run(["collect"]).succeeded();
    let spool = Store::open(&product.data()).unwrap().spool();
    std::fs::create_dir_all(&spool).unwrap();
    std::fs::write(spool.join("tool.ndjson"), printed).unwrap();
    product.run(["identity", "erase", "annekevosje", "--yes"]).succeeded();
    assert_eq!(files_with(&product.data(), &["annekevosje"]), []);
    assert_eq!(product.rows("SELECT count(*), count(requester_id) FROM tickets"), [["5", "3"]]);

    product.write("hr.toml", &format!("{team}\n"));
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT count(*) FROM stored.teams WHERE title LIKE '%erased-%'"), [["1"]]);
    assert_eq!(product.rows("SELECT count(*) FROM stored.team_changes"), [["0"]]);
}

#[test]
fn an_erasure_that_was_killed_is_finished() {
    let world = World::new();
    let copied = |from: &Product| from.copied();
    let undisturbed = copied(&world.product);
    let started = Instant::now();
    undisturbed.run(["identity", "erase", NAME, "--yes"]).succeeded();
    let whole = started.elapsed();
    let expected = undisturbed.dump(&[]);
    let mut killed = 0;
    for moment in 0..8u32 {
        let product = copied(&world.product);
        let after = whole * (2 * moment + 1) / 16;
        let mut child = product.command(["identity", "erase", NAME, "--yes"]).spawn().unwrap();
        std::thread::sleep(after.max(Duration::from_millis(1)));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // Nobody of that name is the answer where it was finished before the kill.
        let again = product.run(["identity", "erase", NAME, "--yes"]);
        assert!(again.code == Some(0) || again.failed(1).starts_with("nobody is called"), "{again:?}");
        assert_eq!(files_with(&product.data(), &WORDS), [], "killed after {after:?} of {whole:?}");
        assert_same(&product.dump(&[]), &expected, &format!("killed after {after:?} of {whole:?}"));
    }
    assert!(killed >= 4, "only {killed} of 8 were still running");
}

#[test]
fn nothing_is_erased_without_a_word() {
    let world = World::new();
    let before = world.product.dump(&[]);
    let asked = world.product.run(["identity", "erase", NAME]);
    let line = asked.failed(1);
    assert!(line.ends_with("cannot be taken back; say --yes"), "{line}");
    let nobody = world.product.run(["identity", "erase", "Nobody Known", "--yes"]);
    assert!(nobody.failed(1).starts_with("nobody is called Nobody Known"));
    assert_same(&world.product.dump(&[]), &before, "after two refusals");
}
