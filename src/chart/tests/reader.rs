//! Reads back what a mark has drawn: elements, shapes and texts with their boxes.
//!
//! The one rule: it trusts nothing that the marks computed but the text of the drawing.

use crate::chart::text;

/// An element of SVG, with its children in order.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// The words directly inside.
    pub words: String,
}

/// A rectangle on paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// A text and the room it takes.
#[derive(Debug, Clone)]
pub struct Words {
    pub text: String,
    pub area: Area,
}

impl Area {
    /// Whether it lies inside, but for rounding.
    pub fn is_inside(&self, other: &Area) -> bool {
        let slack = 0.15;
        self.left >= other.left - slack
            && self.top >= other.top - slack
            && self.right <= other.right + slack
            && self.bottom <= other.bottom + slack
    }

    /// Whether the two cover a common place, by more than rounding.
    pub fn covers(&self, other: &Area) -> bool {
        let slack = 0.15;
        self.left + slack < other.right
            && other.left + slack < self.right
            && self.top + slack < other.bottom
            && other.top + slack < self.bottom
    }

    fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Area {
        let empty = Area { left: f64::MAX, top: f64::MAX, right: f64::MIN, bottom: f64::MIN };
        points.into_iter().fold(empty, |area, (x, y)| Area {
            left: area.left.min(x),
            top: area.top.min(y),
            right: area.right.max(x),
            bottom: area.bottom.max(y),
        })
    }
}

/// The drawings of a page, in order.
pub fn drawings(html: &str) -> Vec<Element> {
    let mut rest = html;
    let mut found = Vec::new();
    while let Some(at) = rest.find("<svg") {
        let (element, after) = read(&rest[at..]);
        found.push(element);
        rest = after;
    }
    found
}

/// Reads one element that the text begins with, and hands back what follows it.
fn read(text: &str) -> (Element, &str) {
    let end = text.find('>').unwrap();
    let head = text[1..end].trim_end_matches('/');
    let name = head.split(' ').next().unwrap().to_owned();
    let mut element = Element { attributes: attributes(&head[name.len()..]), name, ..Element::default() };
    let mut rest = &text[end + 1..];
    if text[..end].ends_with('/') {
        return (element, rest);
    }
    loop {
        let next = rest.find('<').unwrap();
        element.words += &unescaped(&rest[..next]);
        rest = &rest[next..];
        if let Some(after) = rest.strip_prefix("</") {
            let end = after.find('>').unwrap();
            assert_eq!(after[..end], element.name, "an element ends that did not begin");
            return (element, &after[end + 1..]);
        }
        let (child, after) = read(rest);
        element.children.push(child);
        rest = after;
    }
}

