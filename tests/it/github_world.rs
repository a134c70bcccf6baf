//! A GitHub for tests: a world of plain data that can change, behind GitHub's own doors.
//!
//! ```ignore
//! let server = Server::start(World::new(7), Faults::none()).await;
//! // … collect from server.url() with TOKEN …
//! server.world(|world| world.change());
//! assert!(server.violations().is_empty());
//! ```
//!
//! Everything follows from the seed. Shapes and names are GitHub's; where GitHub's documentation leaves something open,
//! the comment at that place says what was chosen. A field, argument or path that GitHub has and the simulator does not
//! is an error, never an empty answer.

pub mod client;
pub mod faults;
mod graphql;
pub mod published;
mod rest;
pub mod saved;
pub mod server;
mod tests;
pub mod webhooks;
pub mod world;
