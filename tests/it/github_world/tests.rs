//! That the simulated GitHub does what it says.

use super::client;

mod doors;
mod graphql;
mod limits;
mod published;
mod worlds;
