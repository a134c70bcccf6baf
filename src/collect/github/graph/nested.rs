//! Lists within an object: GraphQL gives their first page with it, and the others on a question of their own.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A list within an object.
pub(in crate::collect::github) struct Nested<'i> {
    /// Node id and type of the object.
    pub of: (String, &'static str),
    pub field: &'static str,
    /// The fragment that asks for a page of it.
    pub fragment: &'static str,
    /// What is said of the list beside the page, after a comma.
    pub arguments: String,
    pub list: &'i mut dyn Pages,
}

impl<'i> Nested<'i> {
    pub fn of(
        id: &str,
        kind: &'static str,
        field: &'static str,
        fragment: &'static str,
        list: &'i mut dyn Pages,
    ) -> Self {
        Nested { of: (id.to_owned(), kind), field, fragment, arguments: String::new(), list }
    }

    /// Only the types that the fragment asks for.
    pub fn typed(self) -> Self {
        let arguments = format!(", itemTypes: {}", self.fragment);
        Nested { arguments, ..self }
    }

    /// Only what this argument says.
    pub fn with(self, argument: &str) -> Self {
        Nested { arguments: format!(", {argument}"), ..self }
    }
}

/// A list that may go on, of whatever it holds.
pub(in crate::collect::github) trait Pages: Send {
    fn info(&mut self) -> &mut PageInfo;

    /// Adds the next page.
    fn add(&mut self, page: Value) -> Result<(), serde_path_to_error::Error<serde_json::Error>>;
}

/// A list that may go on. Nodes that the asker may not see are NULL.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection<T> {
    pub total_count: Option<i64>,
    pub page_info: PageInfo,
    #[serde(bound(deserialize = "T: Deserialize<'de>"), default = "Vec::new")]
    pub nodes: Vec<Option<T>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::collect::github) struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

impl<T> Connection<T> {
    /// What may be seen of it.
    pub fn items(&self) -> impl Iterator<Item = &T> {
        self.nodes.iter().flatten()
    }
}

impl<T: DeserializeOwned + Send> Pages for Connection<T> {
    fn info(&mut self) -> &mut PageInfo {
        &mut self.page_info
    }

    fn add(&mut self, page: Value) -> Result<(), serde_path_to_error::Error<serde_json::Error>> {
        let page: Connection<T> = serde_path_to_error::deserialize(page)?;
        self.nodes.extend(page.nodes);
        self.page_info = page.page_info;
        Ok(())
    }
}
