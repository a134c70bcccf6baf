//! Tables of a repository's history and of the code in it.

use super::{Kind, Table, optional, required};

pub const REPOSITORIES: Table = Table {
    name: "repositories",
    about: "one repository",
    key: &["repository"],
    columns: &[
        required("repository", Kind::Text, "short name, unique in the data folder"),
        optional("origin", Kind::Text, "path or address it is read from, without credentials"),
        optional("default_branch", Kind::Text, "branch that HEAD names"),
        optional("head", Kind::Text, "object id of the newest collected commit"),
        optional("commits", Kind::Int, "commits reachable from the head"),
        optional("first_commit_at", Kind::Time, "earliest author date"),
        optional("last_commit_at", Kind::Time, "latest committer date"),
    ],
};

pub const COMMITS: Table = Table {
    name: "commits",
    about: "one commit reachable from the head of its repository",
    key: &["repository", "sha"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("sha", Kind::Text, "object id"),
        required("authored_at", Kind::Time, "author date: survives a rebase"),
        required("committed_at", Kind::Time, "committer date"),
        required("author_offset_minutes", Kind::Int, "the author's offset from UTC, minutes"),
        required("author_id", Kind::Person, "author"),
        required("committer_id", Kind::Person, "committer"),
        required("parents", Kind::Int, "number of parents"),
        optional("parent_shas", Kind::Text, "object ids of the parents, first parent first, separated by spaces"),
        required("is_merge", Kind::Bool, "more than one parent"),
        required("is_revert", Kind::Bool, "the subject says that it reverts another commit"),
        required("subject", Kind::Text, "first paragraph of the message, on one line"),
        optional("files_changed", Kind::Int, "files; NULL for merges, whose diff belongs to their branch"),
        optional("lines_added", Kind::Int, "lines; NULL for merges"),
        optional("lines_deleted", Kind::Int, "lines; NULL for merges"),
    ],
};

pub const COMMIT_FILES: Table = Table {
    name: "commit_files",
    about: "one file changed by one commit, as `git log --numstat -M` counts it; merges have no rows",
    key: &["repository", "sha", "path"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("sha", Kind::Text, "object id of the commit"),
        required("committed_at", Kind::Time, "committer date of the commit"),
        required("path", Kind::Text, "path after the commit"),
        optional("previous_path", Kind::Text, "path before the commit, where it was renamed"),
        required("change", Kind::Text, "added, modified, deleted or renamed"),
        optional("lines_added", Kind::Int, "lines; NULL for a binary file"),
        optional("lines_deleted", Kind::Int, "lines; NULL for a binary file"),
        optional("language", Kind::Text, "language by file name; NULL where unknown"),
        required("is_generated", Kind::Bool, "generated or vendored by its path, such as a lock file"),
        optional(
            "lines_reworked",
            Kind::Int,
            "deleted or replaced lines that had been written at most 21 days before, by author dates; NULL for binary and \
             generated files",
        ),
        optional(
            "lines_reworked_of_others",
            Kind::Int,
            "of these the lines by authors of another name and another e-mail address",
        ),
    ],
};

pub const RELEASES: Table = Table {
    name: "releases",
    about: "one tag, or one published release of a forge",
    key: &["repository", "tag"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("tag", Kind::Text, "tag without refs/tags/"),
        optional("sha", Kind::Text, "object id of the tagged commit; NULL where the source does not say"),
        required(
            "released_at",
            Kind::Time,
            "published at the forge; in a repository the tagger date, or the committer date for a lightweight tag",
        ),
    ],
};

pub const SNAPSHOT_FILES: Table = Table {
    name: "snapshot_files",
    about: "one source file of a repository at one sampled commit",
    key: &["sample", "path"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("sample", Kind::Text, "source@YYYY-MM for the end of a month, source@head for the newest commit"),
        required("sampled_at", Kind::Time, "end of the month that the sample stands for, or the head's committer date"),
        required("sha", Kind::Text, "object id of the sampled commit"),
        required("is_head", Kind::Bool, "the sample is the newest collected commit"),
        required("path", Kind::Text, "path"),
        required("blob", Kind::Text, "object id of the content"),
        required("language", Kind::Text, "language by file name"),
    ],
};

pub const BLOBS: Table = Table {
    name: "blobs",
    about: "one analysed file content, whatever its path and commit",
    key: &["blob", "language"],
    columns: &[
        required("blob", Kind::Text, "object id of the content"),
        required("language", Kind::Text, "language it was read as"),
        required("status", Kind::Text, "analysed, or why not: too large, generated, not text"),
        optional("lines", Kind::Int, "physical lines"),
        optional("code_lines", Kind::Int, "lines with code"),
        optional("comment_lines", Kind::Int, "lines with a comment"),
        optional("cyclomatic", Kind::Int, "cyclomatic complexity, summed over the functions (McCabe 1976)"),
        optional("cognitive", Kind::Int, "cognitive complexity, summed over the functions (Campbell 2018)"),
        optional("halstead_volume", Kind::Float, "Halstead volume of the whole file, bits (Halstead 1977)"),
        optional("functions", Kind::Int, "functions found"),
        optional("logical_lines", Kind::Int, "statements; NULL where it was analysed before this was measured"),
    ],
};

pub const FUNCTIONS: Table = Table {
    name: "functions",
    about: "one function of one analysed file content",
    key: &["blob", "language", "start_line", "ordinal"],
    columns: &[
        required("blob", Kind::Text, "object id of the content"),
        required("language", Kind::Text, "language it was read as"),
        required("ordinal", Kind::Int, "position among the file's functions, from 0"),
        optional("name", Kind::Text, "name; NULL for an anonymous function"),
        required("start_line", Kind::Int, "first line, from 1"),
        required("end_line", Kind::Int, "last line"),
        required("lines", Kind::Int, "physical lines"),
        required("code_lines", Kind::Int, "lines with code, those of nested functions included"),
        required("own_code_lines", Kind::Int, "lines with code that no nested function has: these sum to the file's"),
        required("cyclomatic", Kind::Int, "cyclomatic complexity (McCabe 1976)"),
        required("cognitive", Kind::Int, "cognitive complexity (Campbell 2018)"),
        required("halstead_volume", Kind::Float, "Halstead volume, bits (Halstead 1977)"),
        required("parameters", Kind::Int, "parameters"),
        optional(
            "nesting",
            Kind::Int,
            "deepest nesting of control structures; NULL where it was analysed before this was measured",
        ),
    ],
};
