//! Averages of ATT(g, t). The one rule: group shares are estimated, so their uncertainty is part of the error.

use super::{GroupTimeEffects, standard_error};
use crate::stats::{Asymptotic, StatsError};

/// A weighted average of effects over treated periods, in the unit of the outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Average {
    pub overall: Asymptotic,
    /// The parts it is averaged from, each with what it belongs to; empty for [`Aggregation::Simple`].
    pub parts: Vec<(i64, Asymptotic)>,
}

/// What the effects are averaged by (Callaway & Sant'Anna 2021, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    /// All treated group-periods at once, weighted by the size of the group (eq. 3.11).
    Simple,
    /// By group, then over groups by their size (eq. 3.7 and 3.8): the parts belong to first treated periods.
    Group,
    /// By periods since treatment started (eq. 3.4 and 3.5): the parts belong to event times, below zero for the placebos
    /// before treatment; the overall figure is the plain mean from zero on.
    EventTime,
    /// By period (eq. 3.9 and 3.10): the parts belong to periods; the overall figure is their plain mean.
    Calendar,
}

/// An average with the influence of each unit.
struct Part {
    value: f64,
    influence: Vec<f64>,
}

impl GroupTimeEffects {
    /// An average of the effects with its standard error.
    ///
    /// # Errors
    /// [`StatsError::NoUnits`] when no treated period could be compared, [`StatsError::NoVariation`].
    pub fn average(&self, by: Aggregation) -> Result<Average, StatsError> {
        let is_post = |index: &usize| self.effects[*index].is_post();
        let key = |index: &usize| {
            let effect = &self.effects[*index];
            match by {
                Aggregation::Simple => 0,
                Aggregation::Group => to_i64(effect.group),
                Aggregation::EventTime => to_i64(effect.period) - to_i64(effect.group),
                Aggregation::Calendar => to_i64(effect.period),
            }
        };
        let counted: Vec<usize> =
            (0..self.effects.len()).filter(|index| by == Aggregation::EventTime || is_post(index)).collect();
        let mut keys: Vec<i64> = counted.iter().map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut parts = Vec::new();
        for wanted in keys {
            let members: Vec<usize> = counted.iter().copied().filter(|index| key(index) == wanted).collect();
            // Within a group all periods have its share as weight, which cancels.
            let part = if by == Aggregation::Group { self.plain_mean(&members) } else { self.share_mean(&members) };
            parts.push((wanted, part));
        }
        let post: Vec<&(i64, Part)> =
            parts.iter().filter(|(key, _)| by != Aggregation::EventTime || *key >= 0).collect();
        if post.is_empty() {
            return Err(StatsError::NoUnits { what: "treated in a period that could be compared" });
        }
        let overall = match by {
            Aggregation::Group => self.mean_by_group_share(&post),
            _ => mean_of(post.iter().map(|(_, part)| part)),
        };
        let overall = self.inference(&overall)?;
        let parts = if by == Aggregation::Simple { Vec::new() } else { parts };
        let parts = parts.iter().map(|(key, part)| Ok((*key, self.inference(part)?)));
        Ok(Average { overall, parts: parts.collect::<Result<_, StatsError>>()? })
    }

    fn inference(&self, part: &Part) -> Result<Asymptotic, StatsError> {
        Asymptotic::new(part.value, standard_error(&part.influence), self.groups.len(), self.level)
    }

    fn part(&self, index: usize) -> Part {
        Part { value: self.effects[index].effect.estimate, influence: self.influence[index].clone() }
    }

    fn plain_mean(&self, members: &[usize]) -> Part {
        let parts: Vec<Part> = members.iter().map(|index| self.part(*index)).collect();
        mean_of(parts.iter())
    }

    /// The mean by the shares of the groups of the effects.
    fn share_mean(&self, members: &[usize]) -> Part {
        let parts: Vec<Part> = members.iter().map(|index| self.part(*index)).collect();
        let groups: Vec<usize> = members.iter().map(|index| self.effects[*index].group).collect();
        self.by_share(&parts.iter().collect::<Vec<_>>(), &groups)
    }

    fn mean_by_group_share(&self, parts: &[&(i64, Part)]) -> Part {
        let groups: Vec<usize> = parts.iter().map(|(group, _)| usize::try_from(*group).unwrap_or_default()).collect();
        self.by_share(&parts.iter().map(|(_, part)| part).collect::<Vec<_>>(), &groups)
    }

    /// Σ pₖ ATTₖ / Σ pₖ with the share pₖ of group k. Its influence is that of the effects plus that of the shares: for a
    /// unit with indicator dₖ of group k, Σ ((dₖ − pₖ) / Σp − pₖ Σ(d − p) / (Σp)²) ATTₖ.
    fn by_share(&self, parts: &[&Part], groups: &[usize]) -> Part {
        let shares: Vec<f64> = groups.iter().map(|group| self.share(*group)).collect();
        let sum: f64 = shares.iter().sum();
        let value = parts.iter().zip(&shares).map(|(part, share)| share / sum * part.value).sum::<f64>();
        let influence = (0..self.groups.len()).map(|unit| {
            let mut own = 0.0;
            let mut of_shares = 0.0;
            for ((part, share), group) in parts.iter().zip(&shares).zip(groups) {
                own += share / sum * part.influence[unit];
                let is_member = f64::from(u8::from(self.groups[unit] == Some(*group)));
                of_shares += (is_member - share) / sum * (part.value - value);
            }
            own + of_shares
        });
        Part { value, influence: influence.collect() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of parts is far below 2^53")]
fn mean_of<'a>(parts: impl ExactSizeIterator<Item = &'a Part> + Clone) -> Part {
    let count = parts.len() as f64;
    let value = parts.clone().map(|part| part.value).sum::<f64>() / count;
    let mut influence = Vec::new();
    for part in parts {
        influence.resize(part.influence.len(), 0.0);
        influence.iter_mut().zip(&part.influence).for_each(|(sum, own)| *sum += own / count);
    }
    Part { value, influence }
}

#[expect(clippy::cast_possible_wrap, reason = "a number of periods is far below 2^63")]
fn to_i64(period: usize) -> i64 {
    period as i64
}
