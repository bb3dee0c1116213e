//! Order statistics of a window.

use super::{
    ArgumentFault, Arguments, Binding, Bound, Documentation, EXPANDING, Family, Member, Operator, Parameter,
    Requested, Rolling, Signature, Statistic, look_back, window,
};
use crate::kernel::{
    Asked, Window,
    rolling::{Order, orders},
};

pub(super) static TABLE: &[Rolling] = &[
    Rolling {
        documentation: Documentation {
            name: "Med",
            version: 1,
            meaning: "The median of the last `length` sessions.",
            formula: "median x",
            missing: "missing values are skipped; missing where fewer than `min` are present",
            source: "Qlib; pandas rolling",
            differences: EXPANDING,
            samples: &["Med($close, 20)"],
        },
        shortest: 1,
        statistic: Statistic::Order(Order::Median),
    },
    Rolling {
        documentation: Documentation {
            name: "Rank",
            version: 1,
            meaning: "The place of the newest value among those of the last `length` sessions, from above 0 to 1.",
            formula: "average rank of the newest value / number of present values",
            missing: "missing where the newest value is; other missing values are skipped",
            source: "Qlib: pandas rolling.rank(pct=True)",
            differences: EXPANDING,
            samples: &["Rank($close, 20)", "Rank($close > $open, 10)"],
        },
        shortest: 1,
        statistic: Statistic::Order(Order::Rank),
    },
];

/// `Quantile(x, length, quantile, min=1)`.
pub(super) struct Quantile;

static QUANTILE: Documentation = Documentation {
    name: "Quantile",
    version: 1,
    meaning: "A quantile of the last `length` sessions.",
    formula: "linear between the two nearest of the ordered values, at (n - 1) quantile",
    missing: "missing values are skipped; missing where fewer than `min` are present",
    source: "Qlib; pandas rolling.quantile",
    differences: EXPANDING,
    samples: &["Quantile($close, 20, 0.8)", "Quantile($close, 60, 0)"],
};

impl Operator for Quantile {
    fn documentation(&self) -> &Documentation {
        &QUANTILE
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[
            Parameter::series("x"),
            Parameter::window(),
            Parameter::number("quantile", 0.0, 1.0),
            Parameter::min(),
        ]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let quantile = arguments.number(1);
        let window = window(arguments.count(0), arguments.count(2))?;
        Ok(ordered(Order::Quantile(quantile), window).into())
    }
}

/// A statistic whose family puts the values of a window in order once.
pub(super) fn ordered(order: Order, window: Window) -> Bound {
    let name = format!("order, length={}, min={}", window.length(), window.min_observations());
    let (index, parameter) = match order {
        Order::Median => (0, 0.5),
        Order::Quantile(quantile) => (1, quantile),
        Order::Rank => (2, 0.0),
    };
    let family = Family { name, member: Member { index, parameter } };
    Bound::family(look_back(window), family, move |inputs, sessions, requested| {
        let order = |requested: &Requested<'_>| match requested.member {
            Member { index: 0, .. } => Order::Median,
            Member { index: 1, parameter } => Order::Quantile(parameter),
            Member { .. } => Order::Rank,
        };
        let mut asked = requested
            .iter_mut()
            .map(|requested| Asked { window, statistic: order(requested), out: &mut *requested.out })
            .collect::<Vec<_>>();
        orders(inputs[0], sessions, &mut asked);
    })
}
