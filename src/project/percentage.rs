//! Shares as people write them, such as `10%`.

/// `10%` as 0.1; `None` for what is no percentage above zero.
pub(super) fn percentage(text: &str) -> Option<f64> {
    let value: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    (value > 0.0 && value.is_finite()).then_some(value / 100.0)
}

/// `10%` as 0.1; `None` for what is no percentage between 0 and 100, both left out.
pub(super) fn part(text: &str) -> Option<f64> {
    percentage(text).filter(|part| *part < 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_a_positive_number_with_its_sign() {
        assert_eq!(percentage(" 12.5 % "), Some(0.125));
        assert_eq!(percentage("250%"), Some(2.5));
        for text in ["10", "0%", "-5%", "nan%", "inf%", "%", "ten%", ""] {
            assert_eq!(percentage(text), None, "{text}");
        }
    }

    #[test]
    fn a_part_is_less_than_the_whole() {
        assert_eq!(part("99%"), Some(0.99));
        assert_eq!(part("100%"), None);
    }
}
