//! Runs, deployments and releases: what changes late, what is deleted, what may not be read, what is left out.

use super::folder::Folder;
use crate::github_world::faults::{Fault, Faults, Rule};
use crate::github_world::published::schema_errors;
use crate::github_world::server::Server;
use crate::github_world::world::World;
use crate::github_world::world::generate::Size;
use paceline::project::GithubList;

/// One repository with so many runs.
fn of_runs(seed: u64, runs: usize) -> World {
    World::sized(
        seed,
        Size { repositories: 1, pulls: 2, issues: 0, runs, deployments: 0, releases: 0, ..Size::default() },
    )
}

/// How many requests had this in their path or question, from some request on.
fn asked(server: &Server, from: usize, text: &str) -> usize {
    let has = |it: &&crate::github_world::server::Request| {
        let question = it.graphql.as_ref().and_then(|it| it["query"].as_str()).unwrap_or_default();
        it.path.contains(text) || question.contains(text)
    };
    server.requests()[from..].iter().filter(has).count()
}

fn status(folder: &Folder, run: u64) -> String {
    let rows = folder.rows(&format!("SELECT status, attempt FROM builds WHERE build_id = '{run}'"));
    rows[0].join(" ")
}

#[tokio::test]
async fn runs_that_end_long_after_are_not_lost() {
    let server = Server::start(of_runs(11, 5), Faults::none()).await;
    let (repository, first) = server.world(|world| {
        let repository = world.repositories[0].id;
        let first = world.start_run(repository);
        // Pages of newer ones, all of which are over.
        for _ in 0..230 {
            let id = world.start_run(repository);
            world.progress_run(repository, id);
            world.progress_run(repository, id);
        }
        (repository, first)
    });
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    assert_eq!(status(&folder, first), "running 1");
    server.world(|world| world.clock.advance(60));
    folder.collect(&server).await.unwrap();

    // It begins; then it ends. Each is found by one question about all that wait, and only its own jobs are read.
    for _ in 0..2 {
        server.world(|world| world.progress_run(repository, first));
        let before = server.requests().len();
        folder.collect(&server).await.unwrap();
        assert_eq!(asked(&server, before, "query Runs"), 1);
        assert_eq!(asked(&server, before, "/jobs"), 1);
    }
    assert_ne!(status(&folder, first), "running 1");
    let before = server.requests().len();
    folder.collect(&server).await.unwrap();
    assert_eq!(asked(&server, before, "query Runs"), 0, "nothing waits any more");

    // Run again when nobody waits for it: the comparison of the day finds it.
    server.world(|world| world.rerun(repository, first));
    folder.collect(&server).await.unwrap();
    assert!(status(&folder, first).ends_with(" 1"));
    folder.reconcile(&server).await.unwrap();
    assert_eq!(status(&folder, first), "running 2");
    let missed = "SELECT sum(at_source - found) FROM source_counts WHERE entity = 'builds'";
    assert_eq!(folder.rows(missed), [["1"]]);
    // And from then on it is waited for.
    server.world(|world| {
        world.progress_run(repository, first);
        world.progress_run(repository, first);
    });
    folder.collect(&server).await.unwrap();
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "late runs");
    assert_eq!(schema_errors(&server.queries()).unwrap_or_default(), Vec::<String>::new());
}

#[tokio::test]
async fn a_reading_of_runs_that_was_cut_short_goes_on_where_it_was() {
    let gives_up = Rule::on("/jobs", Fault::Status(500)).after(520).times(6);
    let server = Server::start(of_runs(12, 640), Faults::none().and(gives_up)).await;
    let folder = Folder::new();
    assert!(folder.collect(&server).await.is_err());
    assert_eq!(folder.rows("SELECT count(*) >= 500 FROM builds"), [["true"]]);
    // Meanwhile there are more new ones than the pages that are always looked at hold.
    server.world(|world| {
        let repository = world.repositories[0].id;
        for _ in 0..260 {
            world.start_run(repository);
        }
    });
    let before = server.requests().len();
    folder.collect(&server).await.unwrap();
    let again = asked(&server, before, "/jobs");
    assert!(
        (380..=480).contains(&again),
        "{again} lists of jobs: 120 were left and 260 new, and a page may be read twice"
    );
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "cut short");
}

