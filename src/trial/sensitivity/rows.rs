//! The effect when each row counts the same in place of each unit, by errors that know the units.

mod size;

use super::super::aside::Aside;
use super::super::compared::{Compared, Saying};
use super::super::{Method, Question, Relative, Sample, Scale};
use crate::stats::{
    ClusterCovariance, ClusterDegrees, ClusterRegression, ClusterRows, Level, RandomizationOptions, StatsError,
    WildResiduals, WildScheme, WildWeights,
};

/// The column of the treatment in a [`ClusterRegression`].
const TREATED: usize = 1;

/// Below so many clusters signs have few values (Webb 2014).
const FEW_CLUSTERS: usize = 12;

/// CR2 with Satterthwaite's degrees of freedom, the restricted wild bootstrap, and a warning where effects go with size.
pub(super) fn rows(sample: &Sample<'_>, question: &Question<'_>, compared: &Compared) -> Aside {
    let mut aside = Aside::default();
    let Some(rows) = Rows::of(sample, compared) else { return aside };
    let control = sample.outcome.mean(sample.arms, 0);
    let saying = |method: Method| Saying {
        label: "each row counts the same",
        method: method.words(),
        scale: sample.outcome.scale,
        control,
    };
    match rows.model() {
        Ok(model) => {
            let cr2 = model
                .robust(ClusterCovariance::Cr2)
                .and_then(|it| it.treatment(ClusterDegrees::Satterthwaite, question.level));
            aside.push(cr2.ok().and_then(|it| saying(Method::RowsCr2).effect(&it)));
            aside.push(wild(&model, sample, question.level, saying(Method::WildBootstrap)));
        }
        Err(error) => aside.warn(format!("There is no answer with rows that count the same: {error}.")),
    }
    aside.warnings.extend(size::informative_size(sample, compared, &rows.sizes));
    aside
}

fn wild(model: &ClusterRegression, sample: &Sample<'_>, level: Level, saying: Saying<'_>) -> Option<Relative> {
    let weights = if model.clusters() < FEW_CLUSTERS { WildWeights::Webb } else { WildWeights::Rademacher };
    let scheme = WildScheme { weights, residuals: WildResiduals::Restricted };
    let Sample { draws, seed, .. } = *sample;
    let options = RandomizationOptions { exact_limit: u128::from(draws), draws, seed, level };
    let test = model.wild_bootstrap(TREATED, scheme, options).ok()?;
    let relative = saying.estimate(test.estimate, test.interval, level, test.n)?;
    Some(Relative { p: Some(test.p), ..relative })
}

/// The values of the units that are compared, on the scale.
struct Rows {
    outcome: Vec<f64>,
    treated: Vec<bool>,
    clusters: Vec<usize>,
    covariates: Vec<Vec<f64>>,
    strata: Vec<usize>,
    /// Rows of each unit.
    sizes: Vec<f64>,
}

impl Rows {
    /// `None` where there are no single values, or none that have the scale.
    fn of(sample: &Sample<'_>, compared: &Compared) -> Option<Rows> {
        let (values, scale) = (&sample.outcome.values, sample.outcome.scale);
        let is_on_scale = |value: &f64| value.is_finite() && (scale == Scale::Linear || *value > 0.0);
        let fits = |place: &usize| values.get(*place).is_some_and(|it| !it.is_empty() && it.iter().all(is_on_scale));
        if scale == Scale::LogRate || !compared.places.iter().all(fits) {
            return None;
        }
        let sizes: Vec<usize> = compared.places.iter().map(|place| values[*place].len()).collect();
        let on_scale = |value: &f64| if scale.is_log() { value.ln() } else { *value };
        Some(Rows {
            outcome: compared.places.iter().flat_map(|place| values[*place].iter().map(on_scale)).collect(),
            treated: repeated(&compared.treated, &sizes),
            clusters: repeated(&(0..compared.len()).collect::<Vec<_>>(), &sizes),
            covariates: compared.covariates.iter().map(|column| repeated(column, &sizes)).collect(),
            strata: repeated(&compared.stratum_numbers(), &sizes),
            sizes: sizes.iter().map(|it| *it as f64).collect(),
        })
    }

    fn model(&self) -> Result<ClusterRegression, StatsError> {
        ClusterRegression::ancova(ClusterRows {
            outcome: &self.outcome,
            treated: &self.treated,
            clusters: &self.clusters,
            weights: &[],
            covariates: &self.covariates,
            strata: &self.strata,
        })
    }
}

/// Each entry as often as its unit has rows; of no entries none.
fn repeated<T: Copy>(column: &[T], sizes: &[usize]) -> Vec<T> {
    column.iter().zip(sizes).flat_map(|(value, size)| std::iter::repeat_n(*value, *size)).collect()
}
