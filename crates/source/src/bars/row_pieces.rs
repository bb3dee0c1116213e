//! Source rows, some at a time, brought into the order of instruments.

use std::ops::Range;

/// The number of an instrument that is not wanted.
pub(super) const UNWANTED: u32 = u32::MAX;

/// The number of source rows that are brought into order at a time.
pub(super) const PIECE: usize = 1 << 18;

/// Some source rows in the order of their block.
pub(super) struct Piece<'a> {
    /// The number of the first row.
    pub first: u32,
    /// The code of each row's instrument in the block.
    pub codes: &'a [u32],
    pub days: &'a [i32],
    /// The number of each of the block's instruments, or [`UNWANTED`].
    pub numbers: &'a [u32],
    /// Whether the frozen list leaves each row; `None` if it leaves all.
    pub kept: Option<Vec<bool>>,
}

impl Piece<'_> {
    /// The kept rows of wanted instruments: the place in the piece, and the instrument's code.
    fn kept(&self) -> impl Iterator<Item = (usize, usize)> {
        let codes = self.codes.iter().map(|&code| code as usize).enumerate();
        let is_kept = |at: usize| self.kept.as_ref().is_none_or(|kept| kept[at]);
        codes.filter(move |&(at, code)| self.numbers[code] != UNWANTED && is_kept(at))
    }
}

/// The kept rows of a piece, instrument by instrument.
pub(super) struct SortedPiece {
    /// The place at which the rows of each code begin; one more entry.
    offsets: Vec<u32>,
    pub rows: Vec<u32>,
    pub days: Vec<i32>,
}

impl SortedPiece {
    /// Sort by counting, which keeps the order of an instrument's rows.
    pub(super) fn new(piece: &Piece<'_>) -> Self {
        let n_codes = piece.numbers.len();
        let mut offsets = vec![0_u32; n_codes + 1];
        for (_, code) in piece.kept() {
            offsets[code + 1] += 1;
        }
        for code in 0..n_codes {
            offsets[code + 1] += offsets[code];
        }
        let mut next = offsets.clone();
        let n_rows = offsets[n_codes] as usize;
        let (mut rows, mut days) = (vec![0; n_rows], vec![0; n_rows]);
        for (at, code) in piece.kept() {
            let place = next[code] as usize;
            (rows[place], days[place]) = (piece.first + at as u32, piece.days[at]);
            next[code] += 1;
        }
        Self { offsets, rows, days }
    }

    /// The places of the rows of a code.
    pub(super) fn of(&self, code: usize) -> Range<usize> {
        self.offsets[code] as usize..self.offsets[code + 1] as usize
    }
}
