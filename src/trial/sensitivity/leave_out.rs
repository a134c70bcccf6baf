//! Every unit left out once. A unit whose stratum would have no comparison left without it goes with its partner.

use super::super::aside::Aside;
use super::super::compared::{Compared, Saying};
use super::super::words::listed;
use super::super::{Method, Question, Sample, Verdict, judge};
use super::MOST_LEFT_OUT;
use crate::stats::{Effect, Interval, Mechanism};

/// The answer without some units.
struct Left {
    names: String,
    effect: Effect,
    verdict: Verdict,
}

/// The lowest and the highest answer, and a warning where the verdict hangs on a unit. ANCOVA throughout, also where the primary answer
/// redraws the lottery: what is compared is the answer with and without.
pub(super) fn leave_out(sample: &Sample<'_>, question: &Question<'_>, compared: &Compared) -> Aside {
    let mut aside = Aside::default();
    let (scale, control) = (sample.outcome.scale, sample.outcome.mean(sample.arms, 0));
    let verdict_of = |effect: &Effect| {
        let relative = |value| scale.relative(value, control);
        let interval = relative(effect.interval.low).zip(relative(effect.interval.high));
        let interval = interval.map(|(low, high)| Interval { low, high });
        judge(question.role, sample.outcome.better, question.margin, interval)
    };
    let Ok(all) = compared.ancova(question.level) else { return aside };
    if compared.len() > MOST_LEFT_OUT {
        return aside;
    }
    let mut answers: Vec<Left> = Vec::new();
    for group in groups(compared) {
        let rest = Compared::of(sample, |place| !group.contains(&place));
        let Ok(effect) = rest.ancova(question.level) else { continue };
        answers.push(Left { names: names(sample, &group), verdict: verdict_of(&effect), effect });
    }
    let by_estimate = |left: &&Left, right: &&Left| left.effect.estimate.total_cmp(&right.effect.estimate);
    let extremes = [("lowest", answers.iter().min_by(by_estimate)), ("highest", answers.iter().max_by(by_estimate))];
    for (which, left) in extremes {
        let Some(left) = left else { continue };
        let label = format!("without {}, the {which} of {}", left.names, answers.len());
        let saying = Saying { label: &label, method: Method::AncovaHc3.words(), scale, control };
        aside.push(saying.effect(&left.effect));
    }
    let verdict = verdict_of(&all);
    let others: Vec<&Left> = answers.iter().filter(|it| it.verdict != verdict).collect();
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|it| it.names.as_str()).collect();
        aside.warn(format!(
            "With one unit left out the verdict by ANCOVA is another in {} of {} cases ({}); with all units it is “{}”.",
            others.len(),
            answers.len(),
            listed(&names),
            verdict.words().to_lowercase()
        ));
    }
    aside
}

/// Places that are left out together: each unit, or both of a stratum of two.
fn groups(compared: &Compared) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, place) in compared.places.iter().enumerate() {
        let stratum = &compared.strata[index];
        let members: Vec<usize> = compared
            .places
            .iter()
            .zip(&compared.strata)
            .filter(|(_, it)| *it == stratum)
            .map(|(place, _)| *place)
            .collect();
        if members.len() != 2 {
            groups.push(vec![*place]);
        } else if members[0] == *place {
            groups.push(members);
        }
    }
    groups
}

fn names(sample: &Sample<'_>, group: &[usize]) -> String {
    let units = sample.randomization.lottery().units();
    group.iter().map(|place| units[*place].id.as_str()).collect::<Vec<_>>().join(" and ")
}
