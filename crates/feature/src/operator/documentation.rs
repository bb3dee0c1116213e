//! What the handbook says about an operator.

/// What the handbook says about an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Documentation {
    /// How it is called, with its namespace.
    pub name: &'static str,
    /// Raised whenever the same arguments could give other bits.
    pub version: u32,
    /// What it means on a market, in one sentence.
    pub meaning: &'static str,
    /// Its formula.
    pub formula: &'static str,
    /// What happens where values are missing.
    pub missing: &'static str,
    /// Whose definition it follows.
    pub source: &'static str,
    /// Where its values depart from Qlib's, TA-Lib's or those of pandas, and why; empty if they do not.
    pub differences: &'static str,
    /// Complete expressions over `$open $high $low $close $volume` and the category `sector` (and the facts
    /// `$$eps_q $$sales_q $$equity_a`, and instruments called `S0000` to `S0009`), which the contract
    /// tests compute; the first is the example of the handbook.
    pub samples: &'static [&'static str],
}
