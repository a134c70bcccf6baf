//! Git's estimate of how much of one file survives in another.
//!
//! A file is cut into spans: after every line feed, or after 64 bytes where a line is longer. Two files share as many
//! bytes as the spans they have in common. Git does not compare the spans themselves but a hash with some 100,000
//! values, and the hash's collisions can decide about a file close to the threshold; hence its constants below.

/// Number of different span hashes: the prime that git chose.
const HASH_VALUES: u32 = 107_927;

/// Bytes after which a span ends without a line feed.
const SPAN_BYTES: u32 = 64;

/// Bytes of a file by the hash of the span they are in, ascending by hash.
#[derive(Debug, Clone, Default)]
pub struct Spans(Vec<(u32, u32)>);

impl Spans {
    /// Cuts a file into spans. In a text file the CR of a CRLF does not count.
    pub fn new(content: &[u8], is_text: bool) -> Self {
        let mut spans = Vec::with_capacity(content.len() / 24);
        let (mut low, mut high, mut length) = (0_u32, 0_u32, 0_u32);
        for (at, &byte) in content.iter().enumerate() {
            if is_text && byte == b'\r' && content.get(at + 1) == Some(&b'\n') {
                continue;
            }
            // The two words are one register of 64 bits that turns left by seven; the byte is added to its lower half.
            (low, high) = ((low << 7) ^ (high >> 25), (high << 7) ^ (low >> 25));
            low = low.wrapping_add(u32::from(byte));
            length += 1;
            if length == SPAN_BYTES || byte == b'\n' {
                spans.push((hash(low, high), length));
                (low, high, length) = (0, 0, 0);
            }
        }
        if length > 0 {
            spans.push((hash(low, high), length));
        }
        spans.sort_unstable();
        spans.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 += later.1;
            }
            same
        });
        Self(spans)
    }

    /// Bytes that `self` and `other` have in common.
    pub fn shared_bytes(&self, other: &Self) -> u64 {
        let mut others = other.0.iter().peekable();
        let mut shared = 0;
        for &(hash, bytes) in &self.0 {
            while others.next_if(|other| other.0 < hash).is_some() {}
            if let Some(other) = others.next_if(|other| other.0 == hash) {
                shared += u64::from(bytes.min(other.1));
            }
        }
        shared
    }
}

fn hash(low: u32, high: u32) -> u32 {
    low.wrapping_add(high.wrapping_mul(0x61)) % HASH_VALUES
}

#[cfg(test)]
mod tests {
    use super::Spans;

    fn shared(a: &[u8], b: &[u8]) -> u64 {
        Spans::new(a, true).shared_bytes(&Spans::new(b, true))
    }

    #[test]
    fn common_lines_count_with_their_line_feed() {
        assert_eq!(shared(b"one\ntwo\nthree\n", b"zero\ntwo\nthree\n"), 10);
        assert_eq!(shared(b"", b"zero\n"), 0);
    }

    #[test]
    fn a_repeated_line_counts_as_often_as_both_have_it() {
        assert_eq!(shared(b"x\nx\nx\n", b"x\nx\ny\n"), 4);
    }

    #[test]
    fn crlf_equals_lf_in_text_only() {
        assert_eq!(shared(b"a\r\nb\r\n", b"a\nb\n"), 4);
        assert_eq!(Spans::new(b"a\r\n", false).shared_bytes(&Spans::new(b"a\n", false)), 0);
    }

    #[test]
    fn a_last_line_without_line_feed_counts() {
        assert_eq!(shared(b"a\nlast", b"b\nlast"), 4);
    }

    #[test]
    fn different_lines_of_one_hash_are_the_same_to_git() {
        assert_eq!(shared(b"line 14003\n", b"line 28440\n"), 11);
        assert_eq!(shared(b"line 10000\n", b"line 10001\n"), 0);
    }
}
