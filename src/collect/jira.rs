//! `type = "jira"`: tickets of Jira, Jira Service Management included, on Atlassian's cloud or a server of one's own.
//!
//! One rule: an issue is known by its number, which it keeps when it moves to another project; its key, such as `OPS-12`, is
//! what it is called at present.

pub mod map;
pub mod payload;
