//! MurmurHash3, the 32-bit variant for x86 (Austin Appleby, 2011; public domain reference in
//! <https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp>).
//!
//! One rule: over bytes this is the published algorithm; over UTF-16 code units it is what flagd's JavaScript makes of them.
//!
//! The package `imurmurhash` 0.1.4, by which `@openfeature/flagd-core` hashes, takes code units where the algorithm takes bytes.
//! A unit above 255 reaches into the byte above its own, and the high half of a block's fourth unit falls on the lowest byte. A rest
//! of three units whose third is 0x8000 or more looks negative to it and is left out. Below 256 none of this matters, so that
//! one function serves both.

/// The hash of units: bytes widened to 16 bits, or the code units of a text.
pub fn murmur3_x86_32(units: impl IntoIterator<Item = u16>, seed: u32) -> u32 {
    let mut hash = seed;
    let mut block = 0_u32;
    let mut length = 0_u32;
    for unit in units {
        let unit = u32::from(unit);
        block ^= match length % 4 {
            0 => unit,
            1 => unit << 8,
            2 => unit << 16,
            _ => (unit << 24) ^ (unit >> 8),
        };
        length = length.wrapping_add(1);
        if length.is_multiple_of(4) {
            hash = (hash ^ scrambled(block)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
            block = 0;
        }
    }
    if block.cast_signed() > 0 {
        hash ^= scrambled(block);
    }
    finished(hash ^ length)
}

fn scrambled(block: u32) -> u32 {
    block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

fn finished(mut hash: u32) -> u32 {
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::murmur3_x86_32;

    /// Bytes, seed, hash: whole blocks, rests of one to three bytes, zero bytes and texts, as they are listed where the algorithm is
    /// described (<https://en.wikipedia.org/wiki/MurmurHash>) and as PyPI's `mmh3` 5.3.1, which wraps the reference, answers.
    #[test]
    fn published_vectors() {
        let vectors: [(&[u8], u32, u32); 19] = [
            (b"", 0, 0),
            (b"", 1, 0x514e_28b7),
            (b"", 0xffff_ffff, 0x81f1_6f39),
            (&[0xff, 0xff, 0xff, 0xff], 0, 0x7629_3b50),
            (&[0x21, 0x43, 0x65, 0x87], 0, 0xf55b_516b),
            (&[0x21, 0x43, 0x65, 0x87], 0x5082_edee, 0x2362_f9de),
            (&[0x21, 0x43, 0x65], 0, 0x7e4a_8634),
            (&[0x21, 0x43], 0, 0xa0f7_b07a),
            (&[0x21], 0, 0x7266_1cf4),
            (&[0, 0, 0, 0], 0, 0x2362_f9de),
            (&[0, 0, 0], 0, 0x85f0_b427),
            (&[0, 0], 0, 0x30f4_c306),
            (&[0], 0, 0x514e_28b7),
            (b"test", 0, 0xba6b_d213),
            (b"test", 0x9747_b28c, 0x704b_81dc),
            (b"Hello, world!", 0, 0xc036_3e43),
            (b"Hello, world!", 0x9747_b28c, 0x2488_4cba),
            (b"The quick brown fox jumps over the lazy dog", 0, 0x2e4f_f723),
            (b"The quick brown fox jumps over the lazy dog", 0x9747_b28c, 0x2fa8_26cd),
        ];
        for (bytes, seed, expected) in vectors {
            let hash = murmur3_x86_32(bytes.iter().copied().map(u16::from), seed);
            assert_eq!(hash, expected, "{bytes:?} with seed {seed:#x}: {hash:#x}");
        }
    }

    #[test]
    fn a_text_of_ascii_hashes_like_its_bytes() {
        let text = "exp-developer-17@example.org";
        assert_eq!(murmur3_x86_32(text.encode_utf16(), 0), murmur3_x86_32(text.bytes().map(u16::from), 0));
    }
}
