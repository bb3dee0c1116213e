//! The promises of every cross-section, and agreement with its slow twin.

use proptest::prelude::*;

use super::*;
use crate::reference::cross_section as twin;

type Kernel = fn(&[f64], Option<&[u32]>, &mut Scratch, &mut [f64]);
type Describe = fn(&[f64], Option<&[u32]>, usize, &mut Scratch, &mut [f64]);

/// A kernel, and its twin for the present members of a group and one row's value.
struct Contract {
    name: &'static str,
    kernel: Kernel,
    twin: fn(&[f64], f64) -> f64,
    /// Whether the value stands on all rows of the group.
    describes: bool,
    /// Whether it depends on the order of rows, in its last bits.
    ordered: bool,
}

const CONTRACTS: [Contract; 9] = [
    Contract { name: "rank", kernel: rank, twin: twin::rank, describes: false, ordered: false },
    Contract {
        name: "quantile_bucket",
        kernel: |values, groups, scratch, out| quantile_bucket(values, groups, 5, scratch, out),
        twin: |values, value| twin::quantile_bucket(values, 5, value),
        describes: false,
        ordered: false,
    },
    Contract { name: "zscore", kernel: zscore, twin: twin::zscore, describes: false, ordered: true },
    Contract {
        name: "robust_zscore",
        kernel: robust_zscore,
        twin: twin::robust_zscore,
        describes: false,
        ordered: false,
    },
    Contract { name: "demean", kernel: demean, twin: twin::demean, describes: false, ordered: true },
    Contract {
        name: "winsorize",
        kernel: |values, groups, scratch, out| winsorize(values, groups, 0.1, scratch, out),
        twin: |values, value| twin::winsorize(values, 0.1, value),
        describes: false,
        ordered: false,
    },
    Contract {
        name: "median",
        kernel: |values, groups, scratch, out| on_rows(median, values, groups, scratch, out),
        twin: |values, _| twin::median(values),
        describes: true,
        ordered: false,
    },
    Contract {
        name: "mean",
        kernel: |values, groups, scratch, out| on_rows(mean, values, groups, scratch, out),
        twin: |values, _| twin::mean(values),
        describes: true,
        ordered: true,
    },
    Contract {
        name: "std",
        kernel: |values, groups, scratch, out| on_rows(std, values, groups, scratch, out),
        twin: |values, _| twin::std(values),
        describes: true,
        ordered: true,
    },
];

/// What describes the groups, on their rows.
fn on_rows(kernel: Describe, values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]) {
    let codes = groups.map_or(vec![0; values.len()], <[u32]>::to_vec);
    let present = codes.iter().filter(|code| **code != MISSING_GROUP);
    let mut of_groups = vec![0.5; present.max().map_or(1, |&most| most as usize + 1)];
    kernel(values, groups, 1, scratch, &mut of_groups);
    for (out, code) in out.iter_mut().zip(codes) {
        *out = of_groups.get(code as usize).copied().unwrap_or(f64::NAN);
    }
}

impl Contract {
    fn run(&self, values: &[f64], groups: Option<&[u32]>) -> Vec<f64> {
        let mut out = vec![0.5; values.len()];
        (self.kernel)(values, groups, &mut Scratch::default(), &mut out);
        out
    }
}

/// One session: values (some missing, many equal) and a group code each (some missing).
fn session() -> impl Strategy<Value = Vec<(f64, u32)>> {
    let value = prop_oneof![
        4 => -1.0..1.0,
        3 => (-3_i8..3).prop_map(f64::from),
        2 => Just(f64::NAN),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(-0.0),
        1 => (-1.0..1.0).prop_map(|u| 1e9 + u),
    ];
    let group = prop_oneof![5 => 0..4_u32, 1 => Just(MISSING_GROUP), 1 => Just(70_000)];
    prop::collection::vec((value, group), 0..80)
}

fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    values.into_iter().map(f64::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn cross_sections_agree_with_their_twins(session in session(), grouped in any::<bool>()) {
        let (values, groups): (Vec<_>, Vec<_>) = session.iter().copied().unzip();
        for contract in CONTRACTS {
            let actual = contract.run(&values, grouped.then_some(&groups));
            for (row, &(value, group)) in session.iter().enumerate() {
                let mates = session.iter().filter(|(_, other)| !grouped || *other == group).map(|(value, _)| *value);
                let members = mates.filter(|value| value.is_finite()).collect::<Vec<_>>();
                let outside = grouped && group == MISSING_GROUP || members.is_empty();
                let absent = !contract.describes && !value.is_finite();
                let expected = if outside || absent { f64::NAN } else { (contract.twin)(&members, value) };
                let size = members.iter().fold(1.0, |size: f64, value| size.max(value.abs()));
                let same = if expected.is_nan() {
                    actual[row].to_bits() == f64::NAN.to_bits()
                } else {
                    (actual[row] - expected).abs() <= 1e-13 * (size + expected.abs())
                        || contract.name.contains("zscore") && (actual[row] - expected).abs() <= 1e-6 * expected.abs() + 1e-6
                };
                prop_assert!(same, "{} row {row}: {} not {expected} among {members:?}", contract.name, actual[row]);
            }
        }
    }

    #[test]
    fn rows_without_a_value_change_no_bit(session in session(), holes in prop::collection::vec(0..80_usize, 0..9)) {
        let mut wider = session.clone();
        for hole in holes {
            wider.insert(hole.min(wider.len()), (f64::NAN, 1));
        }
        let split = |rows: &[(f64, u32)]| rows.iter().copied().unzip::<_, _, Vec<_>, Vec<_>>();
        let ((values, groups), (wide, wide_groups)) = (split(&session), split(&wider));
        for contract in CONTRACTS {
            for grouped in [false, true] {
                let narrow = contract.run(&values, grouped.then_some(&groups));
                let wide = contract.run(&wide, grouped.then_some(&wide_groups));
                let of_present = |values: &[f64], rows: &[(f64, u32)]| {
                    let present = rows.iter().zip(values).filter(|((value, _), _)| !value.is_nan());
                    bits(present.map(|(_, value)| *value).collect::<Vec<_>>())
                };
                prop_assert_eq!(of_present(&narrow, &session), of_present(&wide, &wider), "{}", contract.name);
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter_where_nothing_is_summed(session in session()) {
        let (values, groups): (Vec<_>, Vec<_>) = session.iter().copied().unzip();
        let (back, back_groups): (Vec<_>, Vec<_>) = session.iter().rev().copied().unzip();
        for contract in CONTRACTS.iter().filter(|contract| !contract.ordered) {
            let forward = contract.run(&values, Some(&groups));
            let backward = contract.run(&back, Some(&back_groups));
            prop_assert_eq!(bits(forward), bits(backward.into_iter().rev()), "{}", contract.name);
        }
    }
}

#[test]
fn a_scratch_keeps_nothing_from_one_session_to_the_next() {
    for contract in CONTRACTS {
        let mut scratch = Scratch::default();
        let (mut used, values) = ([0.0; 4], [1.0, 3.0, f64::NAN, 2.0]);
        (contract.kernel)(&[9.0, f64::NAN, 7.0, 7.0], Some(&[1, 2, 1, 2]), &mut scratch, &mut used);
        (contract.kernel)(&values, None, &mut scratch, &mut used);
        assert_eq!(bits(used), bits(contract.run(&values, None)), "{}", contract.name);
    }
}

#[test]
fn equal_values_have_no_spread() {
    let values = [0.1; 7];
    let of = |name: &str| {
        let contract = CONTRACTS.iter().find(|contract| contract.name == name).unwrap();
        contract.run(&values, None)[3]
    };
    assert_eq!((of("mean"), of("std"), of("demean"), of("rank")), (0.1, 0.0, 0.0, 4.0 / 7.0));
    assert!(of("zscore").is_nan() && of("robust_zscore").is_nan());
}

/// The ranks of pandas: `Series(values).rank(method=..., pct=True)`.
#[test]
fn ranks_of_equal_values_follow_the_rule() {
    const NAN: f64 = f64::NAN;
    let values = [3.0, 1.0, NAN, 3.0, 2.0, 1.0, 3.0, 0.0, -0.0, 5.0];
    let ninths = |places: [f64; 10]| places.map(|place| place / 9.0);
    let expected = [
        (Ties::Average, ninths([7.0, 3.5, NAN, 7.0, 5.0, 3.5, 7.0, 1.5, 1.5, 9.0])),
        (Ties::Min, ninths([6.0, 3.0, NAN, 6.0, 5.0, 3.0, 6.0, 1.0, 1.0, 9.0])),
        (Ties::Max, ninths([8.0, 4.0, NAN, 8.0, 5.0, 4.0, 8.0, 2.0, 2.0, 9.0])),
        (Ties::First, ninths([6.0, 3.0, NAN, 7.0, 5.0, 4.0, 8.0, 1.0, 2.0, 9.0])),
        (Ties::Dense, [0.8, 0.4, NAN, 0.8, 0.6, 0.4, 0.8, 0.2, 0.2, 1.0]),
    ];
    for (by, expected) in expected {
        let mut out = [0.0; 10];
        rank_with(&values, None, by, &mut Scratch::default(), &mut out);
        for (a, b) in out.iter().zip(expected) {
            assert!(a.is_nan() && b.is_nan() || (a - b).abs() < 1e-15, "{by:?}: {out:?}");
        }
    }
}

#[test]
fn buckets_are_equally_full() {
    let mut out = [0.0; 10];
    let values = [5.0, 1.0, 2.0, 9.0, 8.0, 3.0, 4.0, 7.0, 6.0, 0.0];
    quantile_bucket(&values, None, 5, &mut Scratch::default(), &mut out);
    assert_eq!(out, [3.0, 1.0, 2.0, 5.0, 5.0, 2.0, 3.0, 4.0, 4.0, 1.0]);
}
