//! That the simulated GitHub does what it says.

mod client;
mod doors;
mod graphql;
mod limits;
mod published;
mod worlds;
