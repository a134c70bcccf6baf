//! YAML as JSON values, with the place of each.
//!
//! One rule: scalars mean what YAML 1.2's core schema says (<https://yaml.org/spec/1.2.2/#103-core-schema>), and neither depth
//! nor aliases can make a small file large.

use super::Problem;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Lists and maps within each other.
const DEPTH: usize = 64;

/// Values of one file, those that aliases repeat included.
const VALUES: usize = 200_000;

/// So many bytes of a text count as one value more: an alias can repeat a long text as well as a long list.
const TEXT: usize = 64;

/// Bytes of the keys that lead to a value whose place is remembered. Every place holds its keys, so that long or many ones would
/// make a small file large; what is below has the place of what is around it.
const WAY: usize = 512;

/// Bytes of a key that has no letters.
const STEP: usize = 32;

/// One document of a file.
#[derive(Clone, Debug)]
pub struct Document {
    pub value: Value,
    pub places: Places,
}

/// Where values stand, by the keys and indices that lead to them.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<Vec<String>, (usize, usize)>);

impl Places {
    /// Line and column of a value, or of the nearest one around it.
    pub fn of(&self, path: &[String]) -> (usize, usize) {
        let ends = (0..=path.len()).rev();
        ends.filter_map(|end| self.0.get(&path[..end])).next().copied().unwrap_or((1, 1))
    }
}

/// All documents of a file.
///
/// # Errors
/// The first thing that is no YAML, a key that stands twice, or one of the limits.
pub fn documents(text: &str) -> Result<Vec<Document>, Problem> {
    let mut reader = Reader { lines: text.lines().collect(), ..Reader::default() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| problem(error.marker(), error.info().to_owned()))?;
        reader.hear(event, &span.start)?;
    }
    Ok(reader.documents)
}

fn problem(at: &Marker, message: String) -> Problem {
    Problem { place: place(at), message }
}

fn place(at: &Marker) -> (usize, usize) {
    (at.line().max(1), at.col() + 1)
}

#[derive(Default)]
struct Reader<'t> {
    lines: Vec<&'t str>,
    documents: Vec<Document>,
    /// Lists and maps that are not complete.
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, usize)>,
    places: Places,
    values: usize,
}

struct Open {
    anchor: usize,
    /// Values in it so far, those within it included.
    values: usize,
    /// Written in braces or brackets, where white space means nothing.
    is_flow: bool,
    what: Within,
}

enum Within {
    List(Vec<Value>),
    /// A key waits for its value.
    Map(Map<String, Value>, Option<String>),
}

