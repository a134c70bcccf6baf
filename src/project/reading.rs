//! A content file while it is read, with what is wrong so far: checks go on, so that everything wrong is said at once.

use super::diagnostic::{Diagnostic, closest};
use super::files::{Content, Place};
use std::ops::Range;
use toml::Spanned;

pub(super) struct Reading<'a> {
    pub content: &'a Content,
    pub wrong: Vec<Diagnostic>,
}

impl<'a> Reading<'a> {
    pub fn of(content: &'a Content) -> Reading<'a> {
        Reading { content, wrong: Vec::new() }
    }

    /// Complains about what stands at `at`.
    pub fn refuse(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.wrong.push(self.content.diagnostic(at, message.into(), None));
    }

    /// Complains about a name that is none of `known`, and says which was probably meant.
    pub fn refuse_name(&mut self, name: &Spanned<String>, message: impl Into<String>, known: &[&str]) {
        let meant = closest(name.get_ref(), known);
        self.wrong.push(self.content.diagnostic(name.span(), message.into(), meant));
    }

    pub fn place<T>(&self, value: &Spanned<T>) -> Place {
        self.content.place(value.span().start)
    }

    /// The names with their places. One that stands there twice is refused.
    pub fn names(&mut self, names: &[Spanned<String>]) -> Vec<(String, Place)> {
        let mut all: Vec<(String, Place)> = Vec::with_capacity(names.len());
        for name in names {
            if all.iter().any(|(other, _)| other == name.get_ref()) {
                self.refuse(name.span(), format!("{} is listed twice", name.get_ref()));
            }
            all.push((name.get_ref().clone(), self.place(name)));
        }
        all
    }

    /// Quantiles between 0 and 1, ascending.
    pub fn quantiles(&mut self, named: &[Spanned<f64>]) -> Vec<f64> {
        for value in named {
            let quantile = *value.get_ref();
            if !(quantile > 0.0 && quantile < 1.0) {
                let message =
                    format!("{quantile} is no quantile; it must lie between 0 and 1, such as 0.5 for the median");
                self.refuse(value.span(), message);
            }
        }
        let mut all: Vec<f64> = named.iter().map(|it| *it.get_ref()).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }

    /// A text that must say something.
    pub fn filled(&mut self, what: &str, text: &Spanned<String>) -> String {
        if text.get_ref().trim().is_empty() {
            self.refuse(text.span(), format!("{what} is empty"));
        }
        text.get_ref().clone()
    }
}
