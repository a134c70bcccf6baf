//! Teams of an organisation: who joins, leaves and comes back, without a moment of the past being written anew.

use super::folder::Folder;
use crate::github_world::faults::Faults;
use crate::github_world::published::schema_errors;
use crate::github_world::server::Server;
use crate::github_world::world::World;
use crate::github_world::world::clock::text;
use crate::github_world::world::generate::Size;

/// Advances the clock, and says when it is as a table shows it.
fn later(server: &Server) -> String {
    server.world(|world| {
        world.clock.advance(3_600);
        text(world.clock.now())
    })
}

#[tokio::test]
async fn memberships_begin_and_end_with_the_lists_that_tell_of_them() {
    // More members than a page has.
    let size = Size { users: 450, repositories: 1, pulls: 1, ..Size::default() };
    let server = Server::start(World::sized(7, size), Faults::none()).await;
    let folder = Folder::with_teams(&["acme"]);
    let (users, teams) = server.world(|world| {
        let teams: Vec<u64> = world.teams.iter().map(|it| it.id).collect();
        (world.users.iter().map(|it| it.id).collect::<Vec<_>>(), teams)
    });
    let [_, storage, mobile] = teams[..] else { panic!("three teams") };
    let row = |team: &str, from: &str, to: &str, weight: &str| -> Vec<String> {
        [team, from, to, weight].map(str::to_owned).to_vec()
    };
    let first = later(&server);
    folder.collect(&server).await.unwrap();
    let (one, half) = ("1.0", "0.5");
    // The first is in all three, of which one is above the others; the fourth is in none.
    assert_eq!(folder.history(users[0]), [row("mobile", &first, "", half), row("storage", &first, "", half)]);
    assert_eq!(folder.history(users[4]), [row("platform", &first, "", one)]);
    assert_eq!(folder.history(users[3]), [[""; 4]; 0]);
    let expected: usize = server.world(|world| world.teams.iter().map(|it| it.members.len()).sum());
    assert_eq!(folder.members().len(), expected - 1);
    assert_eq!(
        folder.rows("SELECT team, title, parent FROM teams ORDER BY team"),
        [
            ["acme/mobile", "Mobile", "acme/platform"],
            ["acme/platform", "Platform", ""],
            ["acme/storage", "Storage", "acme/platform"]
        ]
    );

    later(&server);
    assert_eq!(folder.collect(&server).await.unwrap().rows, [], "nothing changed");

    server.world(|world| {
        world.set_member(mobile, users[3], true);
        world.set_member(storage, users[1], false);
        world.set_member(storage, users[2], true);
        world.rename_user(users[5], "somebody-else");
    });
    let second = later(&server);
    folder.collect(&server).await.unwrap();
    assert_eq!(folder.history(users[3]), [row("mobile", &second, "", one)], "joined");
    assert_eq!(folder.history(users[1]), [row("storage", &first, &second, one)], "left");
    let halves =
        [row("mobile", &first, &second, one), row("mobile", &second, "", half), row("storage", &second, "", half)];
    assert_eq!(folder.history(users[2]), halves, "a second team");
    assert_eq!(folder.history(users[5]), [row("storage", &first, "", one)], "another login");

    server.world(|world| {
        world.set_member(storage, users[1], true);
        world.delete_team(mobile);
    });
    let third = later(&server);
    folder.collect(&server).await.unwrap();
    let back = [row("storage", &first, &second, one), row("storage", &third, "", one)];
    assert_eq!(folder.history(users[1]), back, "came back");
    assert_eq!(folder.history(users[3]), [row("mobile", &second, &third, one)], "the team is gone");
    assert_eq!(folder.history(users[0])[1..], [row("storage", &first, &third, half), row("storage", &third, "", one)]);
    assert_eq!(folder.rows("SELECT team FROM teams ORDER BY team"), [["acme/platform"], ["acme/storage"]]);

    // Within the second of the last list.
    server.world(|world| world.set_member(storage, users[1], false));
    folder.collect(&server).await.unwrap();
    server.world(|world| world.set_member(storage, users[1], true));
    folder.collect(&server).await.unwrap();
    assert_eq!(folder.history(users[1]), back);
    assert_eq!(server.violations(), Vec::<String>::new());
    if let Some(wrong) = schema_errors(&server.queries()) {
        assert_eq!(wrong, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_organisation_that_cannot_be_seen_is_one_line_and_the_rest_goes_on() {
    let server = Server::start(World::new(8), Faults::none()).await;
    let folder = Folder::with_teams(&["nowhere", "acme"]);
    let error = folder.collect(&server).await.unwrap_err().to_string();
    assert!(error.starts_with("teams = [\"nowhere\"] answers 404") && !error.contains('\n'), "{error}");
    assert!(!folder.members().is_empty());
    assert_ne!(folder.rows("SELECT count(*) FROM pull_requests"), [["0"]]);
}

#[tokio::test]
async fn a_file_says_the_teams_of_accounts_on_whatever_page() {
    let server = Server::start(World::new(9), Faults::none()).await;
    let folder = Folder::new();
    folder.collect(&server).await.unwrap();
    let (login, email, numbers) = server.world(|world| {
        let humans: Vec<_> = world.users.iter().filter(|it| !it.is_bot).collect();
        (humans[1].login.to_uppercase(), humans[2].email.clone(), [humans[1].id, humans[2].id])
    });
    let file = format!("[[team]]\nname = \"core\"\nmembers = [{{ login = \"{login}\" }}, {{ email = \"{email}\" }}]\n");
    folder.collect_teams(&file).await.unwrap();
    let authored = || {
        server.world(|world| {
            let pulls = world.repositories.iter().flat_map(|it| it.pulls());
            pulls.filter(|(item, _)| numbers.contains(&item.author)).count().to_string()
        })
    };
    let sql = "SELECT count(*) FROM pull_requests WHERE team = 'core'";
    assert_ne!(authored(), "0");
    assert_eq!(folder.rows(sql), [[authored()]]);
    assert_eq!(folder.rows_of("github", sql), [[authored()]], "on a page about one source");
    // The file keeps its words, and whom they mean.
    server.world(|world| world.rename_user(numbers[0], "another-login"));
    server.world(|world| {
        for _ in 0..20 {
            world.change_pulls();
        }
    });
    folder.collect(&server).await.unwrap();
    assert_eq!(folder.rows(sql), [[authored()]]);
}
