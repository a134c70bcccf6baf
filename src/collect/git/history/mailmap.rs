//! `.mailmap`: who somebody wants to be counted as.

use super::Identity;
use gix::bstr::ByteSlice;

/// Maps the name and address that a commit states to those that the repository's mailmap asks for, as `git shortlog`
/// does.
///
/// gix can resolve too, but also rewrites the letter case of an address when only the name is mapped; git does not.
#[derive(Debug, Default)]
pub struct Mailmap {
    by_email: std::collections::HashMap<String, EmailRules>,
}

#[derive(Debug, Default)]
struct EmailRules {
    any_name: Replacement,
    by_name: std::collections::HashMap<String, Replacement>,
}

#[derive(Debug, Default)]
struct Replacement {
    name: Option<String>,
    email: Option<String>,
}

impl Mailmap {
    /// Reads `.mailmap` of the working tree, or of HEAD's tree in a bare repository, then what the settings
    /// `mailmap.blob` and `mailmap.file` name. Like git, goes on without what cannot be read.
    pub fn read(repo: &gix::Repository) -> Self {
        let mut map = Self::default();
        for entry in repo.open_mailmap().entries() {
            let replacement = Replacement {
                name: entry.new_name().map(ToString::to_string),
                email: entry.new_email().map(ToString::to_string),
            };
            let rules = map.by_email.entry(entry.old_email().to_str_lossy().to_ascii_lowercase()).or_default();
            match entry.old_name() {
                Some(name) => {
                    rules.by_name.insert(name.to_str_lossy().to_ascii_lowercase(), replacement);
                }
                None => rules.any_name = replacement,
            }
        }
        map
    }

    /// The identity to count under.
    pub fn resolve(&self, identity: &Identity) -> Identity {
        let Some(rules) = self.by_email.get(&identity.email.to_ascii_lowercase()) else { return identity.clone() };
        let replacement = rules.by_name.get(&identity.name.to_ascii_lowercase()).unwrap_or(&rules.any_name);
        Identity {
            name: replacement.name.as_ref().unwrap_or(&identity.name).clone(),
            email: replacement.email.as_ref().unwrap_or(&identity.email).clone(),
        }
    }
}
