//! Who asks a Jira.

use crate::collect::http::HttpError;
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
        Some(email) => format!("Basic {}", base64(format!("{email}:{token}").as_bytes())),
        None => format!("Bearer {token}"),
    })
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let three = part.iter().chain(&[0, 0]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..4 {
            let letter = LETTERS[three >> (18 - 6 * place) & 63];
            text.push(if place <= part.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xbf]), "+/+/");
    }
}
