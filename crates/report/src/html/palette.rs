//! The promise of the page's colours: readers with any kind of colour vision tell them apart.

use super::{STYLE, colour::N_HUES};

/// The least distance of two colours, in the units of CIE 1976: a few are seen side by side, 12 also across a chart.
const APART: f64 = 12.0;

type Vector = [f64; 3];
type Matrix = [Vector; 3];

/// Linear RGB as it looks to readers with all cones, and without those for red, green or blue: Machado, Oliveira and
/// Fernandes (2009), "A physiologically-based model for simulation of color vision deficiency", severity 1.
const VISIONS: [(&str, Matrix); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// From linear sRGB to CIE XYZ with the white of D65.
const TO_XYZ: Matrix = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];
const WHITE: Vector = [0.95047, 1.0, 1.08883];

fn times(matrix: &Matrix, vector: Vector) -> Vector {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

fn linear(hex: &str) -> Vector {
    [1, 3, 5].map(|start| {
        let channel = f64::from(u8::from_str_radix(&hex[start..start + 2], 16).unwrap()) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    })
}

fn lab(rgb: Vector) -> Vector {
    let xyz = times(&TO_XYZ, rgb);
    let f = |t: f64| if t > 216.0 / 24_389.0 { t.cbrt() } else { (24_389.0 / 27.0 * t + 16.0) / 116.0 };
    let [x, y, z] = [0, 1, 2].map(|axis| f(xyz[axis] / WHITE[axis]));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(a: Vector, b: Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn as_seen(matrix: &Matrix, hex: &str) -> Vector {
    lab(times(matrix, linear(hex)).map(|channel| channel.clamp(0.0, 1.0)))
}

/// The hues and the grey of the light page, then those of the dark one.
fn palettes() -> [Vec<(String, String)>; 2] {
    let (light, dark) = STYLE[0].split_once("prefers-color-scheme: dark").unwrap();
    [light, dark].map(|style| {
        let names = (0..N_HUES).map(|hue| format!("c{hue}")).chain(["neutral".to_owned()]);
        let colour = |name: String| {
            let (_, rest) = style.split_once(&format!("--{name}: ")).unwrap();
            (name, rest[..7].to_owned())
        };
        names.map(colour).collect()
    })
}

#[test]
fn distances_are_those_of_the_standard() {
    // White is 100 from black; the two greens that others publish: sRGB (0, 255, 0) is (87.73, −86.18, 83.18).
    assert!((distance(lab(linear("#ffffff")), lab(linear("#000000"))) - 100.0).abs() < 1e-3);
    assert!(distance(lab(linear("#00ff00")), [87.73, -86.18, 83.18]) < 0.05);
}

#[test]
fn any_two_colours_of_series_are_told_apart_with_any_vision() {
    for (colours, page) in palettes().iter().zip(["light", "dark"]) {
        for (vision, matrix) in &VISIONS {
            for (place, (name, hex)) in colours.iter().enumerate() {
                for (other, other_hex) in &colours[..place] {
                    let apart = distance(as_seen(matrix, hex), as_seen(matrix, other_hex));
                    assert!(apart >= APART, "{page}, {vision}: {name} and {other} are {apart:.1} apart");
                }
            }
        }
    }
}

#[test]
fn every_colour_of_a_series_stands_out_from_the_paper() {
    // WCAG 2.1, 1.4.11: graphics have a contrast of 3 or more.
    let luminance = |hex: &str| times(&TO_XYZ, linear(hex))[1] + 0.05;
    for (colours, paper) in palettes().iter().zip(["#ffffff", "#14181c"]) {
        for (name, hex) in colours {
            let (a, b) = (luminance(hex), luminance(paper));
            assert!(a.max(b) / a.min(b) >= 3.0, "{name} {hex} on {paper}");
        }
    }
}
