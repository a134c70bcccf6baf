//! The forms of names, keys and tags, as Kubernetes has them and Backstage takes them over
//! (<https://backstage.io/docs/features/software-catalog/descriptor-format#common-to-all-kinds-the-metadata>).

/// Characters of a name, of one part of a prefix, of a tag.
const LABEL: usize = 63;

/// Characters of a prefix.
const SUBDOMAIN: usize = 253;

/// Letters, digits, `-`, `_` and `.`, a letter or digit at both ends.
pub(super) fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let ends = [bytes.first(), bytes.last()];
    bytes.len() <= LABEL && bytes.iter().all(inner) && ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
}

/// Small letters, digits and `-`, no `-` at an end.
pub(super) fn is_namespace(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LABEL).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// A letter, then letters and digits.
pub(super) fn is_kind(text: &str) -> bool {
    (1..=LABEL).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `v1`, or `example.com/v1`.
pub(super) fn is_api_version(text: &str) -> bool {
    let is_version = |it: &str| (1..=LABEL).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_alphanumeric());
    with_prefix(text, is_version)
}

/// The key of a label or an annotation: `name`, or `example.com/name`.
pub(super) fn is_key(text: &str) -> bool {
    with_prefix(text, is_name)
}

/// Parts of small letters, digits, `:`, `+` and `#`, with one `-` between them.
pub(super) fn is_tag(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b":+#".contains(&byte);
    (1..=LABEL).contains(&text.len()) && text.split('-').all(|part| !part.is_empty() && part.bytes().all(inner))
}

/// An address that a browser would take.
pub(super) fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok()
}

fn with_prefix(text: &str, is_suffix: impl Fn(&str) -> bool) -> bool {
    match text.split_once('/') {
        None => is_suffix(text),
        Some((prefix, suffix)) => {
            let is_subdomain = prefix.len() <= SUBDOMAIN && prefix.split('.').all(is_namespace);
            is_subdomain && !suffix.contains('/') && is_suffix(suffix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert!(["a", "A-b_c.d", &"x".repeat(63)].into_iter().all(is_name));
        assert!(!["", "-a", "a-", "a b", "ä", &"x".repeat(64)].into_iter().any(is_name));
        assert!(["a", "a--b", "9"].into_iter().all(is_namespace));
        assert!(!["", "A", "a.b", "-a"].into_iter().any(is_namespace));
        assert!(["java", "c++", "c#", "a:b-c"].into_iter().all(is_tag));
        assert!(!["", "Java", "a--b", "-a", "a_b"].into_iter().any(is_tag));
        assert!(["v1", "backstage.io/v1alpha1"].into_iter().all(is_api_version));
        assert!(!["", "a/b/c", "Backstage.io/v1", "/v1", "a.io/v-1"].into_iter().any(is_api_version));
        assert!(["a", "github.com/project-slug"].into_iter().all(is_key));
        assert!(!["", "github.com/", "git_hub.com/a", "a/b/c"].into_iter().any(is_key));
    }
}
