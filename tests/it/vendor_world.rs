//! Simulated APIs of vendors: what they have in common, and a small world behind each.
//!
//! ```ignore
//! let server = Server::start(pagerduty::World::new(7, 40)).await;
//! // … collect from server.url() …
//! server.world(|world| world.change());
//! assert!(server.violations().is_empty());
//! ```
//!
//! Shapes and names are the vendors'. A path or parameter that is not simulated is an error, never an empty answer.

pub mod folder;
pub mod pagerduty;
pub mod server;
pub mod zendesk;
