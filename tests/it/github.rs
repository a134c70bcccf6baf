//! Collecting from GitHub: everything arrives, once, whatever happens meanwhile and whatever goes wrong.

mod copilot;
mod delivered;
pub mod folder;
mod lists;
mod prism;
mod standing;
mod teams;
mod tickets;

use crate::cli::product::{Answer, Product};
use crate::github_world::faults::{Fault, Faults, Rule};
use crate::github_world::published::schema_errors;
use crate::github_world::server::app::TOKEN;
use crate::github_world::server::{Request, Server};
use crate::github_world::world::generate::Size;
use crate::github_world::world::minimum::Pages;
use crate::github_world::world::{At, Item, Pull, Repository, World};
use folder::Folder;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

/// What the collector asks for at a time.
const PAGES: Pages = Pages { items: 25, nested: 100, rest: 100 };

#[tokio::test]
async fn everything_arrives_by_questions_that_github_understands() {
    let size = Size {
        pulls: 60,
        busy_pulls: 1,
        issues: 60,
        busy_issues: 1,
        runs: 80,
        deployments: 120,
        releases: 45,
        ..Size::default()
    };
    let server = Server::start(World::sized(1, size), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let counts: Vec<(&str, usize)> = server.world(|world| {
        let of_pulls = |of: &dyn Fn(&Pull, &Item) -> usize| {
            world.repositories.iter().flat_map(Repository::pulls).map(|(item, pull)| of(pull, item)).sum()
        };
        let of_all = |of: &dyn Fn(&Repository) -> usize| world.repositories.iter().map(of).sum();
        vec![
            ("pull_requests", of_pulls(&|_, _| 1)),
            ("pull_request_commits", of_pulls(&|pull, _| pull.commits.len())),
            ("reviews", of_pulls(&|pull, _| pull.reviews.len())),
            ("review_comments", of_pulls(&|pull, item| pull.review_comments.len() + item.comments.len())),
            ("tickets", of_all(&|it| it.issues().count())),
            ("ticket_events", of_all(&|it| it.issues().map(tickets::moments).sum())),
            ("builds", of_all(&|it| it.runs.len())),
            ("build_jobs", of_all(&|it| it.runs.iter().map(|run| run.jobs.len()).sum())),
            ("deployments", of_all(&|it| it.deployments.len())),
            ("deployment_statuses", of_all(&|it| it.deployments.iter().map(|it| it.statuses.len()).sum())),
            ("releases", of_all(&|it| it.releases.iter().filter(|it| !it.is_draft).count())),
        ]
    });
    for (table, count) in counts {
        assert!(count > 60, "{table}: the world is too small to test anything");
        assert_eq!(folder.rows(&format!("SELECT count(*) FROM {table}")), [[count.to_string()]], "{table}");
    }
    assert_eq!(server.violations(), Vec::<String>::new());
    let least = server.world(|world| world.minimum(PAGES));
    assert!(least.issue_lists > 2, "no list within an issue is long");
    let least = least.repositories
        + least.pulls
        + least.pull_lists
        + least.issues
        + least.issue_lists
        + least.runs
        + least.jobs
        + least.deployments
        + least.releases;
    let asked = server.requests().len();
    eprintln!("{asked} requests, {least} would do");
    assert!(asked as f64 <= 1.05 * least as f64, "{asked} requests, {least} would do");
    if let Some(wrong) = schema_errors(&server.queries()) {
        assert_eq!(wrong, Vec::<String>::new());
    }
    // Nothing new costs one question about the repositories, and some about each whose answers are free.
    server.world(|world| world.clock.advance(60));
    folder.collect(&server).await.unwrap();
    let before = server.requests().len();
    let report = folder.collect(&server).await.unwrap();
    assert_eq!(report.rows, []);
    let asked = server.requests().split_off(before);
    let (free, paid): (Vec<Request>, Vec<Request>) = asked.into_iter().partition(|it| it.cost == 0);
    assert_eq!(
        paid.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
        ["/orgs/acme/repos?per_page=100&sort=full_name"]
    );
    // Pull requests, issues, runs and releases of each of three, and four pages of deployments.
    assert_eq!(free.len(), 16, "{free:?}");
    assert!(free.iter().all(|it| it.status == 304));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, rng_seed: RngSeed::Fixed(20_261_123), max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    /// Collected in parts while the world goes on, or at once at the end: the same tables.
    #[test]
    fn parts_equal_the_whole(seed in any::<u64>(), steps in prop::collection::vec((0_usize..12, 0_usize..3, 0_u64..4), 1..5)) {
        runtime().block_on(async {
            let server = Server::start(World::new(seed), Faults::none()).await;
            let parts = Folder::with_teams(&["acme"]);
            parts.collect(&server).await.unwrap();
            for (changes, people, seconds) in &steps {
                let said: Vec<String> = server.world(|world| {
                    world.clock.advance(*seconds);
                    let people: Vec<String> = (0..*people).filter_map(|_| world.change_people()).collect();
                    people.into_iter().chain((0..*changes).map(|_| world.change())).collect()
                });
                eprintln!("{said:?}");
                parts.collect(&server).await.unwrap();
            }
            parts.reconcile(&server).await.unwrap();
            let whole = Folder::with_teams(&["acme"]);
            whole.collect(&server).await.unwrap();
            // Since when they are is known to the parts alone.
            assert_eq!(parts.members(), whole.members());
            let deleted = server.world(|world| world.deleted_users());
            parts.assert_equals_without(&whole, &deleted, "parts and whole");
            // Nothing but deletions was found by comparing.
            assert_eq!(parts.rows("SELECT sum(at_source - found) FROM source_counts"), [["0"]]);
            assert_eq!(server.violations(), Vec::<String>::new());
        });
    }
}

#[tokio::test]
async fn renamed_repositories_keep_their_rows() {
    let server = Server::start(World::new(4), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let count = |name: &str| folder.rows(&format!("SELECT count(*) FROM reviews WHERE repository = '{name}'"));
    let (alpha, beta) = (count("acme/alpha"), count("acme/beta"));
    assert_ne!(alpha, beta);
    // Each takes a name that another had.
    server.world(|world| {
        let ids: Vec<u64> = world.repositories.iter().map(|it| it.id).collect();
        for (id, name) in [(ids[0], "between"), (ids[1], "alpha"), (ids[0], "beta")] {
            world.rename_repository(id, name);
        }
    });
    let asked = server.requests().len();
    folder.collect(&server).await.unwrap();
    assert_eq!((count("acme/alpha"), count("acme/beta")), (beta, alpha));
    assert!(server.requests()[asked..].iter().all(|request| request.graphql.is_none()), "nothing was read again");
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "renamed");
}

#[tokio::test]
async fn an_account_is_the_same_under_another_login() {
    let server = Server::start(World::new(6), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let before = folder.people();
    assert_eq!(before.values().collect::<BTreeSet<_>>().len(), before.len(), "each account is a person");
    // Two exchange their logins; everybody else gets a new one. Then something happens that tells some rows again.
    server.world(|world| {
        let ids: Vec<u64> = world.users.iter().filter(|it| !it.is_bot).map(|it| it.id).collect();
        let logins: Vec<String> = ids[..2].iter().map(|id| world.user(*id).unwrap().login.clone()).collect();
        for (id, login) in ids.iter().zip(["between", &logins[0]]) {
            world.rename_user(*id, login);
        }
        world.rename_user(ids[0], &logins[1]);
        for id in &ids[2..] {
            world.rename_user(*id, &format!("renamed-{id}"));
        }
        for _ in 0..20 {
            world.change_pulls();
        }
    });
    folder.collect(&server).await.unwrap();
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "renamed accounts");
    assert_eq!(folder.people(), before);
}

#[tokio::test]
async fn a_deleted_account_leaves_the_rows_that_are_told_again() {
    let server = Server::start(World::new(6), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let (at, user) = server.world(|world| {
        let repository = &world.repositories[0];
        let (item, _) = repository.pulls().find(|(item, _)| !world.user(item.author).unwrap().is_bot).unwrap();
        (At { repository: repository.id, number: item.number }, item.author)
    });
    let known = || folder.rows("SELECT count(author_id) FROM pull_requests")[0][0].parse::<i64>().unwrap();
    let before = known();
    server.world(|world| {
        world.clock.advance(5);
        world.delete_user(user);
        world.comment(at);
    });
    folder.collect(&server).await.unwrap();
    let author =
        format!("SELECT author_id FROM pull_requests WHERE repository = 'acme/alpha' AND number = {}", at.number);
    assert_eq!((known(), folder.rows(&author)), (before - 1, vec![vec![String::new()]]));
}

#[tokio::test]
async fn what_goes_wrong_for_a_moment_costs_no_row() {
    let faults = [
        ("502", Rule::on("", Fault::Status(502)).after(1)),
        ("cut", Rule::on("", Fault::Drop).after(2)),
        ("truncated", Rule::on("/graphql", Fault::Truncated)),
        ("secondary", Rule::on("/graphql", Fault::Secondary { status: 403, retry_after_seconds: Some(1) })),
        ("secondary, unannounced", Rule::on("", Fault::Secondary { status: 429, retry_after_seconds: None }).after(1)),
        ("primary", Rule::on("", Fault::Primary { status: 403, wait_seconds: 1 }).after(1)),
        ("graphql", Rule::on("/graphql", Fault::GraphqlLimited { wait_seconds: 1 })),
        ("too large", Rule::on("/graphql", Fault::TooLarge { nodes: 5_000, status: 502 }).times(100)),
    ];
    let whole = Folder::new();
    whole.collect(&Server::start(World::new(3), Faults::none()).await).await.unwrap();
    for (name, rule) in faults {
        let minute = std::time::Duration::from_secs(1);
        let server = Server::start(World::new(3), Faults::none().minute(minute).and(rule)).await;
        let folder = Folder::new();
        let report = folder.collect(&server).await;
        assert!(report.is_ok(), "{name}: {}", report.unwrap_err());
        assert!(server.failures()[0] > 0, "{name}: nothing went wrong");
        folder.assert_equals(&whole, name);
        assert_eq!(server.violations(), Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn what_stays_wrong_is_said_in_one_line() {
    let faults = [
        (Rule::on("", Fault::Revoked), "refuses the token"),
        (Rule::on("", Fault::NextLink("https://evil.example/".to_owned())), "another host"),
        (Rule::on("/repos", Fault::Redirect("https://evil.example/".to_owned())), "another host"),
        (Rule::on("", Fault::NextLoop).times(100), "again and again"),
        (Rule::on("/graphql", Fault::Malformed), "sent something that is not what GitHub documents: at data."),
        (
            Rule::on("/graphql", Fault::Retyped { field: "additions", value: "many".into() }),
            "at nodes[0].additions: invalid type: string \"many\", expected i64",
        ),
    ];
    for (rule, words) in faults {
        let server = Server::start(World::new(3), Faults::none().and(rule.clone())).await;
        let error = Folder::new().collect(&server).await.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{rule:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_of_the_project_is_collected_and_its_state_is_said() {
    let server = Server::start(World::new(5), Faults::none()).await;
    let product = Product::new();
    let url = server.url();
    let text = format!(
        "type = \"github\"\nurl = \"{url}\"\ntoken = {{ env = \"ACME_TOKEN\" }}\nrepositories = [\"acme/alpha\", \"acme/b*\"]\ntickets = [\"acme/GAMMA*\"]\n"
    );
    product.write("pipelines/acme.toml", &text);
    let answer = product.run(["collect"]);
    assert_eq!(answer.code, Some(3));
    assert_eq!(answer.stderr, "error: environment variable ACME_TOKEN is not set\n");
    let mut command = product.command(["collect"]);
    command.env("ACME_TOKEN", TOKEN);
    let said = Answer::of(command).succeeded().stderr;
    assert!(said.starts_with("acme: ") && said.contains(" 45 pull_requests"), "{said}");
    let repositories = product.rows("SELECT repository FROM repositories ORDER BY repository");
    assert_eq!(repositories, [["acme/alpha"], ["acme/beta"], ["acme/gamma"]]);
    // What `tickets` alone names has its issues read and nothing else.
    assert_eq!(
        product.rows("SELECT DISTINCT repository FROM pull_requests ORDER BY 1"),
        [["acme/alpha"], ["acme/beta"]]
    );
    assert_eq!(product.rows("SELECT DISTINCT repository FROM tickets"), [["acme/gamma"]]);
    let status = product.run(["collect", "--status", "--format", "csv"]).succeeded().stdout;
    let status = String::from_utf8(status).unwrap();
    let line = status.lines().nth(1).unwrap();
    let spent = |graphql: bool| {
        server.requests().iter().filter(|it| it.graphql.is_some() == graphql).map(|it| it.cost).sum::<u64>()
    };
    let budget = format!("core {}/5000 graphql {}/5000", 5_000 - spent(false), 5_000 - spent(true));
    let end = format!(",2026-03-01T12:00:00Z,0,,{budget},,,0,0,");
    assert!(line.starts_with("acme,github,2026-03-01T12:00:00Z,") && line.ends_with(&end), "{line}");
    // Moments that follow from the parts: a review by somebody else is never before the pull request.
    let reviewed = "SELECT count(*) > 5 AS many, bool_and(first_review_at >= created_at) AS later FROM pull_requests WHERE first_review_at IS NOT NULL";
    assert_eq!(product.rows(reviewed), [["true", "true"]]);
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}