impl Reader<'_> {
    fn hear(&mut self, event: Event<'_>, at: &Marker) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(_) => {
                self.anchors.clear();
                self.places = Places::default();
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Within::List(Vec::new()), at)?,
            Event::MappingStart(anchor, _) => self.begin(anchor, Within::Map(Map::new(), None), at)?,
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { anchor, values, what, .. }) = self.open.pop() else { return Ok(()) };
                let value = match what {
                    Within::List(items) => Value::Array(items),
                    Within::Map(map, _) => Value::Object(map),
                };
                self.count(1, at)?;
                self.end(value, values + 1, anchor, at)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tab(at)?;
                let value = scalar(&text, style, tag.as_ref(), at)?;
                self.note(at);
                let values = 1 + text.len() / TEXT;
                self.count(values, at)?;
                self.end(value, values, anchor, at)?;
            }
            Event::Alias(anchor) => {
                let unknown = || problem(at, "an alias stands before its anchor is complete".to_owned());
                let (value, values) = self.anchors.get(&anchor).cloned().ok_or_else(unknown)?;
                self.count(values, at)?;
                self.note(at);
                self.end(value, values, 0, at)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, what: Within, at: &Marker) -> Result<(), Problem> {
        if self.open.len() == DEPTH {
            return Err(problem(at, format!("lists and maps are nested more than {DEPTH} deep")));
        }
        if let Some(Open { what: Within::Map(_, None), .. }) = self.open.last() {
            return Err(problem(at, "a key must be a scalar".to_owned()));
        }
        self.note(at);
        let is_flow = self.open.last().is_some_and(|open| open.is_flow) || self.line(at).1.starts_with(['{', '[']);
        self.open.push(Open { anchor, values: 0, is_flow, what });
        Ok(())
    }

    /// What stands before a place in its line, and what stands there.
    fn line(&self, at: &Marker) -> (&str, &str) {
        let line = self.lines.get(at.line().saturating_sub(1)).copied().unwrap_or_default();
        let cut = line.char_indices().nth(at.col()).map_or(line.len(), |(index, _)| index);
        line.split_at(cut)
    }

    /// The parser takes a tab for indentation, and YAML does not.
    fn refuse_tab(&self, at: &Marker) -> Result<(), Problem> {
        let is_key = matches!(self.open.last(), Some(Open { is_flow: false, what: Within::Map(_, None), .. }));
        if !is_key {
            return Ok(());
        }
        let before = self.line(at).0;
        if before.contains('\t') && before.trim().is_empty() {
            return Err(problem(at, "a tab cannot indent".to_owned()));
        }
        Ok(())
    }

    /// Remembers where the value that comes now stands.
    fn note(&mut self, at: &Marker) {
        let keys = self.open.iter().map(|open| match &open.what {
            Within::Map(_, Some(key)) => STEP + key.len(),
            _ => STEP,
        });
        if keys.sum::<usize>() > WAY {
            return;
        }
        let mut path = Vec::with_capacity(self.open.len());
        for open in &self.open {
            match &open.what {
                Within::List(items) => path.push(items.len().to_string()),
                Within::Map(_, Some(key)) => path.push(key.clone()),
                Within::Map(_, None) => return,
            }
        }
        self.places.0.entry(path).or_insert(place(at));
    }

    /// Every value once, however deep it is: lists and maps when they end.
    fn count(&mut self, values: usize, at: &Marker) -> Result<(), Problem> {
        self.values += values;
        if self.values > VALUES {
            return Err(problem(at, format!("more than {VALUES} values, those that aliases repeat included")));
        }
        Ok(())
    }

    /// A value is complete, with so many values in it.
    fn end(&mut self, value: Value, values: usize, anchor: usize, at: &Marker) -> Result<(), Problem> {
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), values));
        }
        let Some(open) = self.open.last_mut() else {
            let places = std::mem::take(&mut self.places);
            self.documents.push(Document { value, places });
            return Ok(());
        };
        open.values += values;
        match &mut open.what {
            Within::List(items) => items.push(value),
            Within::Map(map, waiting) => match waiting.take() {
                Some(key) => drop(map.insert(key, value)),
                None => {
                    let key = key(value, at)?;
                    if map.contains_key(&key) {
                        return Err(problem(at, format!("the key {key} stands twice")));
                    }
                    *waiting = Some(key);
                }
            },
        }
        Ok(())
    }
}

fn key(value: Value, at: &Marker) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err(problem(at, "a key must be a scalar".to_owned())),
        other => Ok(other.to_string()),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Cow<'_, Tag>>, at: &Marker) -> Result<Value, Problem> {
    if let Some(tag) = tag {
        let known = tag.is_yaml_core_schema() && ["str", "int", "float", "bool", "null"].contains(&tag.suffix.as_str());
        if known && tag.suffix != "str" {
            let value = resolved(text);
            let fits = match tag.suffix.as_str() {
                "null" => value.is_null(),
                "bool" => value.is_boolean(),
                _ => value.is_number(),
            };
            return if fits { Ok(value) } else { Err(problem(at, format!("{text:?} is no {}", tag.suffix))) };
        }
        return Ok(Value::String(text.to_owned()));
    }
    Ok(if style == ScalarStyle::Plain { resolved(text) } else { Value::String(text.to_owned()) })
}

