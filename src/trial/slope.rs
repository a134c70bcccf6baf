//! Figures with their history taken off, for methods that take no covariates.

/// Figures less slope × (history − its mean), with the slope of least squares within groups (one label a unit). One group for all is the
/// adjustment that a test may redraw under (Rosenbaum 2002), arms as groups keep the slope free of the treatment.
pub(super) fn without_history(figures: &[f64], history: &[f64], groups: &[bool]) -> Vec<f64> {
    let (x, y) = (centred(history, groups), centred(figures, groups));
    let square: f64 = x.iter().map(|it| it * it).sum();
    let product: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
    let slope = if square > 0.0 { product / square } else { 0.0 };
    let mean = history.iter().sum::<f64>() / history.len() as f64;
    figures.iter().zip(history).map(|(figure, history)| figure - slope * (history - mean)).collect()
}

/// Less the mean of the group.
fn centred(column: &[f64], groups: &[bool]) -> Vec<f64> {
    let mean = |group: bool| {
        let members: Vec<f64> =
            column.iter().zip(groups).filter(|(_, it)| **it == group).map(|(value, _)| *value).collect();
        members.iter().sum::<f64>() / members.len().max(1) as f64
    };
    let means = [mean(false), mean(true)];
    column.iter().zip(groups).map(|(value, group)| value - means[usize::from(*group)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand_with_slopes_within_groups_and_over_all() {
        let history = [0.0, 2.0, 4.0, 6.0];
        // Within each group 3 for 1; a step of 10 between them.
        let figures = [0.0, 6.0, 22.0, 28.0];
        let arms = [false, false, true, true];
        assert_eq!(without_history(&figures, &history, &arms), [9.0, 9.0, 19.0, 19.0]);
        // Over all the step goes into the slope: Σxy / Σx² = 100 / 20.
        assert_eq!(without_history(&figures, &history, &[false; 4]), [15.0, 11.0, 17.0, 13.0]);
        assert_eq!(without_history(&figures, &[1.0; 4], &arms), figures);
    }
}
