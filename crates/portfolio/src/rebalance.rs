//! The sessions in which a strategy decides.

use backstaff_panel::{Session, Weekday};

use crate::Market;

/// In which sessions a strategy decides.
///
/// Each of them decides in the first session of the backtest. Whether a session decides hangs on its date and on that of
/// the session before it, never on whether another one follows: a decision is the same in a backtest and at the close of
/// the newest session, whatever closes the exchange tomorrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rebalance {
    /// Every n-th session counted from the first of the backtest (0 counts as 1).
    EverySessions(usize),
    /// The first session of the backtest, and every n-th counted from the session `offset` after it.
    Staggered {
        /// Sessions between decisions (0 counts as 1).
        every: usize,
        /// Sessions after the first one.
        offset: usize,
    },
    /// The first session of each week; a week begins on Monday.
    Weekly,
    /// This day of each week, or, where it is no session, the next session after it.
    Weekday(Weekday),
    /// The first session of each calendar month.
    Monthly,
    /// The last day of each calendar month from Monday to Friday, or, where it is no session, the next session after it.
    MonthEnd,
}

impl Rebalance {
    /// Whether the session at `position` of a backtest that begins at `start` decides.
    pub(crate) fn is_due(self, market: &Market, start: usize, position: usize) -> bool {
        let since = position - start;
        if since == 0 {
            return true;
        }
        let calendar = market.axis().calendar();
        let (before, today) = (calendar.session(position - 1), calendar.session(position));
        match self {
            Self::EverySessions(n) => since.is_multiple_of(n.max(1)),
            Self::Staggered { every, offset } => {
                since.checked_sub(offset).is_some_and(|since| since.is_multiple_of(every.max(1)))
            }
            Self::Weekly => newest(Weekday::Monday, today) > before,
            Self::Weekday(day) => newest(day, today) > before,
            Self::Monthly => (before.year(), before.month()) != (today.year(), today.month()),
            Self::MonthEnd => newest_month_end(today) > before,
        }
    }
}

/// The newest such day of the week up to a date.
fn newest(day: Weekday, date: Session) -> Session {
    let since_monday = i32::from(date.weekday().to_monday_zero_offset());
    let since = (since_monday - i32::from(day.to_monday_zero_offset())).rem_euclid(7);
    Session::from_number(date.number() - since)
}

/// The newest last weekday of a month up to a date.
fn newest_month_end(date: Session) -> Session {
    let last = |date: Session| {
        let mut last = Session::from_date(date.date().last_of_month());
        while last.is_weekend() {
            last = Session::from_number(last.number() - 1);
        }
        last
    };
    let own = last(date);
    if own <= date { own } else { last(Session::from_number(date.number() - i32::from(date.date().day()))) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use backstaff_panel::{Axis, Calendar, Column, Panel};

    use super::*;

    fn session(text: &str) -> Session {
        text.parse().unwrap()
    }

    /// A market of these dates, on which one instrument trades.
    fn market(dates: &[Session]) -> Market {
        let axis = Axis::new(Calendar::new(dates.to_vec()), vec![("A".into(), 0..dates.len())]);
        let mut panel = Panel::new(Arc::new(axis));
        for field in ["open", "close"] {
            panel.insert(field, Column::F64(vec![1.0; dates.len()])).unwrap();
        }
        Market::new(&panel).unwrap()
    }

    fn due(rebalance: Rebalance, dates: &[Session]) -> Vec<String> {
        let market = market(dates);
        let due = (0..dates.len()).filter(|&position| rebalance.is_due(&market, 0, position));
        due.map(|position| dates[position].to_string()).collect()
    }

    /// The weekdays of a range of dates without these holidays.
    fn weekdays(from: &str, to: &str, holidays: &[&str]) -> Vec<Session> {
        let days = (session(from).number()..=session(to).number()).map(Session::from_number);
        days.filter(|day| !day.is_weekend() && !holidays.contains(&day.to_string().as_str())).collect()
    }

    #[test]
    fn weeks_and_months_begin_with_their_first_session() {
        let dates = weekdays("2024-01-03", "2024-02-06", &["2024-01-15", "2024-02-01"]);
        assert_eq!(
            due(Rebalance::Weekly, &dates),
            ["2024-01-03", "2024-01-08", "2024-01-16", "2024-01-22", "2024-01-29", "2024-02-05"]
        );
        assert_eq!(due(Rebalance::Monthly, &dates), ["2024-01-03", "2024-02-02"]);
    }

    #[test]
    fn a_weekday_without_a_session_gives_way_to_the_next_session() {
        // 2024-03-29 is Good Friday, and the last weekday of March.
        let dates = weekdays("2024-03-18", "2024-04-12", &["2024-03-29"]);
        let fridays = ["2024-03-18", "2024-03-22", "2024-04-01", "2024-04-05", "2024-04-12"];
        assert_eq!(due(Rebalance::Weekday(Weekday::Friday), &dates), fridays);
        assert_eq!(due(Rebalance::MonthEnd, &dates), ["2024-03-18", "2024-04-01"]);
    }

    #[test]
    fn the_end_of_a_month_is_its_last_weekday() {
        // 2024-03-31 is a Sunday, 2024-06-30 too, 2024-08-31 a Saturday.
        let dates = weekdays("2024-01-02", "2024-09-03", &["2024-03-29"]);
        let ends = ["01-02", "01-31", "02-29", "04-01", "04-30", "05-31", "06-28", "07-31", "08-30"];
        assert_eq!(due(Rebalance::MonthEnd, &dates), ends.map(|end| format!("2024-{end}")));
    }

    #[test]
    fn bars_of_weeks_and_months_decide_each_time() {
        let months = ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"].map(session);
        assert_eq!(due(Rebalance::MonthEnd, &months).len(), 4);
        assert_eq!(due(Rebalance::Monthly, &months).len(), 4);
        let weeks = ["2024-01-05", "2024-01-12", "2024-01-18", "2024-01-26"].map(session);
        assert_eq!(due(Rebalance::Weekly, &weeks).len(), 4);
        // The bar of a Thursday has no Friday before it that is newer than the last bar.
        assert_eq!(due(Rebalance::Weekday(Weekday::Friday), &weeks).len(), 3);
    }

    #[test]
    fn a_session_more_changes_no_earlier_decision() {
        let dates = weekdays("2023-12-01", "2024-12-31", &["2024-03-29", "2024-05-31", "2024-12-25"]);
        let all = [
            Rebalance::EverySessions(3),
            Rebalance::Weekly,
            Rebalance::Weekday(Weekday::Wednesday),
            Rebalance::Monthly,
            Rebalance::MonthEnd,
        ];
        for rebalance in all {
            let whole = due(rebalance, &dates);
            for end in 1..dates.len() {
                let part = due(rebalance, &dates[..end]);
                assert_eq!(part, whole[..part.len()], "{rebalance:?}");
                let next = whole.get(part.len());
                assert!(next.is_none_or(|next| *next >= dates[end].to_string()), "{rebalance:?}");
            }
        }
    }
}
