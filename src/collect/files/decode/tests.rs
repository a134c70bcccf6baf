use super::*;
use crate::model::delivery::BUILDS;

fn part(line: u64, text: &str) -> Part {
    // One piece, and two where the text has many lines.
    let ends = text[text.len() / 2..].find('\n').map(|at| text.len() / 2 + at + 1).filter(|_| text.len() > 1 << 20);
    let cuts = ends.into_iter().chain([text.len()]).collect();
    Part { file: "x.ndjson".to_owned(), shape: Shape::Json, line, text: text.as_bytes().to_vec(), cuts }
}

fn decode(text: &str) -> (usize, Vec<String>) {
    let part = part(1, text);
    let decoded = super::decode(&Decoder::new(&BUILDS), &pieces(&part)).unwrap();
    let rows = decoded.targets[0].iter().map(|columns| columns[0].len()).sum();
    assert_eq!(rows + decoded.misfits.len(), usize::try_from(decoded.lines).unwrap());
    (rows, said(&decoded))
}

fn said(decoded: &Decoded) -> Vec<String> {
    decoded.misfits.iter().map(|it| format!("{}: {}", it.place, it.reason)).collect()
}

const GOOD: &str = r#"{"repository": "r", "build_id": "1", "status": "success", "started_at": "2026-01-31T12:00:00+01:00", "pull_request": 7}"#;

#[test]
fn a_line_that_does_not_fit_is_named_with_the_reason() {
    let with = |from: &str, to: &str| GOOD.replace(from, to);
    let wrong = [
        (with("\"pull_request\"", "\"pull_requst\""), "builds has no column pull_requst; did you mean pull_request?"),
        (with("\"pull_request\"", "\"xyzzy\""), "builds has no column xyzzy"),
        (with("\"pull_request\"", "\"source\""), "builds has no column source"),
        (with("7", "\"many\""), "pull_request is \"many\", not a whole number"),
        (with("7", "true"), "pull_request is true, not a whole number"),
        (with("7", "[7]"), "pull_request is [7], not a whole number"),
        (with("\"1\"", "1"), "build_id is 1, not a text"),
        (with("\"1\"", "null"), "build_id is missing"),
        (with("\"build_id\": \"1\", ", ""), "build_id is missing"),
        (
            with("\"2026-01-31T12:00:00+01:00\"", "1769857200"),
            "started_at is 1769857200, not a time such as 2026-01-31T12:00:00Z",
        ),
        (
            with("2026-01-31T12:00:00+01:00", "2026-01-31"),
            "started_at is \"2026-01-31\", not a time such as 2026-01-31T12:00:00Z",
        ),
        (
            with("12:00:00+01:00", "12:00:00"),
            "started_at is \"2026-01-31T12:00:00\", not a time such as 2026-01-31T12:00:00Z",
        ),
        (
            with("2026-01-31", "2026-02-31"),
            "started_at is \"2026-02-31T12:00:00+01:00\", not a time such as 2026-01-31T12:00:00Z",
        ),
        (with("}", ""), "not JSON: EOF while parsing an object at column 118"),
        (format!("[{GOOD}]"), "not a JSON object"),
        (format!("{GOOD}{GOOD}"), "not JSON: trailing characters at column 120"),
        ("tea".to_owned(), "not JSON: expected ident at column 2"),
    ];
    for (line, reason) in wrong {
        let (rows, said) = decode(&format!("{GOOD}\n\n{GOOD}\r\n{line}\n{GOOD}"));
        assert_eq!((rows, said), (3, vec![format!("x.ndjson:4: {reason}")]), "{line}");
    }
}

#[test]
fn many_lines_are_read_in_their_order_whatever_is_among_them() {
    let line = |number: usize| match number % 1_000 {
        500 => "{}\n".to_owned(),
        501 => "\n".to_owned(),
        _ => GOOD.replace("\"1\"", &format!("\"{number}\"")) + "\n",
    };
    let text: String = (0..30_000).map(line).collect();
    let parts = [part(1, &text), part(7, "{}")];
    let pieces: Vec<Piece<'_>> = parts.iter().flat_map(pieces).collect();
    assert_eq!(pieces.len(), 3, "more than one thread reads");
    let decoded = super::decode(&Decoder::new(&BUILDS), &pieces).unwrap();
    let ids: Vec<String> = (decoded.targets[0].iter())
        .flat_map(|columns| columns[1].as_string::<i32>().iter().map(|id| id.unwrap().to_owned()))
        .collect();
    let expected: Vec<String> =
        (0..30_000).filter(|number| ![500, 501].contains(&(number % 1_000))).map(|it: usize| it.to_string()).collect();
    assert_eq!(ids, expected);
    assert_eq!((decoded.misfits.len(), decoded.lines), (31, 29_971));
    let lines = (0..30).map(|it| 501 + 1_000 * it).chain([7]);
    let lines: Vec<String> = lines.map(|it| format!("x.ndjson:{it}: repository is missing")).collect();
    assert_eq!(said(&decoded), lines);
}

#[test]
fn times_name_their_offset() {
    let of = |text: &str| micros(text).ok();
    assert_eq!(of("1970-01-01T00:00:01Z"), Some(1_000_000));
    assert_eq!(of("1970-01-01T01:00:01.000002+01:00"), Some(1_000_002));
    assert_eq!(of("1970-01-01 00:00:01.5z"), Some(1_500_000));
    for wrong in [
        "1970-01-01",
        "1970-01-01T00:00:01",
        "1970-01-01T00:00:61Z",
        "now",
        "",
        "1970-01-01T00:00:01 CET",
        "ü970-01-01T00:00:01Z",
    ] {
        assert_eq!(of(wrong), None, "{wrong}");
    }
}
