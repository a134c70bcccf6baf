//! Figures in sentences.

/// `12.5 %`, with a true minus sign.
pub(super) fn percent(part: f64) -> String {
    let tenths = (part * 1000.0).round() / 10.0;
    let sign = if tenths < 0.0 { "−" } else { "" };
    format!("{sign}{:.1} %", tenths.abs())
}

/// `0.25`, with a true minus sign.
pub(super) fn decimal(value: f64) -> String {
    let hundredths = (value * 100.0).round() / 100.0;
    let sign = if hundredths < 0.0 { "−" } else { "" };
    format!("{sign}{:.2}", hundredths.abs())
}

/// `p = 0.032`.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

/// The first three names, and how many more there are.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match (shown.as_slice(), names.len().saturating_sub(SHOWN)) {
        ([rest @ .., last], 0) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `1 unit`, `12 units`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(
            (percent(-0.2234), percent(-0.0001), percent(1.0)),
            ("−22.3 %".into(), "0.0 %".into(), "100.0 %".into())
        );
        assert_eq!((decimal(-0.256), decimal(-0.001)), ("−0.26".to_owned(), "0.00".to_owned()));
        assert_eq!((p_value(0.0004), p_value(0.0321)), ("p < 0.001".to_owned(), "p = 0.032".to_owned()));
    }

    #[test]
    fn lists_name_three_and_count_the_rest() {
        assert_eq!(listed::<&str>(&[]), "");
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(listed(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!((counted(1, "unit", "units"), counted(2, "unit", "units")), ("1 unit".into(), "2 units".into()));
    }
}