/// What a plain scalar means.
fn resolved(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        // JSON has neither: they are numbers that nobody knows.
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "-.inf" => return Value::Null,
        _ => {}
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(Number::from);
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8).filter(|_| digits.bytes().all(|it| it.is_ascii_digit()));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16).filter(|_| digits.bytes().all(|it| it.is_ascii_hexdigit()));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|it| it.is_ascii_digit()) {
        let whole = text.strip_prefix('+').unwrap_or(text).parse::<i64>().ok().map(Number::from);
        return whole.or_else(|| Number::from_f64(text.parse().ok()?));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_mantissa = is_digits(whole) && is_digits(part) && !(whole.is_empty() && part.is_empty());
    let has_exponent = exponent.is_none_or(|it| {
        let digits = it.strip_prefix(['-', '+']).unwrap_or(it);
        !digits.is_empty() && is_digits(digits)
    });
    if has_mantissa && has_exponent { Number::from_f64(text.parse().ok()?) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(text: &str) -> Vec<Value> {
        documents(text).unwrap().into_iter().map(|document| document.value).collect()
    }

    fn wrong(text: &str) -> String {
        let problem = documents(text).unwrap_err();
        format!("{}:{}: {}", problem.place.0, problem.place.1, problem.message)
    }

    #[test]
    fn scalars_mean_what_the_core_schema_says() {
        let text =
            "[yes, true, null, ~, 012, 0o17, 0x1F, 1.5, .5, 1e3, -7, +7, 1_000, 2026-01-31, '1', !!str 1, 1.2.3]";
        let expected = json!([
            "yes",
            true,
            null,
            null,
            12,
            15,
            31,
            1.5,
            0.5,
            1000.0,
            -7,
            7,
            "1_000",
            "2026-01-31",
            "1",
            "1",
            "1.2.3"
        ]);
        assert_eq!(values(text), [expected]);
    }

    #[test]
    fn documents_and_aliases() {
        let text = "a: &x {b: 1}\nc: *x\n---\n- 2\n---\n";
        assert_eq!(values(text), [json!({"a": {"b": 1}, "c": {"b": 1}}), json!([2]), json!(null)]);
    }

    #[test]
    fn places_are_those_of_the_values() {
        let document = documents("kind: A\nspec:\n  owner: me\n  list:\n    - x\n    -  y\n").unwrap().remove(0);
        let place = |path: &[&str]| document.places.of(&path.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(place(&["spec", "owner"]), (3, 10));
        assert_eq!(place(&["spec", "list", "1"]), (6, 8));
        assert_eq!(place(&["spec", "absent"]), (3, 3));
    }

    #[test]
    fn what_is_no_yaml_is_said_with_its_place() {
        assert_eq!(wrong("a: 1\nb: 2\na: 3\n"), "3:1: the key a stands twice");
        assert!(wrong("a: [1\n").starts_with("2:1: "), "{}", wrong("a: [1\n"));
        assert_eq!(wrong("? [a]\n: b\n"), "1:3: a key must be a scalar");
    }

    #[test]
    fn bombs_are_refused() {
        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..12 {
            let below = format!("*a{}", level - 1);
            laughs += &format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", "));
        }
        assert!(wrong(&laughs).contains("more than 200000 values"), "{}", wrong(&laughs));
        assert!(wrong(&"[".repeat(100)).contains("nested more than 64 deep"), "{}", wrong(&"[".repeat(100)));
        // Of so many the parser itself is the first to complain.
        assert!(documents(&"[".repeat(100_000)).is_err());
        assert!(wrong("a: &a [*a]\n").contains("alias"), "{}", wrong("a: &a [*a]\n"));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 20].join(", "));
        assert!(wrong(&long).contains("more than 200000 values"), "{}", wrong(&long));
        // The way to each value has the key in it, and the place of one is not worth as much.
        let below = format!("? {}\n: [{}]\n", "k".repeat(1 << 20), vec!["1"; 10_000].join(", "));
        let read = documents(&below).unwrap().remove(0);
        assert!(read.places.0.keys().flatten().map(String::len).sum::<usize>() <= WAY);
        // One line is not walked through for each of its values.
        assert_eq!(documents(&format!("a: [{}]\n", vec!["1"; 150_000].join(", "))).unwrap().len(), 1);
    }
}
