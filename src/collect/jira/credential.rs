//! Who asks a Jira.

use crate::collect::http::{HttpError, basic};
use crate::project::JiraPipeline;
use std::path::Path;

/// The value of the header `Authorization`. A token of the cloud goes with the e-mail address of its owner, a server's goes
/// alone: <https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/>.
///
/// # Errors
/// [`HttpError::Secret`] when the token cannot be read.
pub(super) fn credential(keys: &JiraPipeline, folder: &Path) -> Result<String, HttpError> {
    let token = keys.token.read(folder).map_err(HttpError::Secret)?;
    Ok(match &keys.email {
        Some(email) => basic(email, &token),
        None => format!("Bearer {token}"),
    })
}
