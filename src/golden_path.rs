//! Golden paths: checks are evaluated and their results kept, so that adoption is a history and not a state.
//!
//! One rule: a result is written only when it differs from the one before, and never changed afterwards.

mod evaluation;
mod standing;

use crate::query::QueryError;
use crate::store::StoreError;

pub use evaluation::{Evaluation, Failed, evaluate, is_due};
pub use standing::{CampaignStanding, Finding, LevelShare, Standing, Subject, standing};

/// The pipelines' name for whoever writes results.
const APPLICATION: &str = "checks";

/// What can go wrong with golden paths.
#[derive(Debug, thiserror::Error)]
pub enum GoldenPathError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the organisation is simulated and so are its results; checks are run on real sources")]
    Simulated,
}

/// The result of a step.
pub type Result<T, E = GoldenPathError> = std::result::Result<T, E>;
