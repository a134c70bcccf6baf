//! The hash of a definition: two numbers with the same one were made in the same way.
//!
//! One rule: whatever can change a number is in it, and nothing else. Title, words and target are not; neither are comments
//! and white space of the SQL.

use super::Metric;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// Hexadecimal digits that are shown and stored.
const DIGITS: usize = 12;

impl Metric {
    /// The first twelve hexadecimal digits of the BLAKE3 hash of what decides the number: the SQL's words and signs, and the
    /// header's statistic, unit, dimensions, grain, `is_stock`, `sampled_of` and entity.
    pub fn hash(&self) -> String {
        let header = &self.header;
        let mut dimensions: Vec<&str> = header.dimensions.iter().map(String::as_str).collect();
        // Their order is that of a page.
        dimensions.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        let mut say = |part: &str| {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        };
        say(&header.statistic.word());
        say(&header.unit);
        say(&dimensions.join(" "));
        say(&format!("{:?}", header.grain));
        say(if header.is_stock { "stock" } else { "flow" });
        say(header.sampled_of());
        say(header.entity.as_deref().unwrap_or_default());
        words(&self.sql).iter().for_each(|word| say(word));
        hasher.finalize().to_hex()[..DIGITS].to_owned()
    }
}

/// The words and signs of a statement, or all of it where it cannot be cut into them.
fn words(sql: &str) -> Vec<String> {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else { return vec![sql.to_owned()] };
    let is_said = |token: &Token| !matches!(token, Token::Whitespace(_) | Token::SemiColon);
    tokens.into_iter().filter(is_said).map(|token| token.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use crate::project::files::Content;
    use crate::project::metric::parse;

    fn hash(header: &str, sql: &str) -> String {
        let text = format!(
            "/*\ntitle = \"T\"\nabout = \"A\"\nunit = \"hours\"\nstatistic = \"median\"\nbetter = \"lower\"\n{header}\n*/\n{sql}"
        );
        parse(&Content { file: "queries/test/m.sql".to_owned(), text, embedded: false }).unwrap().hash()
    }

    #[test]
    fn what_does_not_decide_the_number_is_not_in_the_hash() {
        let plain = hash("", "SELECT merged_at AS at, 1 AS value FROM pull_requests");
        assert_eq!(plain.len(), 12);
        let spaced = "-- why\nSELECT  merged_at AS at,\n  /* one */ 1 AS value\nFROM pull_requests;\n";
        assert_eq!(hash("", spaced), plain);
        assert_eq!(hash("target = 4.0", "SELECT merged_at AS at, 1 AS value FROM pull_requests"), plain);
        let ordered = |names: &str| hash(&format!("dimensions = [{names}]"), "SELECT 1");
        assert_eq!(ordered("\"team\", \"size\""), ordered("\"size\", \"team\""));
    }

    #[test]
    fn what_decides_the_number_is_in_the_hash() {
        let sql = "SELECT merged_at AS at, 1 AS value FROM pull_requests";
        let plain = hash("", sql);
        for header in ["dimensions = [\"team\"]", "grain = \"month\"", "is_stock = true", "entity = \"pull_requests\""]
        {
            assert_ne!(hash(header, sql), plain, "{header}");
        }
        assert_ne!(hash("", &sql.replace('1', "2")), plain);
        // White space within a text is part of the text.
        assert_ne!(hash("", "SELECT 'a b'"), hash("", "SELECT 'a  b'"));
    }
}
