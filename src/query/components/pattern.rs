//! Patterns of CODEOWNERS, in the form of .gitignore (<https://git-scm.com/docs/gitignore#_pattern_format>) without `!` and `[ ]`.
//!
//! One rule: a pattern that names a folder owns all that is in it, and one that ends in `/*` only what is directly in it, as
//! GitHub describes it.

/// One pattern, cut at its slashes.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<String>,
    /// It can begin in any folder.
    is_floating: bool,
    /// It is of what is in the folder alone.
    is_folder: bool,
}

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        let is_folder = text.ends_with('/');
        let inner = text.trim_end_matches('/');
        let is_floating = !inner.contains('/');
        let parts = inner.trim_start_matches('/').split('/').filter(|part| !part.is_empty());
        Pattern { parts: parts.map(str::to_owned).collect(), is_floating, is_folder }
    }

    /// Whether it names this file or a folder around it. Every part is looked at once for each part of the path, since somebody
    /// may write many `**` into a pattern.
    pub fn fits(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').collect();
        let starts = if self.is_floating { path.len() } else { 1 };
        // How many parts of the path the pattern can have used up so far.
        let mut used: Vec<bool> = (0..=path.len()).map(|at| at < starts).collect();
        for (at, part) in self.parts.iter().enumerate() {
            if part == "**" {
                // At the end it is whatever is in the folder, elsewhere any number of folders.
                let Some(first) = used.iter().position(|it| *it) else { return false };
                if at + 1 == self.parts.len() {
                    return first < path.len();
                }
                used[first..].fill(true);
                continue;
            }
            let mut next = vec![false; used.len()];
            for (at, name) in path.iter().enumerate() {
                next[at + 1] = used[at] && is_like(part.as_bytes(), name.as_bytes());
            }
            used = next;
        }
        // The pattern is used up: what is left of the path is within what it names.
        let is_direct = self.parts.len() > 1 && self.parts.last().is_some_and(|last| last == "*");
        let ends = if self.is_folder { 0..path.len() } else { 0..used.len() };
        ends.into_iter().any(|at| used[at] && (at == path.len() || !is_direct || self.is_folder))
    }
}

/// `*` is any letters and `?` is one, neither a slash; `\` takes the meaning from the next.
fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut of) = (0, 0);
    // Where the last star was, and up to where it reached.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        let (letter, width) = match pattern.get(at) {
            Some(b'\\') if at + 1 < pattern.len() => (Some(pattern[at + 1]), 2),
            letter => (letter.copied(), 1),
        };
        let is_plain = width == 2;
        match letter {
            Some(b'*') if !is_plain => {
                star = Some((at, of));
                at += 1;
                continue;
            }
            Some(letter) if letter == name[of] || (letter == b'?' && !is_plain) => {
                at += width;
                of += 1;
                continue;
            }
            _ => {}
        }
        let Some((back, reached)) = star else { return false };
        star = Some((back, reached + 1));
        (at, of) = (back + 1, reached + 1);
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_github_describes_them() {
        let fits = |pattern: &str, paths: &[&str]| {
            let pattern = Pattern::new(pattern);
            paths.iter().map(|path| pattern.fits(path)).collect::<Vec<_>>()
        };
        assert_eq!(fits("*", &["a", "a/b/c.rs"]), [true, true]);
        assert_eq!(fits("*.js", &["a.js", "b/c/a.js", "a.jsx"]), [true, true, false]);
        assert_eq!(
            fits("/build/logs/", &["build/logs/a", "build/logs/a/b", "x/build/logs/a", "build/logs"]),
            [true, true, false, false]
        );
        assert_eq!(fits("/docs/*", &["docs/a.md", "docs/b/a.md", "x/docs/a.md"]), [true, false, false]);
        assert_eq!(fits("apps/", &["apps/a", "x/apps/a/b", "apps"]), [true, true, false]);
        assert_eq!(fits("/docs/", &["docs/a/b", "x/docs/a"]), [true, false]);
        assert_eq!(fits("/apps/github", &["apps/github", "apps/github/a", "apps/githubs"]), [true, true, false]);
        assert_eq!(fits("**/logs", &["logs/a", "build/logs/a", "a/b/logs/c/d", "a/logs2"]), [true, true, true, false]);
        assert_eq!(fits("/a/**/b.rs", &["a/b.rs", "a/x/y/b.rs", "b.rs"]), [true, true, false]);
        assert_eq!(fits("/a/**", &["a/b", "a/b/c", "a"]), [true, true, false]);
        assert_eq!(fits("a?c*e", &["abcde", "abce", "ace"]), [true, true, false]);
        assert_eq!(fits("a\\*b", &["a*b", "axb"]), [true, false]);
        assert_eq!(fits("README.md", &["README.md", "a/README.md"]), [true, true]);
        assert_eq!(fits("**/a/*", &["a/b", "x/a/b", "a/b/c", "a/a/c"]), [true, true, false, true]);
    }

    #[test]
    fn many_stars_take_no_longer() {
        let pattern = Pattern::new(&format!("/{}z", "**/".repeat(40)));
        assert!(!pattern.fits(&vec!["a"; 40].join("/")));
    }
}
