//! Words made comparable: lower case, without accents, split where no letter or digit stands.
//!
//! One rule: what two people would read aloud the same way is folded to the same; nothing is guessed beyond that.

use std::ops::Range;

/// One run of letters and digits in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// In lower case and without accents.
    pub folded: String,
}

/// The words of a text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (index, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (is_part(letter), start) {
            (true, None) => start = Some(index),
            (false, Some(from)) => {
                tokens.push(Token { at: from..index, folded: fold(&text[from..index]) });
                start = None;
            }
            _ => {}
        }
    }
    tokens
}

/// In lower case and without the accents of Latin letters. Other scripts stay as they are.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match plain(letter) {
            "" if is_accent(letter) => {}
            "" => folded.push(letter),
            plain => folded.push_str(plain),
        }
    }
    folded
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || is_accent(letter)
}

/// An accent that stands by itself behind its letter.
fn is_accent(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

/// The letters that a Latin letter with an accent, or a ligature, is written with where it cannot be typed; empty for others.
fn plain(letter: char) -> &'static str {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_case_do_not_count() {
        assert_eq!(fold("Żółć ÅSA Straße Łukasz e\u{301} 田中"), "zolc asa strasse lukasz e 田中");
        let words: Vec<String> = tokens("Zoë-Ann O'Neil <zoe@x.example>").into_iter().map(|it| it.folded).collect();
        assert_eq!(words, ["zoe", "ann", "o", "neil", "zoe", "x", "example"]);
        assert_eq!(tokens("é-b")[1].at, 3..4);
    }
}
