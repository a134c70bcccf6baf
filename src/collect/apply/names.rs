//! Names are put away: rows keep the ids of identities, and the identity store learns who they are.
//!
//! One rule: an account is its number and a commit's author is the name and address that the commit says, since neither ever
//! changes. Which login an account has, and which account a commit's author, is learned beside it and may change.

use crate::collect::is_bot;
use crate::collect::observation::{Values, Who};
use crate::model::{Kind, Table};
use crate::store::{Account, Identity, IdentityKey};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everybody that a batch of observations named.
pub(in crate::collect) struct Names<'a> {
    source: &'a str,
    /// Where the source's accounts are, if they are of a host.
    host: Option<&'a str>,
    secret: &'a [u8; 32],
    seen: BTreeMap<IdentityKey, Identity>,
}

impl<'a> Names<'a> {
    pub fn new(source: &'a str, host: Option<&'a str>, secret: &'a [u8; 32]) -> Names<'a> {
        Names { source, host, secret, seen: BTreeMap::new() }
    }

    /// Exchanges the people of a row that was said at this moment for the ids of their identities. An id, as a stored row has
    /// it, stays.
    pub fn put_away(&mut self, table: &Table, values: &mut Values, said_at: DateTime<Utc>) {
        for column in table.columns.iter().filter(|column| column.kind == Kind::Person) {
            let id = match values.remove(column.name) {
                Some(Value::String(id)) => Some(id),
                who => who.and_then(|who| self.see(&serde_json::from_value(who).ok()?, said_at)),
            };
            values.extend(id.map(|id| (column.name.to_owned(), Value::String(id))));
        }
    }

    /// Learns of somebody; the id of the identity, unless nothing is said of it. The login is an identity too: others may
    /// name the account by it.
    pub fn see(&mut self, who: &Who, said_at: DateTime<Utc>) -> Option<String> {
        let login = who.login.to_lowercase();
        let keys = keys(self.source, who);
        // A catalog's reference, such as user:default/ann, is unique within the catalog and no account of a host.
        let is_reference = login.starts_with("user:") && login.contains('/');
        let is_account = who.number.is_some() || !(login.is_empty() || is_reference);
        let account = self.host.filter(|_| is_account).map(|host| Account {
            host: host.to_owned(),
            number: who.number,
            login: login.clone(),
            seen_at: said_at,
        });
        let id = keys.first()?.id(self.secret);
        for key in keys {
            let canonical = (key.name.clone(), key.email.clone());
            let is_bot = who.is_bot || is_bot(&key.name, &key.email) || is_bot(&login, "");
            let seen = Identity { key: key.clone(), canonical, account: account.clone(), is_bot };
            match self.seen.get_mut(&key) {
                Some(known) => known.learn(seen),
                None => drop(self.seen.insert(key, seen)),
            }
        }
        Some(id)
    }

    /// Everybody who was seen.
    pub fn identities(self) -> Vec<Identity> {
        self.seen.into_values().collect()
    }
}

/// The identities of somebody, the one that rows are given first.
pub(in crate::collect) fn keys(source: &str, who: &Who) -> Vec<IdentityKey> {
    let login = who.login.to_lowercase();
    let of_source = || IdentityKey { source: source.to_owned(), ..IdentityKey::default() };
    let is_signature = !who.name.is_empty() || !who.email.is_empty();
    let signature = IdentityKey { name: who.name.clone(), email: who.email.clone(), ..of_source() };
    let number = who.number.map(|number| IdentityKey { number: Some(number), ..of_source() });
    let by_login = (!login.is_empty()).then(|| IdentityKey { login, ..of_source() });
    // Without an account there is nobody whose profile it could be.
    let is_of_account = !who.profile_email.is_empty() && (number.is_some() || by_login.is_some());
    let by_address = is_of_account.then(|| IdentityKey { email: who.profile_email.clone(), ..of_source() });
    is_signature.then_some(signature).into_iter().chain(number).chain(by_login).chain(by_address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_of_a_catalog_is_no_account() {
        let mut names = Names::new("catalog", Some("github.com"), &[7; 32]);
        for login in ["user:default/ann", "557058:ann"] {
            names.see(&Who { login: login.to_owned(), ..Who::default() }, DateTime::UNIX_EPOCH);
        }
        let accounts = names.identities().into_iter().map(|it| (it.key.login, it.account.map(|it| it.login)));
        let expected =
            [("557058:ann".to_owned(), Some("557058:ann".to_owned())), ("user:default/ann".to_owned(), None)];
        assert_eq!(accounts.collect::<Vec<_>>(), expected);
    }
}
