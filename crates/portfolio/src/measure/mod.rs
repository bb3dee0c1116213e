//! How well it went, in numbers with published formulas.
