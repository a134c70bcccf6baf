//! Where things stand in a metric's file, for whoever complains about them later.

use super::super::files::{Place, position};
use super::Metric;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

impl Metric {
    /// The place of a byte offset of the file.
    pub fn place(&self, offset: usize) -> Place {
        let (line, column) = position(&self.sql, offset);
        Place { file: self.file.clone(), line, column }
    }

    /// The value of a header's key, or the start of the file where the header has it not.
    pub fn place_of_key(&self, key: &str) -> Place {
        let keys: BTreeMap<String, Spanned<Value>> = self.header_as().unwrap_or_default();
        self.place(keys.get(key).map_or(0, |value| HEADER + value.span().start))
    }

    /// One of the header's dimensions.
    pub fn place_of_dimension(&self, name: &str) -> Place {
        #[derive(Deserialize)]
        struct Dimensions {
            dimensions: Vec<Spanned<String>>,
        }
        let dimensions = self.header_as::<Dimensions>().map(|it| it.dimensions).unwrap_or_default();
        let found = dimensions.iter().find(|dimension| dimension.get_ref() == name);
        self.place(found.map_or(0, |dimension| HEADER + dimension.span().start))
    }

    /// The first line of the query, after the header.
    pub fn place_of_query(&self) -> Place {
        let line = self.sql.find("*/").map_or(1, |end| self.sql[..end].matches('\n').count() + 2);
        Place { file: self.file.clone(), line, column: 1 }
    }

    fn header_as<T: for<'de> Deserialize<'de>>(&self) -> Option<T> {
        let end = self.sql.find("*/")?;
        toml::from_str(self.sql.get(HEADER..end)?).ok()
    }
}

/// Length of what opens the comment.
const HEADER: usize = 2;
