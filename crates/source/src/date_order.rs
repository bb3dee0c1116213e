//! The order of day and month in dates such as 3/4/2015.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The order of day and month in dates such as 3/4/2015.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// A number above 12 anywhere in the column shows the order; a column without one is refused.
    #[default]
    Detect,
    /// 3/4/2015 is the third of April.
    DayFirst,
    /// 3/4/2015 is the fourth of March.
    MonthFirst,
}

impl DateOrder {
    /// The name of the order in files and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::DayFirst => "day_first",
            Self::MonthFirst => "month_first",
        }
    }

    /// This order if it is a stated one, else that of a column's dates.
    ///
    /// # Errors
    ///
    /// An example, as [`DateOrder::detect`] gives it.
    pub(crate) fn or_detected<'a>(self, texts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        if self == Self::Detect { Self::detect(texts) } else { Ok(self) }
    }

    /// Find out from a number above 12 whether the day or the month comes first in the dates of a column.
    ///
    /// # Errors
    ///
    /// An example, if there is no such number and the order matters.
    pub(crate) fn detect<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let (mut ambiguous, mut is_met) = (None, false);
        for text in texts {
            let text = text.trim();
            let mut numbers = text.split(['/', '-']).map(str::parse::<u32>);
            let (Some(Ok(first)), Some(Ok(second))) = (numbers.next(), numbers.next()) else { continue };
            is_met |= first < 32;
            match (first, second) {
                // The year stands first: other cells of the column may tell.
                (32.., _) => {}
                (13.., _) => return Ok(Self::DayFirst),
                (_, 13..) => return Ok(Self::MonthFirst),
                (first, second) if first != second => {
                    ambiguous.get_or_insert_with(|| text.to_owned());
                }
                _ => {}
            }
        }
        match ambiguous {
            Some(text) => Err(text),
            None if is_met => Ok(Self::MonthFirst),
            None => Ok(Self::Detect),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_the_order_from_a_number_above_12() {
        assert_eq!(DateOrder::detect(["3/4/2015", "13/4/2015"].into_iter()), Ok(DateOrder::DayFirst));
        assert_eq!(DateOrder::detect(["3/4/2015", "3/14/2015"].into_iter()), Ok(DateOrder::MonthFirst));
        assert_eq!(DateOrder::detect(["3/3/2015", "3/4/2015"].into_iter()), Err("3/4/2015".to_owned()));
        assert_eq!(DateOrder::detect(["2015-03-04"].into_iter()), Ok(DateOrder::Detect));
        assert_eq!(DateOrder::detect(["2015-03-04", "13/4/2015"].into_iter()), Ok(DateOrder::DayFirst));
        assert_eq!(DateOrder::detect(["2015-03-04", "3/4/2015"].into_iter()), Err("3/4/2015".to_owned()));
    }

    proptest! {
        #[test]
        fn never_panics_on_near_dates(text in "[0-9TZ:/. APMé+-]{0,24}") {
            let _ = DateOrder::detect([text.as_str()].into_iter());
        }
    }
}