#[tokio::test]
async fn runs_that_move_while_they_are_read_are_not_lost() {
    let delete_the_newest = Fault::Meanwhile(|world| {
        let (repository, id) = (world.repositories[0].id, world.repositories[0].runs.last().unwrap().id);
        world.delete_run(repository, id);
    });
    // The second page begins one run further when one of the first is deleted: in the first reading, and in the comparison.
    let moves = Rule::on("/actions/runs?per_page=100&page=2", delete_the_newest);
    let faults = Faults::none().and(moves.clone()).and(moves.after(1));
    let server = Server::start(of_runs(13, 170), faults).await;
    let runs = |server: &Server| server.world(|world| world.repositories[0].runs.len());
    server.world(|world| {
        let repository = world.repositories[0].id;
        while world.progress_some_run(repository).is_some() {}
    });
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let stored = || folder.rows("SELECT count(*) FROM builds")[0][0].parse::<usize>().unwrap();
    assert_eq!(stored(), runs(&server), "one that is gone and not the one that was passed over");
    folder.reconcile(&server).await.unwrap();
    assert_eq!(server.failures(), [1, 1]);
    // What the comparison passed over was asked for by its id.
    assert!(stored() >= runs(&server));
    folder.reconcile(&server).await.unwrap();
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "moved");
}

#[tokio::test]
async fn deployments_that_end_long_after_are_not_lost() {
    let size = Size { repositories: 1, pulls: 1, issues: 0, runs: 0, deployments: 3, releases: 0, ..Size::default() };
    let server = Server::start(World::sized(18, size), Faults::none()).await;
    let (repository, first) = server.world(|world| {
        let repository = world.repositories[0].id;
        let first = world.deploy(repository);
        for _ in 0..230 {
            let id = world.deploy(repository);
            world.progress_deployment(repository, id);
            world.progress_deployment(repository, id);
        }
        (repository, first)
    });
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let status = || folder.rows(&format!("SELECT status FROM deployments WHERE deployment_id = '{first}'"));
    server.world(|world| world.clock.advance(60));
    folder.collect(&server).await.unwrap();
    assert_eq!(status(), [["running"]]);
    server.world(|world| {
        world.progress_deployment(repository, first);
        world.progress_deployment(repository, first);
    });
    let before = server.requests().len();
    folder.collect(&server).await.unwrap();
    assert_ne!(status(), [["running"]]);
    assert_eq!(asked(&server, before, "query Deployed"), 1);
    // It is replaced when nobody waits for it.
    server.world(|world| {
        world.clock.advance(60);
        world.progress_deployment(repository, first);
    });
    folder.collect(&server).await.unwrap();
    let replaced =
        format!("SELECT count(*) FROM deployment_statuses WHERE status = 'inactive' AND deployment_id = '{first}'");
    assert_eq!(folder.rows(&replaced), [["0"]]);
    folder.reconcile(&server).await.unwrap();
    assert_eq!(folder.rows(&replaced), [["1"]]);
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "late deployments");
    assert_eq!(schema_errors(&server.queries()).unwrap_or_default(), Vec::<String>::new());
}

#[tokio::test]
async fn releases_that_move_while_they_are_read_are_read_again() {
    let size = Size { repositories: 1, pulls: 1, issues: 0, runs: 0, deployments: 0, releases: 230, ..Size::default() };
    let delete_one = Fault::Meanwhile(|world| {
        let repository = world.repositories[0].id;
        world.delete_some_release(repository);
    });
    let moves = Rule::on("/releases?per_page=100&page=3", delete_one);
    let server = Server::start(World::sized(19, size), Faults::none().and(moves)).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    assert_eq!(server.failures(), [1]);
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "moved releases");
    // One is deleted on a page behind the first.
    server.world(|world| {
        let repository = world.repositories[0].id;
        while world.repositories[0].releases.len() > 150 {
            world.delete_some_release(repository);
        }
    });
    folder.collect(&server).await.unwrap();
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "deleted releases");
}

#[tokio::test]
async fn what_is_deleted_is_gone_with_its_parts() {
    let server = Server::start(World::new(14), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let parts = |table: &str| folder.rows(&format!("SELECT count(*) FROM {table}"))[0][0].parse::<usize>().unwrap();
    let before = (parts("build_jobs"), parts("deployment_statuses"), parts("releases"));
    let (said, ids) = server.world(|world| {
        let ids: Vec<u64> = world.repositories.iter().map(|it| it.id).collect();
        let mut said = Vec::new();
        for id in &ids {
            world.edit_some_release(*id);
            said.extend([world.delete_some_release(*id), world.delete_some_run(*id)]);
            while world.delete_some_deployment(*id).is_none() {
                world.progress_some_deployment(*id);
            }
        }
        (said, ids)
    });
    assert_eq!(said.iter().flatten().count(), 2 * ids.len());
    // Of releases everything is known at once; what else is deleted is found by comparing.
    folder.collect(&server).await.unwrap();
    assert!(parts("releases") < before.2);
    folder.reconcile(&server).await.unwrap();
    assert!(parts("build_jobs") < before.0 && parts("deployment_statuses") < before.1);
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "deleted");
    let gone = "SELECT entity, sum(gone) FROM source_counts WHERE gone > 0 GROUP BY entity ORDER BY entity";
    assert_eq!(folder.rows(gone), [["builds", "3"], ["deployments", "3"]]);
}

