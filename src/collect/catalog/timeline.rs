//! What held from when until when, from what was found at one moment after another.
//!
//! One rule: a value that did not change goes on, so that its row says when it began.

use std::collections::BTreeMap;

/// A value and its time, in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span<K, V> {
    pub key: K,
    pub value: V,
    pub from: i64,
    pub to: Option<i64>,
}

/// Values by key as time goes on.
#[derive(Debug)]
pub struct Timeline<K, V> {
    open: BTreeMap<K, (V, i64)>,
    /// What ended at the moment that is spoken of, since it may begin again at that very moment.
    ended: BTreeMap<K, (V, i64)>,
    now: i64,
    closed: Vec<Span<K, V>>,
}

impl<K: Ord + Clone, V: PartialEq> Timeline<K, V> {
    pub fn new() -> Timeline<K, V> {
        Timeline { open: BTreeMap::new(), ended: BTreeMap::new(), now: i64::MIN, closed: Vec::new() }
    }

    /// From this moment on the key has this value, or none. Moments come in their order; of several at one moment the last
    /// counts.
    pub fn set(&mut self, key: &K, value: Option<V>, at: i64) {
        if at != self.now {
            self.close();
            self.now = at;
        }
        if self.open.get(key).map(|(known, _)| known) == value.as_ref() {
            return;
        }
        if let Some((known, from)) = self.open.remove(key)
            && from < at
        {
            self.ended.insert(key.clone(), (known, from));
        }
        if let Some(value) = value {
            // What ended at this very moment and is again as it was has never ended.
            let again = self.ended.get(key).filter(|(ended, _)| *ended == value).map(|(_, from)| *from);
            if again.is_some() {
                self.ended.remove(key);
            }
            self.open.insert(key.clone(), (value, again.unwrap_or(at)));
        }
    }

    /// What ended before can no longer begin again.
    fn close(&mut self) {
        let to = Some(self.now);
        let ended = std::mem::take(&mut self.ended).into_iter();
        self.closed.extend(ended.map(|(key, (value, from))| Span { key, value, from, to }));
    }

    /// The keys that have a value now.
    pub fn keys(&self) -> Vec<K> {
        self.open.keys().cloned().collect()
    }

    /// All values, by key and time.
    pub fn spans(mut self) -> Vec<Span<K, V>> {
        self.close();
        let open = self.open.into_iter().map(|(key, (value, from))| Span { key, value, from, to: None });
        let mut all: Vec<Span<K, V>> = self.closed.into_iter().chain(open).collect();
        all.sort_by(|a, b| (&a.key, a.from).cmp(&(&b.key, b.from)));
        all
    }
}

impl<K: Ord + Clone, V: PartialEq> Default for Timeline<K, V> {
    fn default() -> Timeline<K, V> {
        Timeline::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_on_until_they_change() {
        let mut line = Timeline::new();
        for (at, value) in
            [(1, Some("a")), (2, Some("a")), (3, Some("b")), (3, Some("c")), (5, None), (7, Some("c")), (7, None)]
        {
            line.set(&"k", value, at);
        }
        line.set(&"l", Some("x"), 1);
        line.set(&"l", None, 4);
        line.set(&"l", Some("x"), 4);
        let spans: Vec<_> = line.spans().into_iter().map(|it| (it.key, it.value, it.from, it.to)).collect();
        assert_eq!(spans, [("k", "a", 1, Some(3)), ("k", "c", 3, Some(5)), ("l", "x", 1, None)]);
    }

    /// A line that is put into the beginning of a long file ends all those below it, and a file may have changed often.
    #[test]
    fn a_long_history_is_no_longer_for_each_of_its_changes() {
        let mut line = Timeline::new();
        for at in 0..200_i64 {
            for key in 0..1000_i64 {
                line.set(&key, Some(at), at);
            }
        }
        assert_eq!(line.spans().len(), 200_000);
    }
}
