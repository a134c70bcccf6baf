//! What a randomization test needs of the way an assignment was drawn. The one rule: a test redraws by the very mechanism
//! that drew.

use super::Lottery;
use crate::stats::StatsError;
use rand::rngs::ChaCha20Rng;

/// A way to draw assignments, all of them equally likely.
pub trait Mechanism {
    /// The lottery whose assignments these are, all or some of them: units, variants and strata.
    fn lottery(&self) -> &Lottery;

    /// One assignment.
    ///
    /// # Errors
    /// Where no assignment is found that the mechanism admits.
    fn redraw(&self, rng: &mut ChaCha20Rng) -> Result<Vec<usize>, StatsError>;

    /// Shows every possible assignment once, in a fixed order.
    ///
    /// # Errors
    /// [`StatsError::TooManyAssignments`] when the lottery has more than `limit`.
    fn visit(&self, limit: u128, each: &mut dyn FnMut(&[usize])) -> Result<(), StatsError>;

    /// Refuses assignments that the mechanism could not have drawn.
    ///
    /// # Errors
    /// [`StatsError::NotDrawable`] with the reason.
    fn check(&self, arms: &[usize]) -> Result<(), StatsError>;
}

impl Mechanism for Lottery {
    fn lottery(&self) -> &Lottery {
        self
    }

    fn redraw(&self, rng: &mut ChaCha20Rng) -> Result<Vec<usize>, StatsError> {
        Ok(self.draw(rng))
    }

    fn visit(&self, limit: u128, each: &mut dyn FnMut(&[usize])) -> Result<(), StatsError> {
        let mut assignments = self.assignments(limit)?;
        while let Some(arms) = assignments.advance() {
            each(arms);
        }
        Ok(())
    }

    fn check(&self, arms: &[usize]) -> Result<(), StatsError> {
        self.check_assignment(arms)
    }
}
