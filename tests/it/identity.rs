//! Who is who: what is decided by hand, what is asked, and how a person is forgotten.

mod decisions;
mod erasure;
mod mailmap;
mod page;
mod search;
mod speed;
