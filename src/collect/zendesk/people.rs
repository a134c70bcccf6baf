//! The users that come with tickets, as identities with their e-mail addresses.

use super::payload::User;
use crate::collect::Result;
use crate::collect::apply::Names;
use crate::collect::observation::Who;
use crate::collect::session::Session;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Those that were learned in this run.
#[derive(Default)]
pub(super) struct People {
    known: BTreeMap<i64, (Option<String>, Option<String>)>,
}

impl People {
    /// Learns whose the accounts are. Rows name the account alone.
    pub fn learn<C: Serialize + DeserializeOwned + Default>(
        &mut self,
        session: &mut Session<'_, '_, C>,
        users: Vec<User>,
        said_at: DateTime<Utc>,
    ) -> Result<()> {
        let secret = session.collecting.secret;
        let mut names = Names::new(session.source, session.host.as_deref(), &secret);
        let mut is_new = false;
        for user in users {
            let said = (user.name, user.email);
            if self.known.get(&user.id) == Some(&said) {
                continue;
            }
            let (name, email) = said.clone();
            let (name, email) = (name.unwrap_or_default(), email.unwrap_or_default());
            names.see(&Who { number: Some(user.id), name, email, ..Who::default() }, said_at);
            self.known.insert(user.id, said);
            is_new = true;
        }
        if is_new { session.collecting.put_identities(&names.identities()) } else { Ok(()) }
    }
}
