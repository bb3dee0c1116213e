//! The members of a group in the order of their values.

use super::groups::Key;

/// Fewer members are sorted as they are.
const FEW: usize = 24;

/// How many values of a bucket are left to the last step, whose work grows with their square.
const CROWD: usize = 16;

/// Positive values whose mean is less than this share of the greatest have a long tail.
const TAIL: f64 = 0.1;

/// Puts values and their rows into `keys`, ascending by value; the order of equal values is of no meaning.
///
/// Values are first thrown into twice as many buckets as there are values, equally wide between the least and the
/// greatest. Returns of a session leave most buckets with one value or none, so that little is left to sort: a rank of
/// 490 returns takes 13 ns a value, and 20 to 24 if they are sorted as they come. Positive values of which most lie far
/// below the greatest (volumes, values of companies) are thrown by their bits, which go with their logarithms. What does
/// not spread (spikes, ties) is sorted bucket by bucket.
pub(super) fn ascending(values: &[f64], rows: &[u32], keys: &mut Vec<Key>, starts: &mut Vec<u32>) {
    keys.clear();
    if values.len() < FEW {
        keys.extend(values.iter().zip(rows).map(|(&value, &row)| (ordered(value), row)));
        keys.sort_unstable_by_key(|key| key.0);
        return;
    }
    let (least, greatest) = range(values);
    if least > 0.0 && values.iter().sum::<f64>() < TAIL * greatest * values.len() as f64 {
        spread(|value| (ordered(value) - ordered(least)) as f64, greatest, values, rows, keys, starts);
    } else {
        spread(|value| value - least, greatest, values, rows, keys, starts);
    }
    insert_each(keys);
}

/// Throws values into buckets by their distance from the least one, which grows with the value, and sorts full buckets.
#[inline(always)]
fn spread(
    distance: impl Fn(f64) -> f64,
    greatest: f64,
    values: &[f64],
    rows: &[u32],
    keys: &mut Vec<Key>,
    starts: &mut Vec<u32>,
) {
    let n_buckets = 2 * values.len();
    // Rounding keeps the order: a greater value is never in an earlier bucket. Where a place is no number (0 / 0), it is the first.
    let scale = n_buckets as f64 / distance(greatest);
    let last = n_buckets as i32 - 1;
    let bucket = |value: f64| ((distance(value) * scale) as i32).min(last) as usize;
    starts.clear();
    starts.resize(n_buckets, 0);
    for &value in values {
        starts[bucket(value)] += 1;
    }
    let (mut start, mut fullest) = (0, 0);
    for slot in starts.iter_mut() {
        fullest = fullest.max(*slot);
        (*slot, start) = (start, start + *slot);
    }
    keys.resize(values.len(), (0, 0));
    for (&value, &row) in values.iter().zip(rows) {
        let next = &mut starts[bucket(value)];
        keys[*next as usize] = (ordered(value), row);
        *next += 1;
    }
    if fullest as usize > CROWD {
        // Each entry is now where its bucket ends.
        let mut first = 0;
        for &end in starts.iter() {
            let end = end as usize;
            if end - first > CROWD {
                keys[first..end].sort_unstable_by_key(|key| key.0);
            }
            first = end;
        }
    }
}

/// The least and the greatest value.
fn range(values: &[f64]) -> (f64, f64) {
    const LANES: usize = 8;
    let (mut least, mut greatest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let mut chunks = values.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            least[lane] = if value < least[lane] { value } else { least[lane] };
            greatest[lane] = if value > greatest[lane] { value } else { greatest[lane] };
        }
    }
    let rest = chunks.remainder().iter().copied();
    let least = least.into_iter().chain(rest.clone()).fold(f64::INFINITY, f64::min);
    (least, greatest.into_iter().chain(rest).fold(f64::NEG_INFINITY, f64::max))
}

/// Sorts what is nearly sorted.
fn insert_each(keys: &mut [Key]) {
    for n in 1..keys.len() {
        let key = keys[n];
        let mut place = n;
        while place > 0 && keys[place - 1].0 > key.0 {
            keys[place] = keys[place - 1];
            place -= 1;
        }
        keys[place] = key;
    }
}

/// Bits that compare as the value does.
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_values() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            4 => -0.1..0.1_f64,
            2 => prop::sample::select(vec![0.0, 1.0, -1.0, 0.01]),
            1 => (-20.0..20.0_f64).prop_map(f64::exp2),
            1 => any::<f64>().prop_filter("finite", |value| value.is_finite()),
            1 => prop::sample::select(vec![f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e9, 1e9 + 1e-7]),
        ];
        let values = prop::collection::vec(value.prop_map(|value| value + 0.0), 0..200);
        (values, any::<bool>()).prop_map(|(mut values, positive)| {
            if positive {
                values = values.into_iter().map(f64::abs).collect();
            }
            values
        })
    }

    proptest! {
        #[test]
        fn sorts_whatever_there_is(values in any_values(), narrow in any::<bool>()) {
            let values = values.into_iter().map(|value| if narrow { value % 1e-3 + 0.0 } else { value });
            let values = values.collect::<Vec<_>>();
            let rows = (0..values.len() as u32).collect::<Vec<_>>();
            let (mut keys, mut starts) = (vec![(1, 1)], vec![7]);
            ascending(&values, &rows, &mut keys, &mut starts);
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            prop_assert_eq!(keys.iter().map(|key| values[key.1 as usize]).collect::<Vec<_>>(), sorted);
            let mut found = keys.iter().map(|key| key.1).collect::<Vec<_>>();
            found.sort_unstable();
            prop_assert_eq!(found, rows);
        }
    }
}
