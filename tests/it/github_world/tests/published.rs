//! The part of GitHub's schema that is answered here is GitHub's, and queries that were received can be held against it.

use super::client::ask;
use crate::github_world::faults::Faults;
use crate::github_world::published::schema_errors;
use crate::github_world::server::Server;
use crate::github_world::world::World;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn received_queries_are_held_against_githubs_schema() {
    let server = Server::start(World::new(41), Faults::none()).await;
    for query in ["{ viewer { login xyzzy } }", "{ viewer { login databaseId } }", "{ viewer { login databaseId } }"] {
        ask(&server, query, json!({}));
    }
    assert_eq!(server.queries().len(), 2);
    let Some(errors) = schema_errors(&server.queries()) else { return };
    assert_eq!(errors, ["query: Cannot query field \"xyzzy\" on type \"User\"."]);
}
