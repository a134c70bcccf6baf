//! The identity store: the only place that knows names, logins and e-mail addresses.
//!
//! Tables hold an identity's id, an opaque keyed hash. Which person an identity belongs to is decided here and joined at
//! reading, so that a merge or a changed `.mailmap` is retroactive without touching a fact.

use super::{Result, State};
use rusqlite::params;

/// How a source names somebody. Empty text where it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey {
    /// The pipeline that saw it.
    pub source: String,
    pub name: String,
    pub email: String,
    pub login: String,
}

/// One identity with the person it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub key: IdentityKey,
    /// Name and e-mail address after `.mailmap`.
    pub canonical: (String, String),
    pub is_bot: bool,
}

impl IdentityKey {
    /// The opaque id of this identity in a folder with this secret: 128 bits as hexadecimal.
    pub fn id(&self, secret: &[u8; 32]) -> String {
        self.hash(secret, b"identity")
    }

    fn hash(&self, secret: &[u8; 32], purpose: &[u8]) -> String {
        let mut hasher = blake3::Hasher::new_keyed(secret);
        for part in
            [purpose, self.source.as_bytes(), self.name.as_bytes(), self.email.as_bytes(), self.login.as_bytes()]
        {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

impl Identity {
    /// The opaque id of the person: identities with the same canonical e-mail address, whatever its case, are one person.
    /// Without an address the login decides, and without that the name.
    fn person(&self, secret: &[u8; 32]) -> String {
        let mut key = IdentityKey::default();
        if !self.canonical.1.is_empty() {
            key.email = self.canonical.1.to_lowercase();
        } else if !self.key.login.is_empty() {
            key.login = self.key.login.to_lowercase();
        } else {
            key.name.clone_from(&self.canonical.0);
        }
        key.hash(secret, b"person")
    }
}

impl State {
    /// Adds identities, or updates to whom they belong, in one transaction.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn put_identities(&mut self, secret: &[u8; 32], identities: &[Identity]) -> Result<()> {
        let path = self.path.clone();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.connection.transaction()?;
            {
                let sql = "INSERT OR REPLACE INTO identities VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
                let mut insert = transaction.prepare(sql)?;
                for identity in identities {
                    let (key, canonical) = (&identity.key, &identity.canonical);
                    insert.execute(params![
                        key.id(secret),
                        identity.person(secret),
                        key.source,
                        key.name,
                        key.email,
                        key.login,
                        canonical.0,
                        canonical.1,
                        identity.is_bot,
                    ])?;
                }
            }
            transaction.commit()
        };
        write().map_err(|source| super::StoreError::Sqlite { path, source })
    }

    /// Every identity as (identity id, person id, identity), by identity id.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn identities(&self) -> Result<Vec<(String, String, Identity)>> {
        let sql = "SELECT identity, person, source, name, email, login, canonical_name, canonical_email, is_bot
                   FROM identities ORDER BY identity";
        self.rows(sql, |row| {
            let key = IdentityKey { source: row.get(2)?, name: row.get(3)?, email: row.get(4)?, login: row.get(5)? };
            let identity = Identity { key, canonical: (row.get(6)?, row.get(7)?), is_bot: row.get(8)? };
            Ok((row.get(0)?, row.get(1)?, identity))
        })
    }
}
