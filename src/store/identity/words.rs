//! The words that named erased people, as keyed hashes: they are found in a text without being kept.
//!
//! One rule: a word is erased as a whole. "ann" is found in "from ann/fix" and not in "cannot".
//!
//! Words are full names, e-mail addresses and logins. A word is compared letter by letter and digit by digit, whatever its
//! case and accents, and whatever up to three other characters stand between its parts: "Ann Example" is found in
//! "ann_example" too. A name of one word is not erased, since many people are called Ann, and neither is a login of fewer
//! than three letters or one that is an ordinary word of the trade: it would eat texts that are not about the person.

use super::folding::{Token, tokens};
use std::collections::{BTreeSet, HashSet};

/// More parts than any name or address has; longer ones are cut.
const MOST_PARTS: usize = 8;

/// Characters between two parts of a word.
const MOST_BETWEEN: usize = 3;

/// A login with fewer letters and digits is left where it stands.
const LEAST_LETTERS: usize = 3;

/// Logins that are words of everyday texts. They are left where they stand.
const ORDINARY: [&str; 64] = [
    "admin", "agent", "all", "alpha", "api", "app", "backend", "beta", "bot", "branch", "bug", "build", "chore", "ci",
    "client", "closed", "code", "commit", "data", "deploy", "dev", "develop", "docs", "feat", "feature", "fix", "from",
    "frontend", "git", "github", "gitlab", "head", "hotfix", "info", "into", "issue", "lib", "main", "master", "merge",
    "mail", "new", "none", "open", "ops", "pull", "release", "request", "revert", "root", "server", "src", "support",
    "system", "team", "test", "tests", "the", "update", "user", "web", "with", "work", "www",
];

/// A hash of a word, keyed by the folder's secret.
type Hash = [u8; 16];

/// The words that named erased people.
#[derive(Clone, Debug, Default)]
pub struct ErasedWords {
    secret: [u8; 32],
    whole: HashSet<Hash>,
    /// Of the first part of each, so that most of a text is passed over at once.
    starts: HashSet<Hash>,
}

/// What a word is, to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hashed {
    pub whole: Hash,
    pub start: Hash,
}

impl ErasedWords {
    pub(super) fn new(secret: &[u8; 32], hashed: impl IntoIterator<Item = Hashed>) -> ErasedWords {
        let mut words = ErasedWords { secret: *secret, ..ErasedWords::default() };
        for Hashed { whole, start } in hashed {
            words.whole.insert(whole);
            words.starts.insert(start);
        }
        words
    }

    /// Whether nobody was erased.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// The text with a mark in place of each erased word; `None` where there is none. The mark is the same for the same word,
    /// so that what was two keys stays two.
    pub fn clean(&self, text: &str) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let tokens = tokens(text);
        let (mut cleaned, mut copied, mut at) = (String::new(), 0, 0);
        while at < tokens.len() {
            match self.found(text, &tokens[at..]) {
                Some((parts, hash)) => {
                    cleaned.push_str(&text[copied..tokens[at].at.start]);
                    cleaned.push_str(&mark(&hash));
                    copied = tokens[at + parts - 1].at.end;
                    at += parts;
                }
                None => at += 1,
            }
        }
        (copied > 0).then(|| cleaned + &text[copied..])
    }

    /// How many of the first tokens are an erased word, the longest there is.
    fn found(&self, text: &str, tokens: &[Token]) -> Option<(usize, Hash)> {
        if !self.starts.contains(&hash(&self.secret, b"start", &tokens[..1])) {
            return None;
        }
        let is_near = |pair: &[Token]| text[pair[0].at.end..pair[1].at.start].chars().count() <= MOST_BETWEEN;
        let near = 1 + tokens.windows(2).take_while(|pair| is_near(pair)).take(MOST_PARTS - 1).count();
        (1..=near).rev().find_map(|parts| {
            let hash = hash(&self.secret, b"whole", &tokens[..parts]);
            self.whole.contains(&hash).then_some((parts, hash))
        })
    }
}

