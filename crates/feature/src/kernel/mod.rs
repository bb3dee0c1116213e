//! Pure loops from slices to a slice: the arithmetic of every operator.
//!
//! A kernel sees the rows of one instrument, oldest first (or, in [`cross_section`], of one session), and knows
//! nothing of panels, threads or caches. Missing is NaN, in and out; a non-finite input counts as missing in every
//! window and every cross-section.
//!
//! **The window rule.** A value depends on the rows of its own window and on their session numbers, never on what came
//! before or after: dropping history in front of a window or changing anything behind it leaves the bits. Sums are
//! therefore never updated by subtracting what leaves; [`rolling`] says what happens instead. What is recursive by
//! nature ([`recursive`], and windows of length 0, which expand from the first row) depends on where its history
//! starts, and on nothing else.
//!
//! **Vector instructions.** The loops are plain Rust; `multiversion` compiles them also for wider vectors and picks a form
//! at run time. Which sums run side by side, and in which order they meet, stands in the source, and nothing is fused:
//! all forms give the same bits.
//!
//! To add one: a file in the family's folder (the smallest to imitate is `rolling/wma.rs`), one line in the family's
//! `mod.rs`, its slow twin in `reference/`, and a line in `contract.rs`.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for wider vectors")]

#[cfg(test)]
mod contract;
pub mod cross_section;
pub mod pair;
pub mod recursive;
mod roll;
pub mod rolling;
pub mod shift;
mod sum;
pub mod talib;
mod window;

pub use roll::Asked;
pub use window::{Window, WindowError};

/// The one pattern of NaN that kernels write, whatever the processor made of `0 / 0` (x86 sets the sign).
#[inline(always)]
fn canonical(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

/// A finite value, with one zero; `None` is missing.
///
/// Two zeros that compare equal but print differently would make an order statistic depend on which came first.
#[inline(always)]
fn present(value: f64) -> Option<f64> {
    value.is_finite().then_some(value + 0.0)
}
