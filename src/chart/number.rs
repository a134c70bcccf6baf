//! Numbers as people read them: a true minus sign, thousands separators, a unit that does not wrap off.
//!
//! The one rule: as many digits as carry meaning. From 100 upwards none after the point, from 1 upwards one, below that
//! up to two
//! significant ones. A value that is not finite is [`MISSING`], never 0.

/// What stands for a value that is not known.
pub const MISSING: &str = "–";
const MINUS: &str = "−";
const NO_BREAK_SPACE: &str = "\u{a0}";

/// What a number counts. It decides the suffix and how a difference is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Unit {
    Minutes,
    Hours,
    Days,
    Lines,
    /// A fraction: 0.078 is shown as "7.8 %", a difference of 0.006 as "+0.6 pp".
    Share,
    PerDay,
    PerWeek,
    /// Whole things; fractions appear only where an average has them.
    Count,
    /// A bare number, such as an index.
    #[default]
    Plain,
    /// Any other unit, written after the number.
    Other(String),
}

impl Unit {
    /// The unit a metric's header names; an unknown name is kept and written after the number.
    pub fn named(name: &str) -> Unit {
        match name.trim() {
            "minutes" => Unit::Minutes,
            "hours" => Unit::Hours,
            "days" => Unit::Days,
            "lines" => Unit::Lines,
            "share" | "ratio" | "percent" | "%" => Unit::Share,
            "per day" | "per_day" => Unit::PerDay,
            "per week" | "per_week" => Unit::PerWeek,
            "count" => Unit::Count,
            "" | "index" | "number" => Unit::Plain,
            other => Unit::Other(other.to_owned()),
        }
    }

    /// The number with its unit: "23.4 h", "7.8 %", "4.1 / day".
    pub fn value(&self, value: f64) -> String {
        self.with_suffix(self.number(value))
    }

    /// The number with its unit, or [`MISSING`].
    pub fn optional(&self, value: Option<f64>) -> String {
        value.map_or_else(|| MISSING.to_owned(), |known| self.value(known))
    }

    /// The number alone; a share is already times 100.
    pub fn number(&self, value: f64) -> String {
        let shown = value * self.factor();
        let counts_things = matches!(self, Unit::Count | Unit::Lines | Unit::Other(_));
        let whole = counts_things && shown.fract() == 0.0 && shown.abs() < 1e6;
        if whole { fixed(shown, 0) } else { significant(shown) }
    }

    /// The number with its unit and no zeros after the point, for set values such as targets: "24 h".
    pub fn exact(&self, value: f64) -> String {
        self.with_suffix(self.exact_number(value))
    }

    /// The number alone, with no zeros after the point: "24".
    pub fn exact_number(&self, value: f64) -> String {
        let number = self.number(value);
        // In "1.0e300" the zeros at the end are not those after the point.
        let is_plain = number.contains('.') && !number.contains('e');
        if is_plain { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number }
    }

    /// An absolute change with its sign: "−4", "+0.6 pp", "−1.9 h".
    pub fn difference(&self, change: f64) -> String {
        let number = if *self == Unit::Share { fixed(change * self.factor(), 1) } else { self.number(change) };
        let text = signed(number);
        match self {
            _ if text == MISSING => text,
            Unit::Share => format!("{text}{NO_BREAK_SPACE}pp"),
            _ => self.with_suffix(text),
        }
    }

    /// A tick label. The step between ticks decides the digits, so that all labels of an axis have the same.
    pub fn tick(&self, value: f64, step: f64) -> String {
        let (shown, step) = (value * self.factor(), step.abs() * self.factor());
        if shown == 0.0 && step >= 1e5 {
            return "0".to_owned();
        }
        match step {
            1e-6..1e5 => fixed(shown, decimals_of(step)),
            1e5..1e8 => fixed(shown / 1e6, decimals_of(step / 1e6)) + NO_BREAK_SPACE + "M",
            1e8..1e12 => fixed(shown / 1e9, decimals_of(step / 1e9)) + NO_BREAK_SPACE + "bn",
            _ => significant(shown),
        }
    }

    /// The unit by itself, as the title of an axis: "lines", "per day", "".
    pub fn words(&self) -> String {
        match self {
            Unit::PerDay => "per day".to_owned(),
            Unit::PerWeek => "per week".to_owned(),
            other => other.suffix().trim_start_matches(NO_BREAK_SPACE).to_owned(),
        }
    }

