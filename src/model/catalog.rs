//! Tables of the software catalog: what there is, who owns it and what it needs, each with its time.
//!
//! One rule: a row says what held from `valid_from` until `valid_to`, and history does not move: what changes ends one row and
//! begins another. People are named here only as identities.

use super::{Kind, Table, optional, required};

pub const COMPONENTS: Table = Table {
    name: "components",
    about: "one entity of the software catalog as it was for a time: a component, API, resource, system, domain, group …",
    key: &["entity", "valid_from"],
    columns: &[
        required("entity", Kind::Text, "reference, kind:namespace/name in lower case"),
        required(
            "valid_from",
            Kind::Time,
            "when it was first seen so: the commit in a repository, our clock at a server",
        ),
        optional("valid_to", Kind::Time, "first moment no longer so; NULL while it is"),
        required("kind", Kind::Text, "component, api, resource, system, domain, group, template …"),
        required("name", Kind::Text, "name, in the source's words"),
        optional("title", Kind::Text, "name to show"),
        optional("type", Kind::Text, "type in the source's words, such as service, website or library"),
        optional("lifecycle", Kind::Text, "lifecycle in the source's words, such as production"),
        optional("system", Kind::Text, "entity of the system it is part of"),
        optional("domain", Kind::Text, "entity of the domain that it, as a system or domain, is part of"),
        optional("description", Kind::Text, "what it is"),
        optional("repository", Kind::Text, "repository its code is in"),
        optional(
            "path",
            Kind::Text,
            "folder of its code in the repository, without slashes around; empty for the whole",
        ),
        optional("team", Kind::Text, "team that it is, where it is a group"),
        optional("service", Kind::Text, "id of its service at PagerDuty"),
        optional("url", Kind::Text, "page of its code or definition"),
    ],
};

pub const COMPONENT_OWNERS: Table = Table {
    name: "component_owners",
    about: "one entity's time with one owner",
    key: &["entity", "valid_from"],
    columns: &[
        required("entity", Kind::Text, "entity that is owned"),
        required("valid_from", Kind::Time, "when it was first seen so"),
        optional("valid_to", Kind::Time, "first moment no longer so; NULL while it is"),
        optional("owner", Kind::Text, "entity of the group that owns it; NULL where a person does"),
        optional("owner_id", Kind::Person, "person who owns it; NULL where a group does"),
    ],
};

pub const DEPENDENCIES: Table = Table {
    name: "dependencies",
    about: "one entity's time in a relation to another",
    key: &["entity", "relation", "target", "valid_from"],
    columns: &[
        required("entity", Kind::Text, "entity that says so"),
        required(
            "relation",
            Kind::Text,
            "dependsOn, dependencyOf, providesApi, consumesApi, partOf, childOf or parentOf",
        ),
        required("target", Kind::Text, "the other entity, which need not be known"),
        required("valid_from", Kind::Time, "when it was first seen so"),
        optional("valid_to", Kind::Time, "first moment no longer so; NULL while it is"),
    ],
};

pub const CODE_OWNERS: Table = Table {
    name: "code_owners",
    about: "one owner that a line of CODEOWNERS names, and its time; the last line that fits a file decides",
    key: &["repository", "position", "ordinal", "valid_from"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("position", Kind::Int, "line of the file, from 1"),
        required("ordinal", Kind::Int, "which of the owners on the line, from 1; 0 where it names nobody"),
        required("valid_from", Kind::Time, "committer date on the main line since which it stands so"),
        optional("valid_to", Kind::Time, "first moment no longer so; NULL while it stands"),
        required("pattern", Kind::Text, "which files, as a pattern of .gitignore from the root"),
        optional("section", Kind::Text, "section of GitLab's form that the line is in, in lower case"),
        optional("team", Kind::Text, "team it names, such as acme/shop; NULL for a person or nobody"),
        optional("owner_id", Kind::Person, "person it names"),
    ],
};
