//! A window in chunks of equal length, which compilers turn into vector instructions.

/// How many sums run side by side. Part of the results that are summed so: to change it changes their last bits.
pub(super) const LANES: usize = 8;

/// Masks of the bits that are kept, in each lane of a chunk, by how many values the chunk has.
static KEPT: [[u64; LANES]; LANES] = {
    let mut kept = [[0; LANES]; LANES];
    let mut length = 0;
    while length < LANES {
        let mut lane = 0;
        while lane < length {
            kept[length][lane] = u64::MAX;
            lane += 1;
        }
        length += 1;
    }
    kept
};

/// The rows of an instrument, missing ones as NaN, so far extended that a chunk may reach beyond the last one.
pub(super) fn padded(values: &[f64]) -> Vec<f64> {
    let mut padded = Vec::with_capacity(values.len() + LANES);
    padded.extend(values.iter().map(|&value| if value.is_finite() { value + 0.0 } else { f64::NAN }));
    padded.resize(values.len() + LANES, f64::NAN);
    padded
}

/// Calls `each` with the first `length` of the values in chunks; the last one is filled up with NaN.
#[inline(always)]
pub(super) fn chunks(padded: &[f64], length: usize, mut each: impl FnMut(&[f64; LANES])) {
    let (chunks, _) = padded.as_chunks::<LANES>();
    let (whole, rest) = chunks.split_at(length / LANES);
    for chunk in whole {
        each(chunk);
    }
    let kept = &KEPT[length % LANES];
    let mut last = rest[0];
    for lane in 0..LANES {
        last[lane] = f64::from_bits(last[lane].to_bits() | !kept[lane]);
    }
    each(&last);
}

/// The sum over all lanes, in an order that halves a vector register step by step.
#[inline(always)]
pub(super) fn total(sums: [f64; LANES]) -> f64 {
    ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))
}
