//! People in files: the words go into the identity store, the table gets the identity's id.

use crate::collect::observation::Who;
use crate::collect::{is_bot, rows};
use crate::store::{Identity, IdentityKey};
use arrow::array::{ArrayRef, StringArray};
use std::collections::HashMap;

/// The people of one source that were met in a run, each written out once.
pub(super) struct People {
    source: String,
    secret: [u8; 32],
    /// By what was written; `None` where that names nobody.
    ids: HashMap<String, Option<String>>,
    new: Vec<Identity>,
}

impl People {
    pub fn new(source: &str, secret: [u8; 32]) -> People {
        People { source: source.to_owned(), secret, ids: HashMap::new(), new: Vec::new() }
    }

    /// Exchanges what is written for ids.
    pub fn exchange(&mut self, written: &StringArray) -> ArrayRef {
        for text in written.iter().flatten() {
            if !self.ids.contains_key(text) {
                let key = key(&self.source, text);
                let id = key.as_ref().map(|key| key.id(&self.secret));
                self.ids.insert(text.to_owned(), id);
                self.new.extend(key.map(identity));
            }
        }
        rows::optional_texts(written.iter().map(|text| self.ids.get(text?)?.as_deref()))
    }

    /// Those who were not met before the last call.
    pub fn take_new(&mut self) -> Vec<Identity> {
        std::mem::take(&mut self.new)
    }
}

fn identity(key: IdentityKey) -> Identity {
    let is_bot = is_bot(&key.name, &key.email) || is_bot(&key.login, "");
    Identity { canonical: (key.name.clone(), key.email.clone()), key, account: None, is_bot }
}

/// The person that a word of a source names; `None` where it names nobody.
pub(in crate::collect) fn who(text: &str) -> Option<Who> {
    let IdentityKey { name, email, login, .. } = key("", text)?;
    Some(Who { name, email, login, ..Who::default() })
}

/// Reads a login, an e-mail address or `Name <e-mail>`.
pub(super) fn key(source: &str, text: &str) -> Option<IdentityKey> {
    let text = text.trim();
    let key = IdentityKey { source: source.to_owned(), ..IdentityKey::default() };
    if let Some((name, email)) = text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        let (name, email) = (name.trim().to_owned(), email.trim().to_owned());
        return (!name.is_empty() || !email.is_empty()).then_some(IdentityKey { name, email, ..key });
    }
    let text = text.to_owned();
    match text.as_str() {
        "" => None,
        _ if text.contains('@') => Some(IdentityKey { email: text, ..key }),
        _ => Some(IdentityKey { login: text, ..key }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_written_in_three_ways() {
        let parts = |text: &str| key("s", text).map(|it| (it.name, it.email, it.login));
        let of = |name: &str, email: &str, login: &str| Some((name.to_owned(), email.to_owned(), login.to_owned()));
        assert_eq!(parts(" dev-1 "), of("", "", "dev-1"));
        assert_eq!(parts("a@b.example"), of("", "a@b.example", ""));
        assert_eq!(parts("A B <a@b.example>"), of("A B", "a@b.example", ""));
        assert_eq!(parts("A B <>"), of("A B", "", ""));
        assert_eq!((parts(""), parts(" <>")), (None, None));
    }
}
