//! The users of an account, who are on call, as identities with their e-mail addresses.

use super::payload::UserPage;
use super::{Reading, windows};
use crate::collect::Result;
use crate::collect::apply::Names;
use crate::collect::http::with_query;
use crate::collect::observation::Who;

impl Reading<'_, '_, '_, '_> {
    /// Learns who everybody is, once a day: no row names them.
    pub(super) async fn people(&mut self) -> Result<()> {
        let secret = self.session.collecting.secret;
        let mut names = Names::new(self.session.source, self.session.host.as_deref(), &secret);
        let mut offset = 0;
        loop {
            let path = with_query("/users", [("limit", windows::PAGE_TEXT), ("offset", &offset.to_string())]);
            let page = self.client.page(&path).await?;
            let said_at = page.at.unwrap_or_else(|| self.session.collecting.ambient.now());
            let UserPage { users, more } = self.client.parse(&path, &page.body)?;
            for user in users {
                let (name, email) = (user.name.unwrap_or_default(), user.email.unwrap_or_default());
                names.see(&Who { login: user.id, name, email, ..Who::default() }, said_at);
            }
            offset += windows::PAGE;
            if !more || offset + windows::PAGE > windows::MOST {
                return self.session.collecting.put_identities(&names.identities());
            }
        }
    }
}
