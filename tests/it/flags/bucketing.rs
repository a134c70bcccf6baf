//! Every key falls where npm's package puts it.

use super::reference;
use paceline::flags::{Share, pick};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Reference {
    variants: Vec<String>,
    keys: Vec<String>,
    answers: Vec<Weighting>,
    million: Vec<Million>,
}

/// One character a key: the place of its variant, or `-`.
#[derive(Deserialize)]
struct Weighting {
    flag: String,
    shares: Vec<(Option<String>, u32)>,
    answers: String,
}

#[derive(Deserialize)]
struct Million {
    flag: String,
    shares: Vec<(Option<String>, u32)>,
    counts: BTreeMap<char, u32>,
    fnv1a64: String,
}

#[test]
fn every_key_falls_where_flagd_core_puts_it() {
    let reference: Reference = serde_json::from_str(&reference("flagd_fractional.json")).unwrap();
    assert_eq!((reference.keys.len(), reference.answers.len()), (2136, 24));
    for weighting in &reference.answers {
        let shares = shares(&weighting.shares);
        assert_eq!(weighting.answers.len(), reference.keys.len(), "{}", weighting.flag);
        for (key, expected) in reference.keys.iter().zip(weighting.answers.chars()) {
            let found = character(&reference.variants, pick(&weighting.flag, key, &shares));
            assert_eq!(found, expected, "{} {key:?} {shares:?}", weighting.flag);
        }
    }
}

#[test]
fn a_million_keys_fall_where_flagd_core_puts_them() {
    let reference: Reference = serde_json::from_str(&reference("flagd_fractional.json")).unwrap();
    assert_eq!(reference.million.len(), 3);
    for million in &reference.million {
        let shares = shares(&million.shares);
        let mut counts = BTreeMap::new();
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for index in 0..1_000_000 {
            let found = character(&reference.variants, pick(&million.flag, &millionth(index), &shares));
            *counts.entry(found).or_insert(0) += 1;
            hash = (hash ^ u64::from(u32::from(found))).wrapping_mul(0x0100_0000_01b3);
        }
        assert_eq!(counts, million.counts, "{}", million.flag);
        assert_eq!(format!("{hash:016x}"), million.fnv1a64, "{}", million.flag);
    }
}

fn shares(shares: &[(Option<String>, u32)]) -> Vec<Share> {
    shares.iter().map(|(variant, weight)| Share { variant: variant.clone(), weight: *weight }).collect()
}

fn character(variants: &[String], variant: Option<&str>) -> char {
    let Some(variant) = variant else {
        return '-';
    };
    let place = variants.iter().position(|name| name == variant).unwrap();
    char::from_digit(u32::try_from(place).unwrap(), 10).unwrap()
}

/// As the script makes them.
fn millionth(index: u32) -> String {
    match index % 4 {
        0 => format!("developer-{index}"),
        1 => format!("{index}@example.org"),
        2 => format!("ü{index}"),
        _ => format!("{index}開発者😀"),
    }
}
