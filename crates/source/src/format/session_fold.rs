//! How the bars within a session become one.

/// How the values of a field in the bars of a session, in the order of time, become one value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fold {
    /// The first present one.
    First,
    /// The greatest.
    Greatest,
    /// The least; a price of 0 is none.
    Least,
    /// The last present one; a price of 0 is none.
    LastPrice,
    /// The last present one.
    Last,
    /// The sum.
    Sum,
}

impl Fold {
    /// The way of a field.
    pub(crate) fn of(field: &str) -> Self {
        match field {
            "open" => Self::First,
            "high" => Self::Greatest,
            "low" => Self::Least,
            "close" => Self::LastPrice,
            "volume" | "amount" | "trades" | "transactions" | "dividend" => Self::Sum,
            _ => Self::Last,
        }
    }

    /// The value of a session, from that of its bars so far and that of the next one; NaN is missing.
    pub(crate) fn join(self, held: f64, next: f64) -> f64 {
        match self {
            _ if next.is_nan() => held,
            _ if held.is_nan() => next,
            Self::First => held,
            Self::Greatest => held.max(next),
            Self::Least | Self::LastPrice if next == 0.0 => held,
            Self::Least if held == 0.0 => next,
            Self::Least => held.min(next),
            Self::LastPrice | Self::Last => next,
            Self::Sum => held + next,
        }
    }

    /// Whether a value is a price of 0, which counts as missing.
    pub(crate) fn is_missing_price(self, value: f64) -> bool {
        matches!(self, Self::Greatest | Self::Least | Self::LastPrice) && value == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(field: &str, values: &[f64]) -> f64 {
        values.iter().copied().reduce(|held, next| Fold::of(field).join(held, next)).unwrap()
    }

    #[test]
    fn each_field_has_its_way() {
        let values = [f64::NAN, 3.0, 1.0, 0.0, 5.0, f64::NAN];
        for (field, expected) in
            [("open", 3.0), ("high", 5.0), ("low", 1.0), ("close", 5.0), ("volume", 9.0), ("score", 5.0)]
        {
            assert_eq!(fold(field, &values), expected, "{field}");
        }
        assert_eq!((fold("close", &[2.0, 0.0]), fold("score", &[2.0, 0.0])), (2.0, 0.0));
        assert!(fold("volume", &[f64::NAN, f64::NAN]).is_nan());
    }
}
