//! A column of numbers of which some are unknown.
//!
//! One rule: what is unknown is told apart from every number, also from those that are none (NaN).

/// Numbers by row, some unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// 0 where unknown.
    values: Vec<f64>,
    /// Absent while all are known.
    is_known: Option<Vec<bool>>,
}

impl Numbers {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The row's number, or `None` where it is unknown.
    pub fn get(&self, row: usize) -> Option<f64> {
        match &self.is_known {
            Some(is_known) if !is_known[row] => None,
            _ => Some(self.values[row]),
        }
    }

    /// Known numbers at the end.
    pub(in crate::metric) fn extend_known(&mut self, values: &[f64]) {
        self.values.extend_from_slice(values);
        if let Some(is_known) = &mut self.is_known {
            is_known.resize(self.values.len(), true);
        }
    }

    /// These rows alone.
    pub(in crate::metric) fn keep(&mut self, is_kept: &[bool]) {
        super::keep(&mut self.values, is_kept);
        self.is_known.iter_mut().for_each(|is_known| super::keep(is_known, is_kept));
    }

    /// The rows of another column at the end.
    pub(in crate::metric) fn append(&mut self, other: &Numbers) {
        match &other.is_known {
            None => self.extend_known(&other.values),
            Some(_) => self.extend((0..other.len()).map(|row| other.get(row))),
        }
    }
}

impl Extend<Option<f64>> for Numbers {
    fn extend<I: IntoIterator<Item = Option<f64>>>(&mut self, numbers: I) {
        for number in numbers {
            if number.is_none() {
                self.is_known.get_or_insert_with(|| vec![true; self.values.len()]);
            }
            if let Some(is_known) = &mut self.is_known {
                is_known.push(number.is_some());
            }
            self.values.push(number.unwrap_or_default());
        }
    }
}

impl FromIterator<Option<f64>> for Numbers {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(numbers: I) -> Numbers {
        let mut all = Numbers::default();
        all.extend(numbers);
        all
    }
}
