//! Operators over published facts, as they were known on a day.

use std::sync::Arc;

use super::{ArgumentFault, Arguments, Binding, Documentation, Operator, Parameter, Signature};

/// `P(x)` and `PRef(x, period)`.
struct AsKnown {
    documentation: &'static Documentation,
    signature: Signature,
}

impl Operator for AsKnown {
    fn documentation(&self) -> &Documentation {
        self.documentation
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let is_fixed = self.signature.parameters.len() > 1;
        Ok(Binding::OverPeriods(is_fixed.then(|| arguments.count(0) as u32)))
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    const OF_LATEST: Signature = Signature::new(&[Parameter::over_periods("x")]);
    const OF_FIXED: Signature =
        Signature::new(&[Parameter::over_periods("x"), Parameter::integer("period", 1_000, 999_904)]);
    vec![
        Arc::new(AsKnown { documentation: &LATEST, signature: OF_LATEST }),
        Arc::new(AsKnown { documentation: &FIXED, signature: OF_FIXED }),
    ]
}

static LATEST: Documentation = Documentation {
    name: "P",
    version: 1,
    meaning: "What published facts said at a session's close: `x` over their periods, its newest value.",
    formula: "x over the periods from the first to the newest one published by then, each with its newest version; the \
              last value",
    missing: "before the first publication (a condition: false); a period in between that was not published is a missing \
              row, and so is one that an operator's other input lacks; a fact published on a day without a session is \
              known at the next one",
    source: "Qlib",
    differences: "operators see all periods known so far where Qlib gives each of them its own window only, so that \
                  expanding and exponential ones reach further back; windows around it count the instrument's own sessions, \
                  where Qlib's reach back before its listing; results are not rounded to 32 bits",
    samples: &[
        "P($$eps_q)",
        "P(Mean($$eps_q, 4))",
        "$close / P(Sum($$eps_q, 4))",
        "P($$sales_q / Ref($$sales_q, 4) - 1)",
        "CsRank(P($$eps_q / $$sales_q), by=sector)",
        "Mean(P($$equity_a) / $close, 5)",
        "P(EMA($$eps_q, 4) > $$eps_q)",
    ],
};

static FIXED: Documentation = Documentation {
    name: "PRef",
    version: 1,
    meaning: "What published facts said at a session's close about one period: `x` over their periods, its value there.",
    formula: "x as in `P`, its value at `period`, written YYYYQQ (202003: the third quarter of 2020) or YYYY",
    missing: "as `P`, and before the first publication about the period or a later one",
    source: "Qlib",
    differences: "the windows of `x` reach the periods before `period`; in Qlib they see that period alone, and `Ref` in it \
                  is always missing",
    samples: &[
        "PRef($$eps_q, 201001)",
        "PRef($$sales_q - Ref($$sales_q, 1), 201002)",
        "PRef($$equity_a, 2009)",
    ],
};