fn attributes(text: &str) -> Vec<(String, String)> {
    let pieces: Vec<&str> = text.split('"').collect();
    let pair = |pair: &[&str]| (pair[0].trim().trim_end_matches('=').to_owned(), unescaped(pair[1]));
    pieces.chunks_exact(2).map(pair).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> f64 {
        self.attribute(name).map_or(0.0, |value| value.parse().unwrap())
    }

    pub fn numbers(&self, name: &str) -> Vec<Option<f64>> {
        let words = self.attribute(name).unwrap_or_default().split(' ').filter(|word| !word.is_empty());
        words.map(|word| word.parse().ok()).collect()
    }

    pub fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
    }

    /// The drawing's own rectangle.
    pub fn view_box(&self) -> Area {
        let numbers = self.numbers("viewBox");
        Area { left: 0.0, top: 0.0, right: numbers[2].unwrap(), bottom: numbers[3].unwrap() }
    }

    /// This element and all below it, in order.
    pub fn all(&self) -> Vec<&Element> {
        std::iter::once(self).chain(self.children.iter().flat_map(Element::all)).collect()
    }

    pub fn with_class<'a>(&'a self, name: &str, class: &str) -> Vec<&'a Element> {
        self.all().into_iter().filter(|element| element.name == name && element.has_class(class)).collect()
    }

    /// Where its shape lies, if it has one.
    pub fn shape(&self) -> Option<Area> {
        let number = |name| self.number(name);
        match self.name.as_str() {
            "path" => Some(self.strokes()).filter(|s| !s.is_empty()).map(|s| Area::around(s.into_iter().flatten())),
            "rect" => {
                let (left, top) = (number("x"), number("y"));
                Some(Area { left, top, right: left + number("width"), bottom: top + number("height") })
            }
            "circle" => {
                let (x, y, r) = (number("cx"), number("cy"), number("r"));
                Some(Area { left: x - r, top: y - r, right: x + r, bottom: y + r })
            }
            _ => None,
        }
    }

    /// The pieces of a path, each as its points.
    pub fn strokes(&self) -> Vec<Vec<(f64, f64)>> {
        strokes(self.attribute("d").unwrap_or_default())
    }

    /// All texts at a font size of the drawing.
    pub fn texts(&self, font: f64) -> Vec<Words> {
        self.texts_anchored("start", font)
    }

    fn texts_anchored(&self, anchor: &str, font: f64) -> Vec<Words> {
        let anchor = self.attribute("text-anchor").unwrap_or(anchor);
        if self.name != "text" {
            return self.children.iter().flat_map(|child| child.texts_anchored(anchor, font)).collect();
        }
        // As `paceline.css` has them: notes are a little smaller, amounts are bold and so a little wider.
        let font = if self.has_class("note") { font * 0.93 } else { font };
        let wider = if self.has_class("amount") { 1.15 } else { 1.0 };
        let width = text::width(&self.words) / text::FONT * font * wider;
        let (x, y) = (self.number("x"), self.number("y"));
        let left = match anchor {
            "middle" => x - width / 2.0,
            "end" => x - width,
            _ => x,
        };
        let (ascent, descent) = (text::ASCENT / text::FONT * font, text::DESCENT / text::FONT * font);
        let area = Area { left, top: y - ascent, right: left + width, bottom: y + descent };
        Vec::from([Words { text: self.words.clone(), area }])
    }
}

fn strokes(path: &str) -> Vec<Vec<(f64, f64)>> {
    let mut strokes: Vec<Vec<(f64, f64)>> = Vec::new();
    let (mut x, mut y) = (0.0, 0.0);
    let mut at = 0;
    while at < path.len() {
        let command = &path[at..=at];
        let rest = &path[at + 1..];
        let end = rest.find(|c: char| c.is_ascii_alphabetic() && c != 'e').unwrap_or(rest.len());
        let numbers = rest[..end].split([',', ' ']).filter(|word| !word.is_empty());
        let n: Vec<f64> = numbers.map(|word| word.parse().unwrap()).collect();
        at += 1 + end;
        match command {
            "M" => {
                (x, y) = (n[0], n[1]);
                strokes.push(Vec::new());
            }
            "L" => (x, y) = (n[0], n[1]),
            "H" => x = n[0],
            "V" => y = n[0],
            "h" => x += n[0],
            "v" => y += n[0],
            "m" => {
                (x, y) = (x + n[0], y + n[1]);
                strokes.push(Vec::new());
            }
            // Half a circle reaches a radius above and below its chord.
            "a" => {
                let middle = x + n[5] / 2.0;
                strokes.last_mut().unwrap().extend([(middle, y - n[1]), (middle, y + n[1])]);
                (x, y) = (x + n[5], y + n[6]);
            }
            "z" => continue,
            other => panic!("unknown command {other} in {path}"),
        }
        strokes.last_mut().unwrap().push((x, y));
    }
    strokes
}

#[test]
fn a_drawing_is_read_back() {
    let html = r#"<p>x</p><svg viewBox="0 0 640 20"><g text-anchor="end"><text x="50" y="18">a &lt; b<title>c</title></text></g><path class="bar" d="M1,2h3v4h-3z"></path></svg>"#;
    let [svg] = drawings(html).try_into().unwrap();
    let [words] = svg.texts(text::FONT).try_into().unwrap();
    assert_eq!((words.text.as_str(), words.area.right), ("a < b", 50.0));
    let bar = svg.with_class("path", "bar")[0].shape().unwrap();
    assert_eq!(bar, Area { left: 1.0, top: 2.0, right: 4.0, bottom: 6.0 });
    assert_eq!(svg.view_box().right, 640.0);
}
