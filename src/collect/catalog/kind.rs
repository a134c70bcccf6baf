//! The kinds of entities that Backstage knows by itself: the specification of each, and which of its fields relate it to others.
//!
//! One rule: a kind is described here once, and both its validation and its relations follow. The kinds are those of npm's
//! `@backstage/catalog-model` 1.x, and `Template` of `@backstage/plugin-scaffolder-common`.

/// One kind.
pub struct Kind {
    pub name: &'static str,
    pub versions: &'static [&'static str],
    pub fields: &'static [Field],
    pub relations: &'static [Relation],
}

/// A field of a map.
pub struct Field {
    /// `*` stands for every field that is not named.
    pub name: &'static str,
    pub required: bool,
    pub shape: Shape,
}

/// What a field holds.
#[derive(Clone, Copy)]
pub enum Shape {
    /// A text that is not empty.
    Text,
    AnyText,
    OneOf(&'static [&'static str]),
    /// Texts that are not empty.
    TextList,
    /// A map of any texts.
    Texts,
    /// Texts that may be empty.
    AnyTexts,
    TextOrBool,
    Map(&'static [Field]),
    /// A list of maps.
    Maps {
        least: usize,
        fields: &'static [Field],
    },
    /// One map, or a list of them.
    MapOrMaps(&'static [Field]),
}

/// A field of the specification that names other entities.
pub struct Relation {
    pub field: &'static str,
    /// The word for the column `dependencies.relation`.
    pub relation: &'static str,
    /// Kind of what is named, where it does not say itself.
    pub default_kind: Option<&'static str>,
}

impl Field {
    pub const fn required(name: &'static str, shape: Shape) -> Field {
        Field { name, required: true, shape }
    }

    pub const fn optional(name: &'static str, shape: Shape) -> Field {
        Field { name, required: false, shape }
    }
}

const fn relation(field: &'static str, relation: &'static str, default_kind: Option<&'static str>) -> Relation {
    Relation { field, relation, default_kind }
}

/// The kind of that name; an API may be of a type with fields of its own.
pub fn of(name: &str, kind_of: Option<&str>) -> Option<&'static Kind> {
    if name == "API" && kind_of == Some("mcp-server") {
        return Some(&MCP_SERVER);
    }
    KINDS.iter().find(|kind| kind.name == name)
}

/// The names of all kinds.
pub fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

const BACKSTAGE: &[&str] = &["backstage.io/v1alpha1", "backstage.io/v1beta1"];

const SYSTEM: Relation = relation("system", "partOf", Some("system"));
const DEPENDS_ON: Relation = relation("dependsOn", "dependsOn", None);
const DEPENDENCY_OF: Relation = relation("dependencyOf", "dependencyOf", None);

const PROFILE: &[Field] = &[
    Field::optional("displayName", Shape::Text),
    Field::optional("email", Shape::Text),
    Field::optional("picture", Shape::Text),
];

static KINDS: [Kind; 9] = [
    Kind {
        name: "API",
        versions: BACKSTAGE,
        fields: &[
            Field::required("type", Shape::Text),
            Field::required("lifecycle", Shape::Text),
            Field::required("owner", Shape::Text),
            Field::required("definition", Shape::Text),
            Field::optional("system", Shape::Text),
        ],
        relations: &[SYSTEM],
    },
    Kind {
        name: "Component",
        versions: BACKSTAGE,
        fields: &[
            Field::required("type", Shape::Text),
            Field::required("lifecycle", Shape::Text),
            Field::required("owner", Shape::Text),
            Field::optional("system", Shape::Text),
            Field::optional("subcomponentOf", Shape::Text),
            Field::optional("providesApis", Shape::TextList),
            Field::optional("consumesApis", Shape::TextList),
            Field::optional("dependsOn", Shape::TextList),
        ],
        relations: &[
            SYSTEM,
            relation("subcomponentOf", "partOf", Some("component")),
            relation("providesApis", "providesApi", Some("api")),
            relation("consumesApis", "consumesApi", Some("api")),
            DEPENDS_ON,
            DEPENDENCY_OF,
        ],
    },
    Kind {
        name: "Domain",
        versions: BACKSTAGE,
        fields: &[
            Field::required("owner", Shape::Text),
            Field::optional("subdomainOf", Shape::Text),
            Field::optional("type", Shape::Text),
        ],
        relations: &[relation("subdomainOf", "partOf", Some("domain"))],
    },
    Kind {
        name: "Group",
        versions: BACKSTAGE,
        fields: &[
            Field::required("type", Shape::Text),
            Field::required("children", Shape::TextList),
            Field::optional("profile", Shape::Map(PROFILE)),
            Field::optional("parent", Shape::Text),
            Field::optional("members", Shape::TextList),
        ],
        relations: &[relation("parent", "childOf", Some("group")), relation("children", "parentOf", Some("group"))],
    },
    Kind {
        name: "Location",
        versions: BACKSTAGE,
        fields: &[
            Field::optional("type", Shape::Text),
            Field::optional("target", Shape::Text),
            Field::optional("targets", Shape::TextList),
            Field::optional("presence", Shape::OneOf(&["required", "optional"])),
        ],
        relations: &[],
    },
    Kind {
        name: "Resource",
        versions: BACKSTAGE,
        fields: &[
            Field::required("type", Shape::Text),
            Field::required("owner", Shape::Text),
            Field::optional("dependsOn", Shape::TextList),
            Field::optional("system", Shape::Text),
        ],
        relations: &[SYSTEM, DEPENDS_ON, DEPENDENCY_OF],
    },
    Kind {
        name: "System",
        versions: BACKSTAGE,
        fields: &[
            Field::required("owner", Shape::Text),
            Field::optional("domain", Shape::Text),
            Field::optional("type", Shape::Text),
        ],
        relations: &[relation("domain", "partOf", Some("domain"))],
    },
    Kind { name: "Template", versions: &["scaffolder.backstage.io/v1beta3"], fields: TEMPLATE, relations: &[] },
    Kind {
        name: "User",
        versions: BACKSTAGE,
        fields: &[Field::required("memberOf", Shape::TextList), Field::optional("profile", Shape::Map(PROFILE))],
        relations: &[],
    },
];

