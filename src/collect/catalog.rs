//! The software catalog: what files and servers of Backstage's form say, as rows with their time.
//!
//! One rule: what is valid is decided as Backstage decides it, so that a file that works there works here, and the other way
//! round. The form is described at <https://backstage.io/docs/features/software-catalog/descriptor-format>.

pub mod codeowners;
pub mod entity;
mod format;
pub mod kind;
pub mod reference;
pub(super) mod rows;
pub(super) mod timeline;
pub mod validate;
pub mod yaml;

pub use entity::Entity;

/// What is wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line and column, from 1.
    pub place: (usize, usize),
    pub message: String,
}

/// Every entity of a file, in its order, or what is wrong with it.
pub fn read(text: &str) -> Vec<Result<Entity, Problem>> {
    let documents = match yaml::documents(text) {
        Ok(documents) => documents,
        Err(problem) => return vec![Err(problem)],
    };
    documents.into_iter().filter(|document| !document.value.is_null()).map(read_one).collect()
}

fn read_one(document: yaml::Document) -> Result<Entity, Problem> {
    let yaml::Document { mut value, places } = document;
    entity::fill_placeholders(&mut value);
    let wrong = |fault: validate::Fault| Problem { place: places.of(&fault.path), message: fault.to_string() };
    validate::entity(&value).map_err(wrong)?;
    let mut entity = Entity::of(&value).map_err(wrong)?;
    entity.place = places.of(&["metadata".to_owned(), "name".to_owned()]);
    entity.owner_place = places.of(&["spec".to_owned(), "owner".to_owned()]);
    Ok(entity)
}
