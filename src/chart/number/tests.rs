//! Numbers as they must read.

use super::*;

fn plain(text: String) -> String {
    text.replace('\u{a0}', " ")
}

#[test]
fn values_carry_their_unit() {
    let check = |unit: &str, value: f64, expected: &str| {
        assert_eq!(plain(Unit::named(unit).value(value)), expected, "{unit} {value}");
    };
    check("hours", 23.4, "23.4 h");
    assert_eq!(plain(Unit::Hours.exact(24.0)), "24 h");
    assert_eq!(plain(Unit::Hours.exact(120.0)), "120 h");
    check("hours", 1234.5, "1,234 h");
    check("share", 0.078, "7.8 %");
    check("share", 0.0, "0 %");
    check("per day", 4.1, "4.1 / day");
    check("count", 12.0, "12");
    check("count", 1_234_567.0, "1.2 M");
    check("lines", 12_345.0, "12,345 lines");
    check("days", 0.034, "0.034 d");
    check("hours", f64::NAN, "–");
    check("", 1e-9, "1.0e−9");
    check("tickets", 3.0, "3 tickets");
    check("pull requests", 2.5, "2.5 pull requests");
}

#[test]
fn changes_carry_their_sign() {
    assert_eq!(plain(Unit::Share.difference(0.006)), "+0.6 pp");
    assert_eq!(plain(Unit::Share.difference(0.016)), "+1.6 pp");
    assert_eq!(plain(Unit::Count.difference(-4.0)), "−4");
    assert_eq!(plain(relative(-0.18)), "−18 %");
    assert_eq!(plain(relative(0.006)), "+0.6 %");
    assert_eq!(plain(relative(-0.0001)), "0.0 %");
    assert_eq!(plain(relative_aligned(-0.17)), "−17.0 %");
    assert_eq!(plain(relative_range(-0.261, -0.078)), "−26.1 to −7.8 %");
    assert_eq!(relative(f64::INFINITY), "–");
}

#[test]
fn ticks_of_one_axis_share_their_digits() {
    assert_eq!(Unit::Hours.tick(0.5, 0.5), "0.5");
    assert_eq!(Unit::Hours.tick(1.0, 0.5), "1.0");
    assert_eq!(Unit::Share.tick(0.1, 0.05), "10");
    assert_eq!(Unit::Plain.tick(0.003, 0.001), "0.003");
    assert_eq!(plain(Unit::Count.tick(1_500_000.0, 500_000.0)), "1.5 M");
    assert_eq!(plain(Unit::Count.tick(3e9, 5e8)), "3.0 bn");
    assert_eq!(Unit::Count.tick(-5e299, 5e299), "−5.0e299");
    assert_eq!([Unit::Count.tick(0.0, 5e299), Unit::Count.tick(0.0, 5e8)], ["0", "0"]);
}

#[test]
fn a_unit_by_itself_reads_as_words() {
    assert_eq!([Unit::PerWeek.words(), Unit::Lines.words(), Unit::Count.words()], ["per week", "lines", ""]);
    assert_eq!(Unit::Hours.exact_number(24.0), "24");
    assert_eq!(Unit::Plain.exact(1e300), "1.0e300");
}

#[test]
fn what_is_tiny_or_huge_keeps_its_size() {
    assert_eq!([one_in(0.0625), one_in(1.0 / 80_000.0)], ["1 in 16", "1 in 80,000"]);
    assert_eq!([one_in(0.0), one_in(f64::NAN)], ["–", "–"]);
    assert_eq!(
        [digits("116396280000000000000"), digits("> 10^38"), digits("")],
        ["116,396,280,000,000,000,000", "> 10^38", ""]
    );
}

#[test]
fn p_values_are_not_shown_as_zero() {
    assert_eq!(plain(p_value(0.0)), "< 0.001");
    assert_eq!(p_value(0.0021), "0.002");
    assert_eq!(p_value(0.42), "0.42");
    assert_eq!(p_value(1.0), "1.00");
}
