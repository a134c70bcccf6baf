//! Pictures of easy and of hard series.

use super::*;
use crate::digest::words;
use chrono::{Days, NaiveDate};
use proptest::prelude::*;

fn figure(values: &[Option<f64>], target: Option<f64>) -> Figure {
    let first: NaiveDate = "2026-05-25".parse().unwrap();
    let point = |(i, value): (usize, &Option<f64>)| Point {
        at: first + Days::new(7 * i as u64),
        value: *value,
        low: value.map(|value| value - 1.0),
        high: value.map(|value| value + 1.0),
    };
    let series = values.iter().enumerate().map(point).collect();
    let mut figure = Figure { title: "Cycle time".to_owned(), series, target, ..Figure::default() };
    words::harmless_figure(&mut figure);
    figure
}

fn drawn(values: &[Option<f64>], target: Option<f64>) -> Picture {
    Picture::of(&figure(values, target)).unwrap()
}

#[test]
fn a_missing_value_is_a_gap_and_a_lonely_one_a_dot() {
    let picture = drawn(&[Some(2.0), Some(3.0), None, Some(9.0), None, Some(4.0), Some(5.0)], None);
    assert_eq!(picture.line.text().matches('M').count(), 2, "{}", picture.line.text());
    assert_eq!(picture.dots.text().matches('z').count(), 2, "the lonely value and the last: {}", picture.dots.text());
    assert_eq!(picture.band.text().matches('z').count(), 3, "{}", picture.band.text());
    assert!(picture.target.is_empty());
}

#[test]
fn fewer_than_two_values_are_no_picture() {
    for values in [&[][..], &[None, None], &[None, Some(1.0)], &[Some(f64::NAN), Some(1.0)]] {
        assert!(Picture::of(&figure(values, Some(1.0))).is_none(), "{values:?}");
    }
}

#[test]
fn a_picture_keeps_its_drawing() {
    let svg = drawn(&[Some(20.0), Some(22.0), None, Some(21.0)], Some(18.0)).svg();
    insta::assert_snapshot!(svg, @r##"
    <svg xmlns="http://www.w3.org/2000/svg" width="264" height="68">
    <rect x=".5" y=".5" width="263" height="67" rx="6" fill="#fff" stroke="#e2e5ea"/>
    <path d="M8,28.8L90.7,8L90.7,28.8L8,49.6zM254,18.4h4v20.8h-4z" fill="#dbe5fd" stroke="#dbe5fd" stroke-linejoin="round" stroke-linecap="round"/>
    <path d="M8,60L256,60" fill="none" stroke="#04704a" stroke-dasharray="6 4"/>
    <path d="M8,39.2L90.7,18.4" fill="none" stroke="#2052cc" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>
    <path d="M254,28.8a2,2 0 1 0 4,0a2,2 0 1 0 -4,0zM252.5,28.8a3.5,3.5 0 1 0 7,0a3.5,3.5 0 1 0 -7,0z" fill="#2052cc"/>
    </svg>
    "##);
}

/// The pixel under a place of the drawing.
fn pixel(pixels: &Pixmap, x: u32, y: u32) -> (u8, u8, u8, u8) {
    let colour = pixels.pixel(x * SCALE, y * SCALE).unwrap().demultiply();
    (colour.red(), colour.green(), colour.blue(), colour.alpha())
}

#[test]
fn the_pixels_have_frame_band_line_and_target() {
    let picture = drawn(&[Some(20.0), Some(20.0), Some(20.0)], Some(10.0));
    let pixels = picture.pixels().unwrap();
    assert_eq!((pixels.width(), pixels.height()), (528, 136));
    assert_eq!(pixel(&pixels, 0, 0).3, 0, "the corner is round");
    assert_eq!(pixel(&pixels, 4, 34), (255, 255, 255, 255), "white inside");
    let (line, band) = (12, 10);
    assert_eq!(pixel(&pixels, 60, line + 1), (0x20, 0x52, 0xcc, 255), "the line");
    assert_eq!(pixel(&pixels, 60, band - 1), (0xdb, 0xe5, 0xfd, 255), "the band");
    assert_eq!(pixel(&pixels, MARGIN as u32 + 2, HEIGHT - MARGIN as u32), (0x04, 0x70, 0x4a, 255), "the target");
}

#[test]
fn the_same_series_gives_the_same_bytes() {
    let values = [Some(31.0), Some(24.5), None, Some(27.0), Some(23.4)];
    let once = drawn(&values, Some(24.0)).png("a").unwrap();
    assert_eq!(once, drawn(&values, Some(24.0)).png("a").unwrap());
    assert!(once.starts_with(b"\x89PNG") && once.len() < 20_000, "{} bytes", once.len());
    assert_ne!(once, drawn(&values, Some(23.0)).png("a").unwrap());
}

/// How fractions of a pixel are rounded differs between processors; how the PNG is packed differs between the libraries
/// that a build links. So the pixels are compared, on the processor that this was drawn on.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_picture_keeps_its_pixels() {
    let pixels = drawn(&[Some(31.0), Some(24.5), None, Some(27.0), Some(23.4)], Some(24.0)).pixels().unwrap();
    assert_eq!(&blake3::hash(pixels.data()).to_hex()[..16], "c30c3de65b855bea");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_series_can_be_drawn(
        values in prop::collection::vec(prop::option::weighted(0.8, any::<f64>()), 0..30),
        target in prop::option::of(any::<f64>()),
    ) {
        if let Some(picture) = Picture::of(&figure(&values, target)) {
            let svg = picture.svg();
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", svg);
            prop_assert!(picture.png("any").is_ok());
        }
    }
}
