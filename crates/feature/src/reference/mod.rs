//! Slow, obvious twins of the kernels.
#![cfg(test)]
