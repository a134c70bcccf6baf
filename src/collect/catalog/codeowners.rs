//! CODEOWNERS: who owns which files, in GitHub's form
//! (<https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>)
//! and GitLab's (<https://docs.gitlab.com/user/project/codeowners/reference/>).
//!
//! One rule: patterns leave here as those of .gitignore, so that who reads the table needs to know one form.

use super::Problem;
use crate::collect::observation::Who;

/// Where the file is looked for, in the order in which the forges do. The first that is there counts.
pub const PLACES: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

/// One line that names files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub position: usize,
    pub pattern: String,
    /// GitLab's section, in lower case.
    pub section: Option<String>,
    /// Nobody, where files are meant to have no owner.
    pub owners: Vec<Owner>,
}

/// Who owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// `organisation/team`, without the `@`.
    Team(String),
    Person(Who),
}

/// Lines of a file, and what is wrong in the others.
pub fn read(place: &str, text: &str) -> (Vec<Line>, Vec<Problem>) {
    let is_gitlab = place.starts_with(".gitlab/") || text.lines().any(|line| header(line).is_some());
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    let mut section: Option<(String, Vec<Owner>)> = None;
    for (index, line) in text.lines().enumerate() {
        let position = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, defaults)) = header(line).filter(|_| is_gitlab) {
            section = Some((name.to_lowercase(), owners(defaults)));
            continue;
        }
        let (pattern, rest) = first_word(line);
        if !is_gitlab && (pattern.starts_with('!') || pattern.contains('[')) {
            let message = format!("{pattern} has no effect: GitHub takes neither ! nor [ ] in CODEOWNERS");
            problems.push(Problem { place: (position, 1), message });
            continue;
        }
        let mut owners = owners(rest);
        if let Some((_, defaults)) = section.as_ref().filter(|_| owners.is_empty()) {
            owners.clone_from(defaults);
        }
        let section = section.as_ref().map(|(name, _)| name.clone());
        lines.push(Line { position, pattern: from_root(&pattern, is_gitlab), section, owners });
    }
    (lines, problems)
}

/// GitLab's `[Name]`, `^[Name]` or `[Name][2]`, with the owners of lines that name none.
fn header(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim().strip_prefix('^').unwrap_or(line.trim()).strip_prefix('[')?;
    let (name, rest) = rest.split_once(']')?;
    let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((count, rest)) if count.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => rest,
    };
    let is_header = !name.trim().is_empty() && (rest.is_empty() || rest.starts_with(char::is_whitespace));
    is_header.then_some((name.trim(), rest))
}

/// The pattern, in which `\` stands before a space or `#` that is meant.
fn first_word(line: &str) -> (String, &str) {
    let mut word = String::new();
    let mut letters = line.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, next)) if next == ' ' || next == '#' => word.push(next),
                Some((_, next)) => word.extend([letter, next]),
                None => word.push(letter),
            },
            _ if letter.is_whitespace() => return (word, &line[at..]),
            _ => word.push(letter),
        }
    }
    (word, "")
}

fn owners(text: &str) -> Vec<Owner> {
    let words = text.split_whitespace().take_while(|word| !word.starts_with('#'));
    words.filter_map(owner).collect()
}

/// `@login`, `@organisation/team` or an address. GitLab's roles, such as `@@developer`, are nobody in particular.
fn owner(word: &str) -> Option<Owner> {
    match word.strip_prefix('@') {
        Some(name) if name.is_empty() || name.starts_with('@') => None,
        Some(name) if name.contains('/') => Some(Owner::Team(name.to_lowercase())),
        Some(login) => Some(Owner::Person(Who { login: login.to_lowercase(), ..Who::default() })),
        None if word.contains('@') => Some(Owner::Person(Who { email: word.to_lowercase(), ..Who::default() })),
        None => None,
    }
}

/// GitLab looks for a pattern without a slash at its beginning in every folder, GitHub as .gitignore does.
fn from_root(pattern: &str, is_gitlab: bool) -> String {
    let inner = pattern.trim_end_matches('/');
    if pattern.starts_with('/') || pattern.starts_with("**/") || !inner.contains('/') {
        return pattern.to_owned();
    }
    if is_gitlab { format!("**/{pattern}") } else { format!("/{pattern}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(place: &str, text: &str) -> Vec<String> {
        let words = |owner: &Owner| match owner {
            Owner::Team(team) => team.clone(),
            Owner::Person(who) => format!("{}{}", who.login, who.email),
        };
        let (lines, _) = read(place, text);
        let line = |line: &Line| {
            let owners: Vec<String> = line.owners.iter().map(words).collect();
            format!(
                "{} {} {} [{}]",
                line.position,
                line.section.as_deref().unwrap_or("-"),
                line.pattern,
                owners.join(" ")
            )
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn githubs_form() {
        let text = "# all\n*  @acme/Core ann@acme.example\n\n/docs/ @Ann # writes them\napps/x\nsrc/*.rs @bob\na\\ b/ @c\n!x @d\n";
        let expected = [
            "2 - * [acme/core ann@acme.example]",
            "4 - /docs/ [ann]",
            "5 - /apps/x []",
            "6 - /src/*.rs [bob]",
            "7 - a b/ [c]",
        ];
        assert_eq!(said("CODEOWNERS", text), expected);
        let (_, problems) = read("CODEOWNERS", text);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].place, (8, 1));
    }

    #[test]
    fn gitlabs_sections() {
        let text =
            "* @a\n[Docs] @acme/web/docs\ndocs/x\n/README.md @b\n^[Data][2] @@maintainer @d\n*.sql\n[docs]\n*.md\n";
        let expected = [
            "1 - * [a]",
            "3 docs **/docs/x [acme/web/docs]",
            "4 docs /README.md [b]",
            "6 data *.sql [d]",
            "8 docs *.md []",
        ];
        assert_eq!(said("CODEOWNERS", text), expected);
    }
}
