//! What GitHub tells by webhooks, beside what it answers: in whatever order it comes, the same tables in the end.

use super::folder::Folder;
use super::runtime;
use crate::github_world::faults::Faults;
use crate::github_world::server::Server;
use crate::github_world::webhooks::disordered;
use crate::github_world::world::World;
use paceline::project::GithubList;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, rng_seed: RngSeed::Fixed(20_261_127), max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    /// Deliveries out of order, repeated and lost, between collections: once the source was asked, nobody sees that they were.
    #[test]
    fn news_and_answers_equal_answers(seed in any::<u64>(), steps in prop::collection::vec((1_usize..15, 0_u64..4, any::<bool>()), 1..5)) {
        runtime().block_on(async {
            let server = Server::start(World::new(seed), Faults::none()).await;
            let told = Folder::new();
            told.collect(&server).await.unwrap();
            let mut sent = server.world(|world| world.deliveries.len());
            let mut taken = 0;
            for (changes, seconds, asks) in &steps {
                let news = server.world(|world| {
                    world.clock.advance(*seconds);
                    (0..*changes).for_each(|_| drop(world.change()));
                    let news = disordered(&world.deliveries[sent..], seed);
                    sent = world.deliveries.len();
                    news
                });
                taken += news.len();
                // News come before the answer that knows of them, or after it.
                let (before, after) = news.split_at(news.len() / 2);
                told.deliver(&server, before).await.unwrap();
                if *asks {
                    told.collect(&server).await.unwrap();
                }
                told.deliver(&server, after).await.unwrap();
            }
            assert_eq!(told.refused(), Vec::<String>::new());
            told.collect(&server).await.unwrap();
            told.reconcile(&server).await.unwrap();
            let whole = Folder::new();
            whole.collect(&server).await.unwrap();
            told.assert_equals(&whole, &format!("{taken} deliveries"));
            assert_eq!(server.violations(), Vec::<String>::new());
        });
    }
}

#[tokio::test]
async fn news_come_in_before_anybody_asks() {
    let server = Server::start(World::new(7), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let before = server.world(|world| world.deliveries.len());
    let (expected, news) = server.world(|world| {
        world.clock.advance(60);
        let repository = world.repositories[0].id;
        world.open_pull(repository);
        let pulls: usize = world.repositories.iter().map(|it| it.pulls().count()).sum();
        (pulls, world.deliveries[before..].to_vec())
    });
    assert!(!news.is_empty());
    let requests = server.requests().len();
    folder.deliver(&server, &news).await.unwrap();
    assert_eq!(folder.rows("SELECT count(*) FROM pull_requests"), [[expected.to_string()]]);
    // A repository that has another name since is the same one, also for news from before.
    let news = server.world(|world| {
        let (id, before) = (world.repositories[0].id, world.deliveries.len());
        world.open_pull(id);
        world.rename_repository(id, "elsewhere");
        world.open_pull(id);
        world.deliveries[before..].to_vec()
    });
    folder.deliver(&server, &news).await.unwrap();
    assert_eq!(folder.rows("SELECT count(DISTINCT repository) FROM pull_requests"), [["3"]]);
    assert_eq!(server.requests().len(), requests, "nobody asked");
    folder.collect(&server).await.unwrap();
    let whole = Folder::new();
    whole.collect(&server).await.unwrap();
    folder.assert_equals(&whole, "renamed");
}

/// What the pipeline does not read of a repository is not taken when it is told either.
#[tokio::test]
async fn only_what_is_read_is_taken() {
    let server = Server::start(World::new(9), Faults::none()).await;
    let mut folder = Folder::new();
    folder.keys.repositories = vec!["acme/alpha".to_owned()];
    folder.keys.tickets = vec!["acme/beta".to_owned()];
    folder.keys.leave_out = vec![GithubList::Builds, GithubList::Releases];
    folder.collect(&server).await.unwrap();
    let counts = |table: &str| folder.rows(&format!("SELECT count(*) FROM {table}"))[0][0].parse::<u64>().unwrap();
    let tables = ["pull_requests", "tickets", "builds", "releases", "deployments"];
    let before = tables.map(counts);
    let news = server.world(|world| {
        let sent = world.deliveries.len();
        world.clock.advance(60);
        let ids: Vec<u64> = world.repositories.iter().map(|it| it.id).collect();
        for id in ids {
            world.open_pull(id);
            world.open_issue(id);
            world.start_run(id);
            world.release(id);
            world.deploy(id);
        }
        world.deliveries[sent..].to_vec()
    });
    folder.deliver(&server, &news).await.unwrap();
    let more: Vec<u64> = tables.map(counts).iter().zip(before).map(|(after, before)| after - before).collect();
    assert_eq!(more, [1, 1, 0, 0, 1]);
}
