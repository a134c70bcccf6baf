//! Where a row can be seen at its source.
//!
//! One rule: an address is what a source or a repository's origin says, completed by the host's own published form, without
//! credentials; where that is not known for sure there is none.

use super::views::stored;
use super::world::ORIGINS;
use arrow::array::{Array, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::prelude::SessionContext;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

const REPOSITORIES: &str = "SELECT source, repository, origin FROM stored.repositories
    WHERE deleted_at IS NULL AND origin IS NOT NULL ORDER BY source, repository";

const KINDS: &str = "SELECT source, kind FROM stored.origins";

/// Registers `source_url(table, source, repository, key)`: the page of a row of `table` at its source, such as
/// `source_url('pull_requests', source, repository, number)`. The key is the last column of the table's key, as text or number.
/// NULL where one of them is, where the repository's address is unknown or a path, or where the host has no page for such rows.
/// Tickets, incidents and components have their page in `url`.
pub(super) async fn register(session: &SessionContext) -> Result<()> {
    let mut kinds = BTreeMap::new();
    if session.table_exist(stored(ORIGINS))? {
        each_row(session, KINDS, |row| drop(kinds.insert(row[0].clone(), row[1].clone()))).await?;
    }
    let mut places = BTreeMap::new();
    each_row(session, REPOSITORIES, |row| {
        let kind = kinds.get(&row[0]).map(String::as_str);
        places.extend(Place::of(&row[2], kind).map(|place| ((row[0].clone(), row[1].clone()), place)));
    })
    .await?;
    session.register_udf(ScalarUDF::new_from_impl(SourceUrl { signature: signature(), places: Arc::new(places) }));
    Ok(())
}

/// Rows of text without NULL.
async fn each_row(session: &SessionContext, sql: &str, mut see: impl FnMut(&[String])) -> Result<()> {
    for batch in session.sql(sql).await?.collect().await? {
        for row in 0..batch.num_rows() {
            let texts = batch.columns().iter().map(|column| column.as_string::<i32>().value(row).to_owned());
            see(&texts.collect::<Vec<_>>());
        }
    }
    Ok(())
}

fn signature() -> Signature {
    Signature::any(4, Volatility::Stable)
}

/// Whose form the addresses of a host have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    Github,
    Gitlab,
    /// Gitea and what came of it, such as codeberg.org.
    Gitea,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    host: Host,
    /// Of the repository's page, without a slash at the end.
    base: String,
}

impl Place {
    fn of(origin: &str, kind: Option<&str>) -> Option<Place> {
        let base = page(origin)?;
        let name = base.split('/').nth(2)?;
        let is_of = |word: &str| name == format!("{word}.com") || name.starts_with(&format!("{word}."));
        let host = match kind {
            Some("github") => Host::Github,
            Some("gitlab") => Host::Gitlab,
            _ if is_of("github") => Host::Github,
            _ if is_of("gitlab") => Host::Gitlab,
            _ if name == "codeberg.org" || is_of("gitea") => Host::Gitea,
            _ => return None,
        };
        Some(Place { host, base })
    }

    /// The page of a row.
    fn page_of(&self, table: &str, key: &str) -> Option<String> {
        let path = match (table, self.host) {
            ("repositories", _) => return Some(self.base.clone()),
            ("pull_requests" | "pull_request_commits" | "pull_request_events" | "reviews" | "review_comments", _)
                if key.parse::<u64>().is_err() =>
            {
                return None;
            }
            ("pull_requests", Host::Github) => "pull",
            ("pull_requests", Host::Gitlab) => "-/merge_requests",
            ("pull_requests", Host::Gitea) => "pulls",
            ("commits" | "commit_files", Host::Gitlab) => "-/commit",
            ("commits" | "commit_files", _) => "commit",
            ("builds", Host::Github) => "actions/runs",
            ("builds", Host::Gitlab) => "-/pipelines",
            ("releases", Host::Gitlab) => "-/releases",
            ("releases", _) => "releases/tag",
            _ => return None,
        };
        let escaped: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        Some(format!("{}/{path}/{}", self.base, escaped.replace('+', "%20").replace("%2F", "/")))
    }
}