fn mark(hash: &Hash) -> String {
    let hex: String = hash[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("erased-{hex}")
}

fn hash(secret: &[u8; 32], purpose: &[u8], tokens: &[Token]) -> Hash {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(purpose);
    for token in tokens {
        hasher.update(b" ").update(token.folded.as_bytes());
    }
    let mut hash = Hash::default();
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}

/// What a person is called, before it is forgotten.
#[derive(Debug, Default)]
pub(super) struct Called {
    words: BTreeSet<Vec<String>>,
    /// What is too short or too ordinary to be looked for.
    pub left: BTreeSet<String>,
}

impl Called {
    /// Adds a full name, also with the family name first.
    pub fn name(&mut self, name: &str) {
        let mut parts = parts(name);
        match parts.len() {
            0 => {}
            1 => drop(self.left.insert(name.trim().to_owned())),
            _ => {
                self.words.insert(parts.clone());
                parts.rotate_right(1);
                self.words.insert(parts);
            }
        }
    }

    /// Adds an e-mail address.
    pub fn email(&mut self, email: &str) {
        let parts = parts(email);
        if parts.len() > 1 {
            self.words.insert(parts);
        }
    }

    /// Adds a login.
    pub fn login(&mut self, login: &str) {
        let parts = parts(login);
        let letters: usize = parts.iter().map(|part| part.chars().count()).sum();
        let is_ordinary = parts.len() == 1 && ORDINARY.contains(&parts[0].as_str());
        if letters >= LEAST_LETTERS && !is_ordinary {
            self.words.insert(parts);
        } else if letters > 0 {
            self.left.insert(login.to_owned());
        }
    }

    pub fn hashed(&self, secret: &[u8; 32]) -> Vec<Hashed> {
        let token = |folded: &String| Token { at: 0..0, folded: folded.clone() };
        let hashed = |word: &Vec<String>| {
            let tokens: Vec<Token> = word.iter().map(token).collect();
            Hashed { whole: hash(secret, b"whole", &tokens), start: hash(secret, b"start", &tokens[..1]) }
        };
        self.words.iter().map(hashed).collect()
    }
}

fn parts(word: &str) -> Vec<String> {
    tokens(word).into_iter().map(|token| token.folded).take(MOST_PARTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: [u8; 32] = [7; 32];

    fn erased(names: &[&str], emails: &[&str], logins: &[&str]) -> (ErasedWords, Vec<String>) {
        let mut called = Called::default();
        names.iter().for_each(|it| called.name(it));
        emails.iter().for_each(|it| called.email(it));
        logins.iter().for_each(|it| called.login(it));
        (ErasedWords::new(&SECRET, called.hashed(&SECRET)), called.left.into_iter().collect())
    }

    #[test]
    fn whole_words_are_erased_and_nothing_beside_them() {
        let (words, left) = erased(&["Zoë Example", "Zoë"], &["zoe@work.example"], &["zoe-x", "anneke", "test", "ab"]);
        assert_eq!(left, ["Zoë", "ab", "test"]);
        let clean = |text: &str| {
            words.clean(text).map(|it| {
                let mut text = String::new();
                for (index, part) in it.split("erased-").enumerate() {
                    text += if index == 0 { part } else { &part[8..] };
                    text.push('#');
                }
                text.pop();
                text
            })
        };
        assert_eq!(clean("Merge pull request #7 from anneke/fix").as_deref(), Some("Merge pull request #7 from #/fix"));
        assert_eq!(clean("by ZOE EXAMPLE <zoe@work.example>.").as_deref(), Some("by # <#>."));
        assert_eq!(clean("docs/zoe_x/Example, Zoë.md").as_deref(), Some("docs/#/#.md"));
        assert_eq!(clean("anneke").as_deref(), Some("#"));
        for text in ["janneke tests ab", "zoe", "example of zoe", "work.example", "", "zoe has every example"] {
            assert_eq!(clean(text), None, "{text}");
        }
        assert_ne!(words.clean("anneke"), words.clean("zoe-x"));
    }

    proptest! {
        #[test]
        fn what_was_cleaned_is_clean(text in "([ab] ?|Zoe Example|[.@/é]){0,12}") {
            let (words, _) = erased(&["Zoë Example", "a b"], &["a@b.example"], &["bab"]);
            let cleaned = words.clean(&text).unwrap_or(text);
            prop_assert_eq!(words.clean(&cleaned), None);
        }
    }
}
