//! A column of texts in which few are different.
//!
//! One rule: each different text is kept once, in the order of the alphabet, so that equal columns are equal.

use arrow::array::{Array, ArrayRef, AsArray, downcast_dictionary_array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::collections::HashMap;

/// The code of a text that is unknown.
pub const UNKNOWN: u32 = u32::MAX;

/// Texts by row, some unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Texts {
    codes: Vec<u32>,
    names: Vec<String>,
}

impl Texts {
    /// The code of a row's text, or [`UNKNOWN`].
    pub fn code(&self, row: usize) -> u32 {
        self.codes[row]
    }

    /// The codes of all rows.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The different texts in the order of the alphabet; a code is a place in them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// These rows alone.
    pub(in crate::metric) fn keep(&mut self, is_kept: &[bool]) {
        super::keep(&mut self.codes, is_kept);
    }

    /// The row's text, or `None` where it is unknown.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.names.get(self.codes[row] as usize).map(String::as_str)
    }
}

impl<'t> FromIterator<Option<&'t str>> for Texts {
    fn from_iter<I: IntoIterator<Item = Option<&'t str>>>(texts: I) -> Texts {
        let mut builder = TextsBuilder::default();
        texts.into_iter().for_each(|text| builder.push(text));
        builder.finish()
    }
}

/// Texts as they are read.
#[derive(Debug, Default)]
pub struct TextsBuilder {
    texts: Texts,
    /// Only looked into, never walked through: its order is nobody's.
    places: HashMap<String, u32>,
    /// The code of the row before: rows of one thing often follow each other.
    last: Option<u32>,
}

impl TextsBuilder {
    fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(UNKNOWN, |text| self.code_of(text));
        self.texts.codes.push(code);
    }

    fn code_of(&mut self, text: &str) -> u32 {
        if let Some(last) = self.last.filter(|last| self.texts.names[*last as usize] == text) {
            return last;
        }
        let code = match self.places.get(text) {
            Some(code) => *code,
            None => {
                let code = self.texts.names.len() as u32;
                self.texts.names.push(text.to_owned());
                self.places.insert(text.to_owned(), code);
                code
            }
        };
        self.last = Some(code);
        code
    }

    /// The rows of an array at the end.
    ///
    /// # Errors
    /// An array that has no text.
    pub(in crate::metric) fn extend(&mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().iter().for_each(|text| self.push(text)),
            DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(|text| self.push(text)),
            DataType::Utf8View => array.as_string_view().iter().for_each(|text| self.push(text)),
            DataType::Dictionary(_, _) => self.extend_dictionary(array)?,
            _ => return self.extend(&cast(array, &DataType::Utf8)?),
        }
        Ok(())
    }

    /// Each text of the dictionary is looked up once, not each row.
    fn extend_dictionary(&mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        let array = array.as_ref();
        downcast_dictionary_array!(
            array => {
                let mut different = TextsBuilder::default();
                different.extend(array.values())?;
                let names = &different.texts.names;
                let codes: Vec<u32> = names.iter().map(|name| self.code_of(name)).collect();
                let code_of = |key: usize| codes.get(different.texts.codes[key] as usize).copied().unwrap_or(UNKNOWN);
                self.texts.codes.extend(array.keys_iter().map(|key| key.map_or(UNKNOWN, code_of)));
            }
            other => return Err(ArrowError::CastError(format!("{other} has no text")))
        );
        Ok(())
    }

    /// The rows of another column at the end.
    pub(in crate::metric) fn append(&mut self, other: TextsBuilder) {
        let codes: Vec<u32> = other.texts.names.iter().map(|name| self.code_of(name)).collect();
        let code_of = |code: u32| codes.get(code as usize).copied().unwrap_or(UNKNOWN);
        self.texts.codes.extend(other.texts.codes.into_iter().map(code_of));
    }

    /// The column, its texts in order.
    pub(in crate::metric) fn finish(mut self) -> Texts {
        let mut order: Vec<u32> = (0..self.texts.names.len() as u32).collect();
        order.sort_unstable_by(|a, b| self.texts.names[*a as usize].cmp(&self.texts.names[*b as usize]));
        let mut places = vec![0_u32; order.len()];
        for (place, code) in order.iter().enumerate() {
            places[*code as usize] = place as u32;
        }
        for code in self.texts.codes.iter_mut().filter(|code| **code != UNKNOWN) {
            *code = places[*code as usize];
        }
        self.texts.names.sort_unstable();
        self.texts
    }
}