#[tokio::test]
async fn a_list_that_may_not_be_read_costs_one_line_and_no_other_list() {
    let whole = Folder::new();
    whole.collect(&Server::start(World::new(15), Faults::none()).await).await.unwrap();
    let count = |folder: &Folder, table: &str| folder.rows(&format!("SELECT count(*) FROM {table}"));
    let cases = [
        (
            vec!["/actions/runs"],
            403,
            vec!["builds", "build_jobs"],
            "give the token Actions: read, or leave them out with leave_out = [\"builds\"]",
        ),
        (
            vec!["/actions/runs"],
            404,
            vec!["builds", "build_jobs"],
            "builds of acme/alpha and 2 more cannot be read (404 Not Found",
        ),
        (vec!["deployments("], 403, vec!["deployments", "deployment_statuses"], "give the token Deployments: read"),
        (
            vec!["/releases", "deployments("],
            403,
            vec!["releases", "deployments", "deployment_statuses"],
            "give the token Contents: read",
        ),
    ];
    for (paths, code, lacking, words) in cases {
        let rule = |path: &str| Rule::on(path, Fault::Denied { status: code }).times(100);
        let faults = paths.iter().fold(Faults::none(), |faults, path| faults.and(rule(path)));
        let server = Server::start(World::new(15), faults).await;
        let folder = Folder::new();
        let error = folder.collect(&server).await.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{paths:?}: {error}");
        for table in super::folder::TABLES {
            if lacking.contains(&table) {
                assert_eq!(count(&folder, table), [["0"]], "{paths:?}: {table}");
            } else {
                assert_eq!(count(&folder, table), count(&whole, table), "{paths:?}: {table}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_left_out_is_not_asked_for_and_can_be_read_later() {
    let server = Server::start(World::new(16), Faults::none()).await;
    let mut folder = Folder::new();
    folder.keys.leave_out = vec![GithubList::Builds, GithubList::Deployments, GithubList::Releases];
    folder.collect(&server).await.unwrap();
    for text in ["/actions", "deployments", "/releases"] {
        assert_eq!(asked(&server, 0, text), 0, "{text}");
    }
    folder.keys.leave_out = vec![GithubList::Jobs];
    folder.collect(&server).await.unwrap();
    assert_eq!(asked(&server, 0, "/jobs"), 0);
    assert_ne!(folder.rows("SELECT count(*) FROM builds"), [["0"]]);
    folder.keys.leave_out.clear();
    folder.collect(&server).await.unwrap();
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "read later");
}

#[tokio::test]
async fn what_was_created_before_since_is_left_out() {
    let server = Server::start(World::new(17), Faults::none()).await;
    let (since, runs, deployments, releases) = server.world(|world| {
        let repository = &world.repositories[0];
        let since = repository.runs[7].created_at;
        let all = || world.repositories.iter();
        let runs = all().flat_map(|it| &it.runs).filter(|it| it.created_at >= since).count();
        let deployments = all().flat_map(|it| &it.deployments).filter(|it| it.created_at >= since).count();
        let is_new = |it: &&crate::github_world::world::Release| it.published_at.is_some_and(|at| at >= since);
        (since, runs, deployments, all().flat_map(|it| &it.releases).filter(is_new).count())
    });
    let mut folder = Folder::new();
    folder.keys.since = Some(since);
    folder.collect(&server).await.unwrap();
    folder.reconcile(&server).await.unwrap();
    let count = |table: &str| folder.rows(&format!("SELECT count(*) FROM {table}"))[0][0].parse::<usize>().unwrap();
    assert_eq!([count("builds"), count("deployments"), count("releases")], [runs, deployments, releases]);
    assert!(runs > 10 && runs < 36);
    assert_eq!(folder.rows("SELECT sum(at_source - found), sum(gone) FROM source_counts"), [["0", "0"]]);
}
