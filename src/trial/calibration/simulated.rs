//! One simulated experiment: an organisation, its history, a lottery, and what was measured.

use crate::stats::{Mechanism, Variant};
use crate::trial::world::World;
use crate::trial::{Better, Candidate, Design, Outcome, Randomization, Result, Sample, Scale, form_units, seed};

/// Weeks of history, and of the experiment.
pub(super) const WEEKS_BEFORE: usize = 8;
pub(super) const WEEKS_DURING: usize = 8;

/// What was drawn and measured, in the lottery's order.
pub(super) struct Simulated {
    pub(super) drawn: Drawn,
    pub(super) outcome: Outcome,
}

/// A lottery and what came of it.
pub(super) struct Drawn {
    pub(super) randomization: Randomization,
    pub(super) arms: Vec<usize>,
    /// The team at each place of the lottery.
    pub(super) teams: Vec<usize>,
    seed: [u8; 32],
}

/// The experiment that `text` decides, without effect.
pub(super) fn simulate(world: World, design: Design, text: &str) -> Result<Simulated> {
    let mut organisation = world.organisation(seed(text, "organisation"));
    let before = figures(&organisation.window(WEEKS_BEFORE));
    let during = organisation.window(WEEKS_DURING);
    let drawn = Drawn::of(design, &before, &organisation.sizes(), text)?;
    let outcome = drawn.outcome(world.tails.scale(), &before, &during);
    Ok(Simulated { drawn, outcome })
}

/// The mean of the rows of each team.
pub(super) fn figures(rows: &[Vec<f64>]) -> Vec<Option<f64>> {
    rows.iter().map(|rows| (!rows.is_empty()).then(|| rows.iter().sum::<f64>() / rows.len() as f64)).collect()
}

impl Drawn {
    /// Draws the lottery of a design on history and size.
    pub(super) fn of(design: Design, before: &[Option<f64>], sizes: &[f64], text: &str) -> Result<Drawn> {
        let known: Vec<f64> = before.iter().flatten().copied().collect();
        let middle = super::mean(known.into_iter());
        let history = |team: usize| vec![before[team].unwrap_or(middle), sizes[team]];
        let candidate =
            |team| Candidate { id: format!("team-{team:03}"), block: String::new(), history: history(team) };
        let candidates: Vec<Candidate> = (0..sizes.len()).map(candidate).collect();
        let units = form_units(design, &["history", "size"].map(str::to_owned), &candidates)?;
        let place_of = |id: &str| candidates.iter().position(|it| it.id == id).unwrap_or(0);
        let teams: Vec<usize> = units.iter().map(|unit| place_of(&unit.id)).collect();
        let columns: Vec<Vec<f64>> =
            (0..2).map(|column| teams.iter().map(|team| candidates[*team].history[column]).collect()).collect();
        let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 });
        let randomization = Randomization::new(design, units, variants.to_vec(), &columns)?;
        let arms = randomization.assign(seed(text, "lottery"))?;
        Ok(Drawn { randomization, arms, teams, seed: seed(text, "draws") })
    }

    pub(super) fn outcome(&self, scale: Scale, before: &[Option<f64>], during: &[Vec<f64>]) -> Outcome {
        let of_teams = figures(during);
        Outcome {
            name: "hours".to_owned(),
            scale,
            better: Better::Lower,
            during: self.teams.iter().map(|team| of_teams[*team]).collect(),
            before: self.teams.iter().map(|team| before[*team]).collect(),
            further: Vec::new(),
            rows: self.teams.iter().map(|team| during[*team].len() as u64).collect(),
            values: self.teams.iter().map(|team| during[*team].clone()).collect(),
            periods: Vec::new(),
        }
    }

    pub(super) fn sample<'a>(&'a self, outcome: &'a Outcome, draws: u32) -> Sample<'a> {
        Sample { randomization: &self.randomization, arms: &self.arms, outcome, seed: self.seed, draws }
    }

    /// The largest level at or below `alpha` at which an exact test under this lottery can reject: assignments come with their mirrors.
    pub(super) fn attainable(&self, alpha: f64) -> f64 {
        // Above this the level is within a hundredth of a point of the nominal one.
        const MANY: u128 = 20_000;
        if self.randomization.lottery().assignments_count() > MANY {
            return alpha;
        }
        let assignments = self.randomization.assignments() as f64;
        (alpha * assignments / 2.0 + 1e-9).floor() * 2.0 / assignments
    }
}

/// The same experiment with an effect on the figure of each treated unit, as its place decides.
pub(super) fn with_effect(outcome: &Outcome, arms: &[usize], effect: impl Fn(usize) -> f64) -> Outcome {
    let add = |(place, figure): (usize, &Option<f64>)| {
        figure.map(|it| if arms[place] == 1 { it + effect(place) } else { it })
    };
    Outcome { during: outcome.during.iter().enumerate().map(add).collect(), ..outcome.clone() }
}
