//! Collecting from GitLab: everything arrives, once, whatever happens meanwhile and whatever goes wrong.

use crate::gitlab_world::server::{Fault, Rule, Server};
use crate::gitlab_world::{World, moment};
use crate::vendor_world::folder::{Folder, TOKEN};
use chrono::TimeDelta;
use paceline::collect::{Report, Result};
use paceline::project::{GitlabPipeline, PipelineKind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What the collector fills.
const TABLES: [&str; 13] = [
    "repositories",
    "pull_requests",
    "pull_request_commits",
    "pull_request_events",
    "reviews",
    "review_comments",
    "tickets",
    "ticket_events",
    "builds",
    "build_jobs",
    "deployments",
    "deployment_statuses",
    "releases",
];

fn keys(server: &Server) -> GitlabPipeline {
    GitlabPipeline {
        url: server.url().to_owned(),
        token: Folder::token(),
        projects: vec!["acme/**".to_owned()],
        tickets: vec!["acme/**".to_owned()],
        since: None,
        leave_out: Vec::new(),
        webhook_secret: None,
    }
}

async fn collect(folder: &Folder, server: &Server) -> Result<Report> {
    let now = server.world(|world| world.now);
    folder.collect(PipelineKind::Gitlab(Box::new(keys(server))), now, false).await
}

async fn reconcile(folder: &Folder, server: &Server) -> Result<Report> {
    let now = server.world(|world| world.now);
    folder.collect(PipelineKind::Gitlab(Box::new(keys(server))), now, true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_with_few_questions() {
    let server = Server::start(World::new(1, 60)).await;
    let folder = Folder::new();
    collect(&folder, &server).await.unwrap();
    let counts = server.world(|world| {
        let of = |list: &str| world.all(list).count();
        let of_notes = |list: &str, system: bool| {
            let notes = world.all(list).flat_map(|thing| &thing.parts["notes"]);
            notes.filter(|note| note["system"] == system).count()
        };
        let labels = world.parts("issues", "resource_label_events");
        let ended = world.all("deployments").filter(|it| it.body["status"] != "running").count();
        vec![
            ("repositories", 2),
            ("pull_requests", of("merge_requests")),
            ("pull_request_commits", world.parts("merge_requests", "commits")),
            ("review_comments", of_notes("merge_requests", false)),
            ("tickets", of("issues")),
            (
                "ticket_events",
                of_notes("issues", false)
                    + of_notes("issues", true)
                    + labels
                    + world.parts("issues", "resource_state_events"),
            ),
            ("builds", of("pipelines")),
            ("build_jobs", world.parts("pipelines", "jobs")),
            ("deployments", of("deployments")),
            ("deployment_statuses", ended),
            ("releases", of("releases")),
        ]
    });
    for (table, count) in counts {
        assert!(count > 10 || table == "repositories", "{table}: the world is too small to test anything");
        assert_eq!(folder.count(&format!("SELECT count(*) FROM {table}")).await, count, "{table}");
    }
    assert_eq!(server.violations(), Vec::<String>::new());
    // Nobody is anywhere but in the identity store, and what follows from the parts is derived.
    let reviewed = "SELECT count(*) FROM pull_requests WHERE first_review_at >= created_at AND approved_at IS NOT NULL";
    assert!(folder.count(reviewed).await > 5);
    assert!(folder.count("SELECT count(*) FROM pull_requests WHERE lines_added = 10 * commits").await > 60);
    assert!(folder.count("SELECT count(*) FROM ticket_statuses WHERE is_current AND status = 'closed'").await > 5);
    // A merge request takes its four parts, and each hundred of them their page and their sizes.
    let (merges, issues, pipelines) = server.world(|world| {
        (world.all("merge_requests").count(), world.all("issues").count(), world.all("pipelines").count())
    });
    let pages = 40;
    let asked = server.take_requests().len();
    let least = 4 * merges + 3 * issues + 2 * pipelines;
    assert!(asked <= least + pages, "{asked} requests, {least} would do");
    // Nothing new costs one question about the projects and one about each list of each.
    collect(&folder, &server).await.unwrap();
    server.take_requests();
    let report = collect(&folder, &server).await.unwrap();
    assert_eq!(report.rows, []);
    let asked = server.take_requests();
    assert_eq!(asked.len(), 11, "{asked:#?}");
    assert_eq!(asked.iter().filter(|it| it.status == 304).count(), 10, "{asked:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, rng_seed: RngSeed::Fixed(20_261_127), max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    /// Collected in parts while the world goes on, or at once at the end: the same tables.
    #[test]
    fn parts_equal_the_whole(seed in any::<u64>(), steps in prop::collection::vec((0_usize..12, 0_usize..3), 1..4)) {
        crate::github::runtime().block_on(async {
            let server = Server::start(World::new(seed, 4)).await;
            let parts = Folder::new();
            collect(&parts, &server).await.unwrap();
            for (changes, deletions) in &steps {
                let said: Vec<String> = server.world(|world| {
                    let deleted: Vec<String> = (0..*deletions).map(|_| world.delete()).collect();
                    deleted.into_iter().chain((0..*changes).map(|_| world.change())).collect()
                });
                eprintln!("{said:?}");
                // Things change while they are read.
                server.fail(Rule { path: "", skip: 3, times: 2, fault: Fault::Meanwhile });
                collect(&parts, &server).await.unwrap();
                server.mend();
            }
            collect(&parts, &server).await.unwrap();
            reconcile(&parts, &server).await.unwrap();
            let whole = Folder::new();
            collect(&whole, &server).await.unwrap();
            parts.assert_equals(&whole, &TABLES).await;
            // Nothing but deletions was found by comparing.
            assert_eq!(parts.rows("SELECT sum(at_source - found) FROM source_counts").await, [["0"]]);
            assert_eq!(server.violations(), Vec::<String>::new());
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_and_what_is_gone_is_found_the_next_day() {
    let server = Server::start(World::new(2, 5)).await;
    let folder = Folder::new();
    collect(&folder, &server).await.unwrap();
    server.world(|world| {
        for list in ["merge_requests", "issues", "pipelines", "deployments"] {
            let things = world.projects[0].lists.get_mut(list).unwrap();
            things.remove(0);
            // It is of a moment that was read long ago, as after a late commit of GitLab's database.
            let mut late = things[0].clone();
            for (field, value) in [("id", 9_000), ("iid", 9_000)] {
                late.body[field] = value.into();
            }
            for field in ["created_at", "updated_at", "started_at"] {
                late.body[field] = "2026-02-01T08:00:00.000Z".into();
            }
            things.push(late);
        }
    });
    let before = folder.count("SELECT count(*) FROM pull_requests").await;
    let now = server.world(|world| world.now);
    let next_day = now + TimeDelta::days(1);
    folder.collect(PipelineKind::Gitlab(Box::new(keys(&server))), next_day, false).await.unwrap();
    assert_eq!(folder.count("SELECT count(*) FROM pull_requests").await, before);
    let whole = Folder::new();
    collect(&whole, &server).await.unwrap();
    folder.assert_equals(&whole, &TABLES).await;
    let counts = "SELECT entity, sum(at_source - found), sum(gone) FROM source_counts GROUP BY entity ORDER BY entity";
    let row = |entity: &str| [entity, "1", "1"].map(str::to_owned).to_vec();
    assert_eq!(folder.rows(counts).await, ["builds", "deployments", "pull_requests", "tickets"].map(row));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_waited_until_the_compared_time_began_is_not_gone() {
    let mut world = World::new(8, 3);
    let now = world.now;
    let pipeline = &mut world.projects[0].lists.get_mut("pipelines").unwrap()[0];
    for (field, days) in [("created_at", 61), ("started_at", 59), ("updated_at", 58)] {
        pipeline.body[field] = moment(now - TimeDelta::days(days)).into();
    }
    let server = Server::start(world).await;
    let folder = Folder::new();
    collect(&folder, &server).await.unwrap();
    let before = folder.count("SELECT count(*) FROM builds").await;
    reconcile(&folder, &server).await.unwrap();
    assert_eq!(folder.count("SELECT count(*) FROM builds").await, before);
    assert_eq!(folder.rows("SELECT sum(gone), sum(at_source - found) FROM source_counts").await, [["0", "0"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn renamed_projects_keep_their_rows() {
    let server = Server::start(World::new(4, 5)).await;
    let folder = Folder::new();
    collect(&folder, &server).await.unwrap();
    server.take_requests();
    // Each takes the path that the other had.
    server.world(|world| {
        let paths: Vec<_> = world.projects.iter().map(|it| it.body["path_with_namespace"].clone()).collect();
        for (project, path) in world.projects.iter_mut().zip(paths.iter().rev()) {
            project.body["path_with_namespace"] = path.clone();
        }
    });
    collect(&folder, &server).await.unwrap();
    let whole = Folder::new();
    assert!(server.take_requests().iter().all(|it| !it.path.contains("/notes")), "nothing was read again");
    collect(&whole, &server).await.unwrap();
    let others: Vec<&str> = TABLES.into_iter().filter(|table| *table != "repositories").collect();
    folder.assert_equals(&whole, &others).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept_and_failures_of_the_moment_cost_no_row() {
    let whole = Folder::new();
    collect(&whole, &Server::start(World::new(3, 4)).await).await.unwrap();
    let server = Server::start(World::new(3, 4)).await;
    server.limit(60);
    for rule in [("", 502), ("/notes", 500), ("/graphql", 503)] {
        server.fail(Rule { path: rule.0, skip: 1, times: 2, fault: Fault::Status(rule.1) });
    }
    let folder = Folder::new();
    collect(&folder, &server).await.unwrap();
    assert!(server.take_requests().iter().any(|it| it.status == 429), "the limit was never reached");
    assert_eq!(server.violations(), Vec::<String>::new());
    folder.assert_equals(&whole, &TABLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_goes_on_where_it_ended() {
    let server = Server::start(World::new(5, 130)).await;
    let folder = Folder::new();
    // The second page of merge requests breaks off.
    let after = Rule { path: "updated_after", skip: 0, times: 100, fault: Fault::Status(500) };
    server.fail(after);
    assert!(collect(&folder, &server).await.is_err());
    let first: Vec<String> = server.take_requests().into_iter().map(|it| it.path).collect();
    let read = |paths: &[String]| paths.iter().filter(|path| path.contains("/commits")).count();
    assert!(read(&first) >= 100, "{}", read(&first));
    server.mend();
    collect(&folder, &server).await.unwrap();
    let second: Vec<String> = server.take_requests().into_iter().map(|it| it.path).collect();
    let merges = server.world(|world| world.all("merge_requests").count());
    assert!(read(&first) + read(&second) <= merges + 20, "{} and {} of {merges}", read(&first), read(&second));
    let whole = Folder::new();
    collect(&whole, &server).await.unwrap();
    folder.assert_equals(&whole, &TABLES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_wrong_is_said_in_one_line() {
    let always = |path, fault| Rule { path, skip: 0, times: 1_000, fault };
    let faults = [
        (always("", Fault::Status(401)), "refuses the token"),
        (always("/merge_requests", Fault::Garbage), "sent something that is not what GitLab documents: "),
        (always("/merge_requests?", Fault::Retyped("iid")), "at [0].iid: invalid type: string \"x\", expected i64"),
        (
            always("/pipelines", Fault::Status(403)),
            "builds of acme/app and 1 more cannot be read (403 Forbidden: out of order)",
        ),
        (always("/groups", Fault::Status(404)), "there is no such group, or the token may not see it"),
        (always("/commits", Fault::Astray), "another host"),
    ];
    for (rule, words) in faults {
        let mut world = World::new(3, 3);
        if matches!(rule.fault, Fault::Astray) {
            let merge = &mut world.projects[0].lists.get_mut("merge_requests").unwrap()[0];
            let commits = merge.parts.get_mut("commits").unwrap();
            *commits = vec![commits[0].clone(); 101];
        }
        let server = Server::start(world).await;
        server.fail(rule.clone());
        let error = collect(&Folder::new(), &server).await.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n') && !error.contains(TOKEN), "{rule:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_stops_nothing_else() {
    let mut world = World::new(6, 4);
    world.projects[0].forbidden.push("pipelines");
    for (level, list) in [("builds_access_level", "pipelines"), ("merge_requests_access_level", "merge_requests")] {
        world.projects[1].body[level] = "disabled".into();
        world.projects[1].forbidden.push(list);
    }
    let server = Server::start(world).await;
    let folder = Folder::new();
    let error = collect(&folder, &server).await.unwrap_err().to_string();
    let words = "builds of acme/app cannot be read (403 Forbidden: 403 Forbidden); give the token the scope read_api and the \
                 role Reporter, or leave them out with leave_out = [\"builds\"]";
    assert_eq!(error, words);
    assert_eq!(folder.count("SELECT count(DISTINCT repository) FROM deployments").await, 2);
    assert_eq!(folder.count("SELECT count(*) FROM builds").await, 0);
    assert_eq!(folder.rows("SELECT DISTINCT repository FROM pull_requests").await, [["acme/app"]]);
}