    /// What follows the number, with its no-break space: " h", " %", "".
    pub fn suffix(&self) -> String {
        let word = match self {
            Unit::Minutes => "min",
            Unit::Hours => "h",
            Unit::Days => "d",
            Unit::Lines => "lines",
            Unit::Share => "%",
            Unit::PerDay => "/ day",
            Unit::PerWeek => "/ week",
            Unit::Count | Unit::Plain => return String::new(),
            Unit::Other(word) => word,
        };
        format!("{NO_BREAK_SPACE}{}", word.replace(' ', NO_BREAK_SPACE))
    }

    fn with_suffix(&self, text: String) -> String {
        if text == MISSING { text } else { text + &self.suffix() }
    }

    fn factor(&self) -> f64 {
        if *self == Unit::Share { 100.0 } else { 1.0 }
    }
}

/// A relative change for a card: −0.18 is "−18 %", 0.006 is "+0.6 %".
pub fn relative(change: f64) -> String {
    let digits = usize::from((change * 100.0).abs() < 9.95);
    with_percent(signed(fixed(change * 100.0, digits)))
}

/// A relative change with one digit after the point, for columns where digits must line up: "−17.0 %".
pub fn relative_aligned(change: f64) -> String {
    with_percent(signed(fixed(change * 100.0, 1)))
}

/// The bounds of an interval of a relative change: "−26.1 to −7.8 %".
pub fn relative_range(low: f64, high: f64) -> String {
    if !(low.is_finite() && high.is_finite()) {
        return MISSING.to_owned();
    }
    with_percent(format!("{} to {}", signed(fixed(low * 100.0, 1)), signed(fixed(high * 100.0, 1))))
}

/// A p-value: three digits, two from 0.1 upwards, "< 0.001" below.
pub fn p_value(p: f64) -> String {
    match p {
        p if !p.is_finite() => MISSING.to_owned(),
        p if p < 0.001 => format!("<{NO_BREAK_SPACE}0.001"),
        p if p < 0.0995 => fixed(p, 3),
        p => fixed(p, 2),
    }
}

/// A whole number with thousands separators: "12,345".
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A chance too small for digits after a point, by how often it comes up: "1 in 80,000".
pub fn one_in(chance: f64) -> String {
    let times = (1.0 / chance).round();
    if times.is_finite() && times >= 1.0 {
        format!("1 in {}", grouped(&format!("{times:.0}")))
    } else {
        MISSING.to_owned()
    }
}

/// Digits of a number of any size with thousands separators; text that is not only digits as it is.
pub fn digits(text: &str) -> String {
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if is_number { grouped(text) } else { text.to_owned() }
}

fn with_percent(text: String) -> String {
    if text == MISSING { text } else { text + NO_BREAK_SPACE + "%" }
}

fn signed(text: String) -> String {
    let has_value = text.chars().any(|c| c.is_ascii_digit() && c != '0');
    if !has_value || text.starts_with(MINUS) { text } else { format!("+{text}") }
}

fn significant(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !size.is_finite() => MISSING.to_owned(),
        0.0 => "0".to_owned(),
        _ if !(1e-4..1e15).contains(&size) => format!("{value:.1e}").replace('-', MINUS),
        _ if size >= 1e9 => fixed(value / 1e9, 1) + NO_BREAK_SPACE + "bn",
        _ if size >= 1e6 => fixed(value / 1e6, 1) + NO_BREAK_SPACE + "M",
        _ if size >= 99.95 => fixed(value, 0),
        _ if size >= 0.95 => fixed(value, 1),
        _ => fixed(value, (1.0 - size.log10().floor()) as usize).trim_end_matches('0').to_owned(),
    }
}

/// Digits after the point, grouped, with a true minus unless nothing but zeros is left to carry it.
fn fixed(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    let text = format!("{:.digits$}", value.abs());
    let negative = value < 0.0 && text.chars().any(|c| c.is_ascii_digit() && c != '0');
    format!("{}{}", if negative { MINUS } else { "" }, grouped(&text))
}

fn grouped(text: &str) -> String {
    let whole_digits = text.find('.').unwrap_or(text.len());
    let mut out = String::with_capacity(text.len() + text.len() / 3);
    for (place, digit) in text.chars().enumerate() {
        if place > 0 && place < whole_digits && (whole_digits - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn decimals_of(step: f64) -> usize {
    // A hair is added because 0.001 and its like fall just short of their own power of ten.
    (-(step.log10() + 1e-9).floor()).max(0.0) as usize
}

#[cfg(test)]
mod tests;