/// The web page of a repository's address: `git@host:path` and `https://user:word@host/path.git` alike are
/// `https://host/path`. A path on this machine has none.
fn page(origin: &str) -> Option<String> {
    let address = match origin.split_once("://") {
        Some(("http" | "https" | "ssh" | "git", rest)) => rest.to_owned(),
        Some(_) => return None,
        None => {
            let (host, path) = origin.split_once(':')?;
            if host.contains('/') || path.starts_with('/') && !host.contains('@') {
                return None;
            }
            format!("{host}/{}", path.trim_start_matches('/'))
        }
    };
    let scheme = if origin.starts_with("http://") { "http" } else { "https" };
    let (host, path) = address.split_once('/')?;
    let host = host.rsplit('@').next().unwrap_or(host);
    // The port of ssh is none of the page's.
    let host = if origin.starts_with("http") { host } else { host.split(':').next().unwrap_or(host) };
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{scheme}://{host}/{path}"))
}

#[derive(Debug)]
struct SourceUrl {
    signature: Signature,
    /// By source and repository.
    places: Arc<BTreeMap<(String, String), Place>>,
}

impl PartialEq for SourceUrl {
    fn eq(&self, other: &SourceUrl) -> bool {
        Arc::ptr_eq(&self.places, &other.places)
    }
}

impl Eq for SourceUrl {}

impl Hash for SourceUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.places.len().hash(state);
    }
}

impl ScalarUDFImpl for SourceUrl {
    fn name(&self) -> &'static str {
        "source_url"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let texts = arrays.iter().map(|array| cast(array, &DataType::Utf8)).collect::<Result<Vec<_>, _>>()?;
        let text = |column: usize, row: usize| {
            let texts: &StringArray = texts[column].as_string();
            texts.is_valid(row).then(|| texts.value(row))
        };
        let url = |row: usize| {
            let place = self.places.get(&(text(1, row)?.to_owned(), text(2, row)?.to_owned()))?;
            place.page_of(text(0, row)?, text(3, row)?)
        };
        let rows = texts.first().map_or(0, |texts| texts.len());
        Ok(ColumnarValue::Array(Arc::new((0..rows).map(url).collect::<StringArray>())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_repositories() {
        let app = Some("https://github.com/acme/app".to_owned());
        assert_eq!(page("https://github.com/acme/app.git"), app);
        assert_eq!(page("https://user:secret@github.com/acme/app/"), app);
        assert_eq!(page("git@github.com:acme/app.git"), app);
        assert_eq!(page("ssh://git@github.com:22/acme/app.git"), app);
        assert_eq!(
            page("http://git.example.org:3000/acme/app"),
            Some("http://git.example.org:3000/acme/app".to_owned())
        );
        for nowhere in ["/srv/git/app.git", "../app", "file:///srv/app", "C:/app", "https://github.com", ""] {
            assert_eq!(page(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn pages_of_rows() {
        let url =
            |origin: &str, kind: Option<&str>, table: &str, key: &str| Place::of(origin, kind)?.page_of(table, key);
        let github = |table, key| url("https://github.com/acme/app", None, table, key).unwrap_or_default();
        assert_eq!(github("pull_requests", "7"), "https://github.com/acme/app/pull/7");
        assert_eq!(github("commits", "abc"), "https://github.com/acme/app/commit/abc");
        assert_eq!(github("builds", "9"), "https://github.com/acme/app/actions/runs/9");
        assert_eq!(github("releases", "v1 b"), "https://github.com/acme/app/releases/tag/v1%20b");
        assert_eq!(github("deployments", "9"), "");
        assert_eq!(github("pull_requests", "seven"), "");
        let own = "https://code.example.org/acme/app";
        assert_eq!(url(own, None, "commits", "abc"), None);
        let merge_request = url(own, Some("gitlab"), "pull_requests", "7").unwrap();
        assert_eq!(merge_request, "https://code.example.org/acme/app/-/merge_requests/7");
        assert_eq!(url("https://notgithub.com/a/b", None, "commits", "abc"), None);
    }
}
