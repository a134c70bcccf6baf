//! How often the decision rule ships what it should not: three goals and two guardrails that go together.

use super::simulated::{Drawn, WEEKS_BEFORE, WEEKS_DURING, figures, with_effect};
use super::{CalibrationOptions, cell, mean, part};
use crate::stats::{DecisionLevels, DecisionMetrics, Level, LevelRule, decision_levels};
use crate::trial::parallel::in_parallel;
use crate::trial::world::World;
use crate::trial::{
    Better, Design, Finding, Judged, Outcome, Result, Role, Word, decide, judge, primary, seed,
};
use serde::{Deserialize, Serialize};

const GOALS: usize = 3;
const GUARDRAILS: usize = 2;
/// What a guardrail tolerates.
const MARGIN: f64 = 0.1;
/// A margin that no guardrail can miss.
const NO_MARGIN: f64 = 1e9;
/// The part of the variance of a unit's figure that all outcomes have in common.
const SHARED: f64 = 0.5;
/// An effect that no goal can miss, in logs.
const CERTAIN: f64 = -5.0;
const ALPHA: f64 = 0.05;
const POWER: f64 = 0.8;

/// Error rates of decisions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct FamilyResult {
    pub world: World,
    pub experiments: usize,
    /// How often it ships where no goal has an effect and no guardrail can stop it.
    pub ships_without_effect: f64,
    /// The same, had each goal the whole error rate.
    pub ships_without_effect_undivided: f64,
    /// How often it ships where one guardrail is worse by its margin and nothing else can stop it.
    pub ships_harm: f64,
}

/// The findings of one experiment without effects, goals first.
struct One {
    goals: Vec<Finding>,
    /// The guardrail that is worse by exactly its margin.
    guardrail: Finding,
}

pub(super) fn family(world: World, options: &CalibrationOptions) -> Result<FamilyResult> {
    let metrics = DecisionMetrics { success: GOALS, guardrails: GUARDRAILS, treatments: 1 };
    let levels = decision_levels(metrics, LevelRule::RiskAware, ALPHA, POWER, 0.0)?;
    let name = cell::words(world, Design::Stratified);
    let one = |index: usize| one(world, options.draws, levels, &format!("{} {name} family {index}", options.seed));
    // Each of them has four outcomes.
    let experiments = options.experiments / 2;
    let all = in_parallel(experiments, one).into_iter().collect::<Result<Vec<One>>>()?;
    Ok(FamilyResult {
        world,
        experiments,
        ships_without_effect: part(all.iter().map(One::ships_without_effect)),
        ships_without_effect_undivided: part(all.iter().map(One::ships_undivided)),
        ships_harm: part(all.iter().map(One::ships_harm)),
    })
}

fn one(world: World, draws: u32, levels: DecisionLevels, text: &str) -> Result<One> {
    let shared = Measured::of(world, &seed(text, "shared"));
    let own: Vec<Measured> =
        (0..=GOALS).map(|outcome| Measured::of(world, &seed(text, &format!("outcome {outcome}")))).collect();
    let mixed: Vec<Measured> = own.iter().map(|own| shared.mixed_with(own)).collect();
    let drawn = Drawn::of(Design::Stratified, &mixed[0].before, &shared.sizes, text)?;
    let find = |outcome: &Outcome, tail: f64| primary(drawn.sample(outcome, draws), Level::new(1.0 - 2.0 * tail)?);
    let goal_tail = levels.success_alpha.unwrap_or(ALPHA);
    let mut goals = Vec::with_capacity(GOALS);
    for measured in &mixed[..GOALS] {
        goals.push(find(&measured.outcome(&drawn), goal_tail)?);
    }
    let harmed = with_effect(&mixed[GOALS].outcome(&drawn), &drawn.arms, |_| (1.0 + MARGIN).ln());
    Ok(One { goals, guardrail: find(&harmed, levels.guardrail_alpha)? })
}

impl One {
    fn ships_without_effect(&self) -> bool {
        let goals = self.goals.iter().map(|it| judged(Role::Goal, 0.0, it));
        ships(&goals.chain([harmless()]).collect::<Vec<_>>())
    }

    fn ships_undivided(&self) -> bool {
        self.goals.iter().any(|it| it.estimate < 0.0 && it.p <= 2.0 * ALPHA + 1e-12)
    }

    fn ships_harm(&self) -> bool {
        let mut better = self.goals[0].clone();
        better.interval = better.interval.and_then(|it| it.map(|bound| bound + CERTAIN).ok());
        ships(&[judged(Role::Goal, 0.0, &better), judged(Role::Guardrail, MARGIN, &self.guardrail), harmless()])
    }
}

fn ships(judged: &[Judged]) -> bool {
    decide(&[], None, judged).word == Word::Ship
}

fn judged(role: Role, margin: f64, finding: &Finding) -> Judged {
    let interval = finding.interval.and_then(|it| it.map(f64::exp_m1).ok());
    let verdict = judge(role, Better::Lower, margin, interval);
    Judged {
        title: "hours".to_owned(),
        role,
        better: Better::Lower,
        verdict,
        estimate: Some(finding.estimate.exp_m1()),
        interval,
        margin,
    }
}

/// A guardrail that holds.
fn harmless() -> Judged {
    let interval = crate::stats::Interval { low: -0.5, high: 0.5 };
    let verdict = judge(Role::Guardrail, Better::Lower, NO_MARGIN, Some(interval));
    Judged {
        title: "hours".to_owned(),
        role: Role::Guardrail,
        better: Better::Lower,
        verdict,
        estimate: Some(0.0),
        interval: Some(interval),
        margin: NO_MARGIN,
    }
}

/// The figures of teams, before and during.
struct Measured {
    sizes: Vec<f64>,
    before: Vec<Option<f64>>,
    during: Vec<Option<f64>>,
}

impl Measured {
    fn of(world: World, seed: &[u8; 32]) -> Measured {
        let mut organisation = world.organisation(*seed);
        let sizes = organisation.sizes();
        let before = figures(&organisation.window(WEEKS_BEFORE));
        let during = figures(&organisation.window(WEEKS_DURING));
        Measured { sizes, before: centred(before), during: centred(during) }
    }

    fn mixed_with(&self, own: &Measured) -> Measured {
        let mix = |shared: &[Option<f64>], own: &[Option<f64>]| -> Vec<Option<f64>> {
            let both = shared.iter().zip(own);
            both.map(|(shared, own)| Some(SHARED.sqrt() * (*shared)? + (1.0 - SHARED).sqrt() * (*own)?)).collect()
        };
        Measured {
            sizes: self.sizes.clone(),
            before: mix(&self.before, &own.before),
            during: mix(&self.during, &own.during),
        }
    }

    fn outcome(&self, drawn: &Drawn) -> Outcome {
        let nothing = vec![Vec::new(); self.before.len()];
        let outcome = drawn.outcome(crate::trial::Scale::LogMean, &self.before, &nothing);
        Outcome { during: drawn.teams.iter().map(|team| self.during[*team]).collect(), ..outcome }
    }
}

fn centred(figures: Vec<Option<f64>>) -> Vec<Option<f64>> {
    let middle = mean(figures.iter().flatten().copied());
    figures.into_iter().map(|figure| figure.map(|it| it - middle)).collect()
}