static MCP_SERVER: Kind = Kind {
    name: "API",
    versions: BACKSTAGE,
    fields: &[
        Field::required("type", Shape::Text),
        Field::required("lifecycle", Shape::Text),
        Field::required("owner", Shape::Text),
        Field::optional("system", Shape::Text),
        Field::required(
            "remotes",
            Shape::Maps {
                least: 1,
                fields: &[Field::required("type", Shape::Text), Field::required("url", Shape::Text)],
            },
        ),
    ],
    relations: &[SYSTEM],
};

const TEMPLATE: &[Field] = &[
    Field::required("type", Shape::Text),
    Field::required(
        "steps",
        Shape::Maps {
            least: 0,
            fields: &[
                Field::required("action", Shape::AnyText),
                Field::optional("id", Shape::AnyText),
                Field::optional("name", Shape::AnyText),
                Field::optional("input", Shape::Map(&[])),
                Field::optional("if", Shape::TextOrBool),
                Field::optional("backstage:permissions", PERMISSIONS),
            ],
        },
    ),
    Field::optional("owner", Shape::Text),
    Field::optional("lifecycle", Shape::Text),
    Field::optional("parameters", Shape::MapOrMaps(&[Field::optional("backstage:permissions", PERMISSIONS)])),
    Field::optional("secrets", Shape::Map(&[Field::optional("schema", Shape::Map(&[]))])),
    Field::optional(
        "presentation",
        Shape::Map(&[Field::optional(
            "buttonLabels",
            Shape::Map(&[
                Field::optional("backButtonText", Shape::AnyText),
                Field::optional("createButtonText", Shape::AnyText),
                Field::optional("reviewButtonText", Shape::AnyText),
            ]),
        )]),
    ),
    Field::optional("EXPERIMENTAL_recovery", Shape::Map(&[Field::optional("EXPERIMENTAL_strategy", Shape::AnyText)])),
    Field::optional(
        "EXPERIMENTAL_formDecorators",
        Shape::Maps {
            least: 0,
            fields: &[Field::optional("id", Shape::AnyText), Field::optional("input", Shape::Map(&[]))],
        },
    ),
    Field::optional(
        "output",
        Shape::Map(&[
            Field::optional(
                "links",
                Shape::Maps {
                    least: 0,
                    fields: &[
                        Field::optional("if", Shape::TextOrBool),
                        Field::optional("url", Shape::Text),
                        Field::optional("entityRef", Shape::Text),
                        Field::optional("title", Shape::Text),
                        Field::optional("icon", Shape::Text),
                    ],
                },
            ),
            Field::optional(
                "text",
                Shape::Maps {
                    least: 0,
                    fields: &[
                        Field::optional("if", Shape::TextOrBool),
                        Field::optional("title", Shape::Text),
                        Field::optional("icon", Shape::Text),
                        Field::optional("content", Shape::AnyText),
                    ],
                },
            ),
            Field::optional("*", Shape::AnyText),
        ]),
    ),
];

const PERMISSIONS: Shape = Shape::Map(&[Field::optional("tags", Shape::AnyTexts)]);
