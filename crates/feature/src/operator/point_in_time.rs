//! Operators over published facts, as they were known on a day.

use std::sync::Arc;

use backstaff_panel::Session;

use super::{ArgumentFault, Arguments, Binding, Bound, Documentation, Meant, Operator, Parameter, Signature};
use crate::LookBack;

/// `P(x)`, `PRef(x, period)` and `PLatest(x)`.
struct AsKnown {
    documentation: &'static Documentation,
    signature: Signature,
    binding: fn(u32) -> Binding,
}

impl Operator for AsKnown {
    fn documentation(&self) -> &Documentation {
        self.documentation
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        Ok((self.binding)(arguments.count(0) as u32))
    }
}

/// A statistic of a quantity that is published from the beginning of the fiscal year to the end of a quarter.
struct OfYearToDate {
    documentation: &'static Documentation,
    look_back: usize,
    /// From the values of quarters, oldest first, the place of one of them and its number in its year, 0 to 3.
    value: fn(&[f64], usize, usize) -> Option<f64>,
}

impl Operator for OfYearToDate {
    fn documentation(&self) -> &Documentation {
        self.documentation
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[Parameter::series("x")]);
        &SIGNATURE
    }

    fn bind(&self, _: &Arguments) -> Result<Binding, ArgumentFault> {
        let value = self.value;
        let work = move |inputs: &[&[f64]], quarters: &[Session], out: &mut [f64]| {
            for (t, (out, quarter)) in out.iter_mut().zip(quarters).enumerate() {
                let of_year = quarter.number().rem_euclid(4) as usize;
                *out = value(inputs[0], t, of_year).unwrap_or(f64::NAN);
            }
        };
        Ok(Bound::instrument(LookBack::Sessions(self.look_back), work).of_quarters().into())
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    const STALE: Parameter = Parameter::integer("stale", 0, 100_000).or(0.0);
    const NEWEST: Signature = Signature::new(&[Parameter::over_periods("x"), STALE]);
    const FIXED: Signature =
        Signature::new(&[Parameter::over_periods("x"), Parameter::integer("period", 1_000, 99_991_231)]);
    let as_known = |documentation, signature, binding| {
        Arc::new(AsKnown { documentation, signature, binding }) as Arc<dyn Operator>
    };
    let of_year_to_date = |documentation, look_back, value| {
        Arc::new(OfYearToDate { documentation, look_back, value }) as Arc<dyn Operator>
    };
    vec![
        as_known(&P, NEWEST, |stale| Binding::over_periods(Meant::Newest, stale)),
        as_known(&REF, FIXED, |period| Binding::over_periods(Meant::At(period), 0)),
        as_known(&LATEST, NEWEST, |stale| Binding::over_periods(Meant::LastPublished, stale)),
        of_year_to_date(&QUARTER, 1, |x, t, of_year| match of_year {
            0 => Some(x[t]),
            _ => Some(x[t] - x[t.checked_sub(1)?]),
        }),
        of_year_to_date(&TTM, 4, |x, t, of_year| match of_year {
            3 => Some(x[t]),
            _ => Some(x[t] + x[t.checked_sub(of_year + 1)?] - x[t.checked_sub(4)?]),
        }),
    ]
}

static P: Documentation = Documentation {
    name: "P",
    version: 2,
    meaning: "What published facts said at a session's close: `x` over their periods, its newest value.",
    formula: "x over the periods from the first to the newest one published by then, each with its newest version; the \
              last value. For facts called `_d`, such as the closes of an index, the rows are the observations known by \
              then, in the order of their days, and windows count these",
    missing: "before the first publication (a condition: false), and `stale` calendar days after the newest one (0: \
              never); a period in between that was not published is a missing row, and so is one that an operator's other \
              input lacks; several observed series have all their days as rows, missing where one of them has none; a \
              fact published on a day without a session is known at the next one",
    source: "Qlib",
    differences: "operators see all periods known so far where Qlib gives each of them its own window only, so that \
                  expanding and exponential ones reach further back; windows around it count the instrument's own sessions, \
                  where Qlib's reach back before its listing; results are not rounded to 32 bits; `stale` and `_d` are ours",
    samples: &[
        "P($$eps_q)",
        "P(Mean($$eps_q, 4))",
        "$close / P(Sum($$eps_q, 4))",
        "P($$sales_q / Ref($$sales_q, 4) - 1)",
        "P($$equity_a / Ref($$equity_a, 1) - 1, stale=450)",
        "CsRank(P($$eps_q / $$sales_q), by=sector)",
        "Mean(P($$equity_a) / $close, 5)",
        "P(EMA($$eps_q, 4) > $$eps_q)",
        "P($$vix_d / Mean($$vix_d, 20, min=10) - 1)",
        "P(EMA($$vix_d, 5), stale=7) * ($close > $open)",
    ],
};

static REF: Documentation = Documentation {
    name: "PRef",
    version: 2,
    meaning: "What published facts said at a session's close about one period: `x` over their periods, its value there.",
    formula: "x as in `P`, its value at `period`, written YYYYQQ (202003: the third quarter of 2020), YYYY, or YYYYMMDD for \
              facts called `_d`",
    missing: "as `P`, and before the first publication about the period or a later one",
    source: "Qlib",
    differences: "the windows of `x` reach the periods before `period`; in Qlib they see that period alone, and `Ref` in it \
                  is always missing",
    samples: &[
        "PRef($$eps_q, 201001)",
        "PRef($$sales_q - Ref($$sales_q, 1), 201002)",
        "PRef($$equity_a, 2009)",
        "P($$vix_d) / PRef($$vix_d, 20100105)",
    ],
};

static LATEST: Documentation = Documentation {
    name: "PLatest",
    version: 1,
    meaning: "The newest publication of a fact at a session's close, whichever period it is about: what a filing leaves \
              out keeps the value of the one before it.",
    formula: "the value of the fact that was published last, of those of one day the one that stands last; x is one fact",
    missing: "before the first publication, `stale` calendar days after the newest one (0: never), and where what was \
              published is that there is no value",
    source: "ours; pandas: filings.groupby(instrument)[item].ffill(), joined as of the day backward",
    differences: "",
    samples: &["PLatest($$eps_q)", "PLatest($$eps_q) / PLatest($$equity_a, stale=450)", "PLatest($$vix_d)"],
};

static QUARTER: Documentation = Documentation {
    name: "Quarter",
    version: 1,
    meaning: "One fiscal quarter of a quantity that companies publish from the beginning of their year: sales, income, \
              cash flows.",
    formula: "in `P(...)` over quarters: x in the first quarter of a fiscal year, else x - Ref(x, 1)",
    missing: "missing unless both are there",
    source: "ours",
    differences: "",
    samples: &[
        "P(Quarter($$sales_q))",
        "P(Quarter($$sales_q) / Ref(Quarter($$sales_q), 4) - 1)",
        "P(Mean(Quarter($$sales_q), 4, min=3))",
    ],
};

static TTM: Documentation = Documentation {
    name: "TTM",
    version: 1,
    meaning: "The last four fiscal quarters of a quantity that companies publish from the beginning of their year.",
    formula: "in `P(...)` over quarters: x in the fourth quarter of a fiscal year, else x + (x of the year before, at its \
              fourth quarter) - Ref(x, 4)",
    missing: "missing unless all are there",
    source: "ours",
    differences: "",
    samples: &[
        "P(TTM($$sales_q))",
        "P(TTM($$sales_q) / Ref(TTM($$sales_q), 4) - 1)",
        "P(TTM($$eps_q) / $$sales_q, stale=450)",
    ],
};
