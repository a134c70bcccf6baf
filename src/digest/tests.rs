//! What holds for mail, page and message together, and the digests that the tests share.

use super::*;
use chrono::Days;

/// A digest as a team would get it.
pub(super) fn sample() -> Digest {
    Digest {
        title: "Engineering digest".to_owned(),
        scope: "Checkout, 12 people".to_owned(),
        period: Period { words: "Week 47".to_owned(), first: day("2026-11-16"), last: day("2026-11-22") },
        changed:
            "Cycle time fell from 28.5 to 23.4 hours since the review assistant was given to half of the teams in \
                  week 34. Change fail rate rose by 0.6 percentage points, within its usual range."
                .to_owned(),
        groups: vec![
            Group { title: "Flow".to_owned(), figures: vec![cycle_time(), pickup(), merged()] },
            Group { title: "Delivery".to_owned(), figures: vec![deployments(), change_fail_rate()] },
            Group { title: "Support".to_owned(), figures: vec![unknown()] },
        ],
        experiments: vec![Experiment {
            title: "Review assistant".to_owned(),
            tone: Tone::Good,
            status: "ship".to_owned(),
            sentence:
                "Pull requests of the teams that have it wait 17 % less for their first review (−26.1 to −7.8 %); \
                       no guardrail is worse."
                    .to_owned(),
            path: Some("/experiments/review_assistant".to_owned()),
        }],
        notes: vec!["Jira was last read on 20 Nov 2026: tickets after that day are missing.".to_owned()],
        server: Some("https://pace.example.com".to_owned()),
        path: Some("/digest?team=checkout".to_owned()),
        produced: "Paceline 0.1.0, data through 22 Nov 2026, 06:00 UTC".to_owned(),
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Weeks to 16 Nov 2026; a value of `NaN` is not known.
fn weeks(values: &[f64], half_width: f64) -> Vec<Point> {
    let known = |value: f64| Some(value).filter(|value| value.is_finite());
    let first = day("2026-11-16") - Days::new(7 * (values.len() as u64 - 1));
    let point = |(i, value): (usize, &f64)| Point {
        at: first + Days::new(7 * i as u64),
        value: known(*value),
        low: known(value - half_width),
        high: known(value + half_width),
    };
    values.iter().enumerate().map(point).collect()
}

fn cycle_time() -> Figure {
    let values =
        [31.0, 33.5, 32.8, 30.9, 31.4, 29.8, 30.6, 28.5, 27.9, f64::NAN, f64::NAN, 26.8, 25.1, 24.4, 25.9, 24.8, 23.4];
    Figure {
        title: "Cycle time".to_owned(),
        value: Some(23.4),
        unit: Unit::Hours,
        caption: "median, first commit to merge".to_owned(),
        interval: Some((20.1, 27.2)),
        n: Some(812),
        change: change(Tone::Good, "better", "−18\u{a0}% (−26.1 to −7.8\u{a0}%)"),
        series: weeks(&values, 3.5),
        target: Some(24.0),
        path: Some("/metrics/pr_cycle_time?team=checkout".to_owned()),
        ..Figure::default()
    }
}

fn pickup() -> Figure {
    Figure {
        title: "Time to first review".to_owned(),
        value: Some(5.2),
        unit: Unit::Hours,
        caption: "median, ready to first review".to_owned(),
        interval: Some((4.4, 6.1)),
        n: Some(790),
        change: change(Tone::Neutral, "no clear change", "−3\u{a0}% (−11.0 to +5.4\u{a0}%)"),
        series: weeks(&[5.9, 6.3, 5.1, 5.5, 4.9, 5.6, 5.0, 5.7, 5.2], 0.9),
        path: Some("/metrics/time_to_first_review".to_owned()),
        ..Figure::default()
    }
}

fn merged() -> Figure {
    Figure {
        title: "Merged pull requests".to_owned(),
        value: Some(142.0),
        unit: Unit::Count,
        caption: "pull requests per week".to_owned(),
        n: Some(142),
        change: change(Tone::Neutral, "changed", "+12\u{a0}%"),
        series: weeks(&[120.0, 118.0, 131.0, 127.0, 142.0], 12.0),
        ..Figure::default()
    }
}

fn deployments() -> Figure {
    Figure {
        title: "Deployment frequency".to_owned(),
        value: Some(4.1),
        unit: Unit::PerDay,
        caption: "production deployments".to_owned(),
        interval: Some((3.6, 4.7)),
        n: Some(29),
        change: change(Tone::Good, "better", "+9\u{a0}%"),
        series: weeks(&[3.1, 3.4, 3.3, 3.9, 3.6, 4.0, 4.1], 0.5),
        ..Figure::default()
    }
}

fn change_fail_rate() -> Figure {
    Figure {
        title: "Change fail rate".to_owned(),
        value: Some(0.078),
        unit: Unit::Share,
        caption: "deployments followed by a fix".to_owned(),
        interval: Some((0.049, 0.083)),
        n: Some(29),
        change: change(Tone::Bad, "worse", "+0.6\u{a0}pp"),
        series: weeks(&[0.07, 0.071, 0.069, 0.074, 0.078], 0.02),
        target: Some(0.05),
        ..Figure::default()
    }
}

fn unknown() -> Figure {
    let missing = "no support source yet".to_owned();
    Figure {
        title: "Escaped defects".to_owned(),
        unit: Unit::Count,
        caption: "tickets".to_owned(),
        missing,
        ..Figure::default()
    }
}

fn change(tone: Tone, word: &str, size: &str) -> Option<Change> {
    Some(Change { tone, word: word.to_owned(), size: size.to_owned() })
}

/// A digest of whatever may break out of a line, a tag, a header or the direction of the text, `times` as much of each.
pub(super) fn hard(times: usize) -> Digest {
    let name =
        format!("<script>alert(1)</script><b>&\"'\r\nBcc: eve@example.com\r\n\r\n\u{202e}فريق {}", "\"".repeat(2000));
    let figure = Figure {
        title: name.clone(),
        caption: name.clone(),
        unit: Unit::Other(name.clone()),
        value: Some(1e300),
        interval: Some((f64::NEG_INFINITY, f64::NAN)),
        change: change(Tone::Bad, &name, &name),
        series: weeks(&[1e300, f64::NAN, -1e300, 1e-300, f64::INFINITY, 3.0], 1.0),
        target: Some(f64::NAN),
        path: Some("javascript:alert(1)".to_owned()),
        missing: name.clone(),
        ..Figure::default()
    };
    let experiment = Experiment {
        title: name.clone(),
        status: name.clone(),
        sentence: name.clone(),
        path: Some(name.clone()),
        ..Experiment::default()
    };
    Digest {
        title: name.clone(),
        scope: name.clone(),
        changed: name.clone(),
        groups: vec![Group { title: name.clone(), figures: vec![figure; times] }; 3],
        experiments: vec![experiment; times],
        notes: vec![name.clone(); times],
        server: Some("https://pace.example.com\r\nX: y".to_owned()),
        path: Some("//evil.example".to_owned()),
        produced: name,
        ..Digest::default()
    }
}

#[test]
fn mail_page_and_message_say_the_same() {
    let digest = sample();
    let mail = mail::message(&digest, &mail::tests::headers()).unwrap();
    let (page, slack) = (page(&digest).into_string(), slack(&digest).to_string());
    let text = unwrapped(&mail.text);
    let experiment = &digest.experiments[0];
    let mut said = vec![&digest.scope, &digest.changed, &digest.notes[0], &digest.produced, &experiment.sentence];
    said.extend([&experiment.title, &experiment.status]);
    let mut said: Vec<String> = said.into_iter().cloned().collect();
    for it in digest.groups.iter().flat_map(|group| &group.figures) {
        said.extend([it.title.clone(), it.caption.clone(), it.number(), it.certainty(), it.target_words()]);
        said.extend([it.series_words()]);
        said.extend(it.change.iter().flat_map(|change| [change.word.clone(), change.size.clone()]));
    }
    for words in said {
        for (what, whole) in [("html", &mail.html), ("page", &page), ("slack", &slack)] {
            // Whose numbers they are, and from which data, stands around the page.
            let is_around = what == "page" && (words == digest.scope || words == digest.produced);
            assert!(is_around || whole.contains(&words), "{words} is not in the {what}: {whole}");
        }
        assert!(text.contains(&words.replace('\u{a0}', " ")), "{words} is not in {}", mail.text);
    }
}

/// The text on one line, without what columns and indentation add.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
