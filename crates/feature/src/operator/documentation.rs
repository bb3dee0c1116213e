//! The entry of the handbook about an operator.

/// The entry of the handbook about an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Documentation {
    /// The name of the operator, with its namespace.
    pub name: &'static str,
    /// Raised whenever the same arguments could give other bits.
    pub version: u32,
    /// The meaning of its values on a market, in one sentence.
    pub meaning: &'static str,
    /// The formula of a value.
    pub formula: &'static str,
    /// The rule for missing values.
    pub missing: &'static str,
    /// The program or paper whose definition it follows.
    pub source: &'static str,
    /// The differences from the values of Qlib, TA-Lib or pandas, and why; empty if there are none.
    pub differences: &'static str,
    /// Complete expressions over `$open $high $low $close $volume` and the category `sector` (and the facts
    /// `$$eps_q $$sales_q $$equity_a`, and instruments called `S0000` to `S0009`), which the contract
    /// tests compute; the first is the example of the handbook.
    pub samples: &'static [&'static str],
}
