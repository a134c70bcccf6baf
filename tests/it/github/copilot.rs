//! The use of Copilot: from either interface, once a day, without the token on another host.

use super::folder::Folder;
use crate::github_world::faults::{Fault, Faults, Rule};
use crate::github_world::server::Server;
use crate::github_world::world::World;

#[tokio::test]
async fn days_and_seats_arrive_once_a_day_and_the_token_stays_at_home() {
    let server = Server::start(World::new(10), Faults::none()).await;
    let folder = Folder::with_copilot();
    folder.collect(&server).await.unwrap();
    let (active, accepted, seats) = server.world(|world| {
        let days = || world.copilot.iter().rev().take(28);
        let sum = |of: &dyn Fn(&crate::github_world::world::CopilotDay) -> u64| days().map(of).sum::<u64>();
        (sum(&|it| it.active_users), sum(&|it| it.acceptances), world.users.len())
    });
    let sum = |measure: &str, breakdown: &str| {
        folder.rows(&format!(
            "SELECT count(DISTINCT day), sum(value) FROM tool_usage WHERE tool = 'copilot' AND scope = 'acme'
             AND measure = '{measure}' AND breakdown = '{breakdown}'"
        ))
    };
    assert_eq!(sum("daily_active_users", ""), [["28".to_owned(), format!("{active}.0")]]);
    let of_editor = sum("code_acceptance_activity_count", "section=totals_by_ide ide=vscode");
    assert_eq!(of_editor, [["28".to_owned(), format!("{accepted}.0")]]);
    assert_eq!(sum("total_seats", ""), [["1".to_owned(), format!("{seats}.0")]]);
    assert_eq!(server.violations(), Vec::<String>::new());

    let asked = server.requests().len();
    assert_eq!(folder.collect(&server).await.unwrap().rows, []);
    assert!(server.requests()[asked..].iter().all(|request| !request.path.contains("copilot")), "within a day");
}

#[tokio::test]
async fn a_github_without_reports_answers_by_the_older_interface() {
    let faults = Faults::none().and(Rule::on("/reports/", Fault::Status(404)).times(100));
    let server = Server::start(World::new(10), faults).await;
    let folder = Folder::with_copilot();
    folder.collect(&server).await.unwrap();
    let active: u64 = server.world(|world| world.copilot.iter().map(|it| it.active_users).sum());
    let sql = "SELECT sum(value) FROM tool_usage WHERE measure = 'total_active_users' AND breakdown = ''";
    assert_eq!(folder.rows(sql), [[format!("{active}.0")]]);
}

#[tokio::test]
async fn a_missing_permission_is_one_line_and_the_rest_goes_on() {
    for (rule, words) in [
        (
            Rule::on("/copilot/", Fault::Status(403)).times(100),
            "/copilot/metrics/reports/organization-28-day/latest answers 403",
        ),
        (Rule::on("/copilot/", Fault::Status(404)).times(100), "there is no Copilot, or the token may not see it"),
    ] {
        let server = Server::start(World::new(10), Faults::none().and(rule)).await;
        let folder = Folder::with_copilot();
        let error = folder.collect(&server).await.unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
        assert_ne!(folder.rows("SELECT count(*) FROM pull_requests"), [["0"]]);
    }
}
