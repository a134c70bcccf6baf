//! References to entities: `[kind:][namespace/]name`
//! (<https://backstage.io/docs/features/software-catalog/references>).
//!
//! One rule: two references are of one entity when they are the same in lower case.

use std::fmt;

/// A complete reference, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

/// The namespace of what names none.
pub const DEFAULT_NAMESPACE: &str = "default";

impl Reference {
    /// The reference of an entity by its own fields.
    pub fn new(kind: &str, namespace: Option<&str>, name: &str) -> Reference {
        let namespace = namespace.unwrap_or(DEFAULT_NAMESPACE);
        Reference { kind: kind.to_lowercase(), namespace: namespace.to_lowercase(), name: name.to_lowercase() }
    }

    /// Reads a reference that leaves out what the context says.
    ///
    /// # Errors
    /// What is missing.
    pub fn parse(text: &str, default_kind: Option<&str>, default_namespace: &str) -> Result<Reference, String> {
        let slash = text.find('/');
        let colon = text.find(':').filter(|colon| slash.is_none_or(|slash| *colon < slash));
        let kind = colon.map(|colon| &text[..colon]).or(default_kind);
        let rest = colon.map_or(0, |colon| colon + 1);
        let namespace = slash.map_or(default_namespace, |slash| &text[rest..slash]);
        let name = &text[slash.map_or(rest, |slash| slash + 1)..];
        match kind {
            None => Err(format!("names {text:?} without its kind, such as component:{text}")),
            Some(kind) if kind.is_empty() || namespace.is_empty() || name.is_empty() => {
                Err(format!("is {text:?}, which is not of the form [kind:][namespace/]name"))
            }
            Some(kind) => Ok(Reference::new(kind, Some(namespace), name)),
        }
    }

    /// Whether it names a person, whose name stays out of the tables.
    pub fn is_user(&self) -> bool {
        self.kind == "user"
    }

    /// The name of the team that a group is: its name, with its namespace unless that is the default.
    pub fn team(&self) -> String {
        if self.namespace == DEFAULT_NAMESPACE {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind, self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_left_out_come_from_the_context() {
        let read = |text: &str| Reference::parse(text, Some("Group"), "work").map(|it| it.to_string());
        assert_eq!(read("Shop").unwrap(), "group:work/shop");
        assert_eq!(read("other/Shop").unwrap(), "group:other/shop");
        assert_eq!(read("user:Ann").unwrap(), "user:work/ann");
        assert_eq!(read("API:x/y").unwrap(), "api:x/y");
        // A colon after the slash belongs to the name.
        assert_eq!(read("a/b:c").unwrap(), "group:a/b:c");
        for wrong in ["", ":a", "a:", "/a", "a/", "k:/a", "k:n/"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let unknown = Reference::parse("shop", None, "default").unwrap_err();
        assert_eq!(unknown, "names \"shop\" without its kind, such as component:shop");
    }
}
