//! A ledger as it is stored: its days, trades and positions, each a table whose column names are written once, here.

use std::collections::BTreeMap;

use backstaff_panel::Session;
use backstaff_portfolio::{Backtest, Day, Reason, Side, measure::Concentration};
use backstaff_stage::{StoreError, Table};

/// The days of a ledger: the account, the return of cash, and the concentration of positions. All lists have one entry
/// a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Daily {
    /// The account at each session's close.
    pub days: Vec<Day>,
    /// The return of cash since the close before, as a fraction.
    pub cash_returns: Vec<f64>,
    /// The concentration of positions at each close.
    pub concentration: Vec<Concentration>,
    /// The equity of each cohort at each close; no cohorts where the book is one.
    pub cohorts: Vec<Vec<f64>>,
}

/// A trade: an order, or the part of one, that was filled; or a position that ended with its instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct Trade {
    /// The session in which the trade was filled.
    pub session: Session,
    /// The name of the traded instrument.
    pub instrument: String,
    /// The side: bought or sold.
    pub side: Side,
    /// The number of shares, above zero.
    pub shares: f64,
    /// The price per share that was paid or received, slippage included.
    pub price: f64,
    /// The value `shares · price`, in the currency of the prices.
    pub value: f64,
    /// The broker's commission on the trade.
    pub commission: f64,
    /// The tax on the trade.
    pub tax: f64,
    /// The cost of a price that was worse than the market's, for all shares; part of `value`.
    pub slippage: f64,
    /// What the trade was for. A delisting is no order: its price is what each share brought.
    pub reason: Reason,
}

/// A position that is held at a session's close.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The session at whose close the position is held.
    pub session: Session,
    /// The name of the held instrument.
    pub instrument: String,
    /// The number of shares; negative if short.
    pub shares: f64,
    /// The value of the shares at their newest close; negative if short.
    pub value: f64,
    /// The value divided by the account's equity; negative if short.
    pub weight: f64,
}

impl Daily {
    /// Take the days from a ledger.
    pub fn of(ledger: &Backtest) -> Self {
        Self {
            days: ledger.days.clone(),
            cash_returns: ledger.cash_returns.clone(),
            concentration: backstaff_portfolio::measure::concentration(ledger),
            cohorts: ledger.cohorts.clone(),
        }
    }

    /// The session of each day, in order.
    pub fn sessions(&self) -> impl ExactSizeIterator<Item = Session> + '_ {
        self.days.iter().map(|day| day.session)
    }

    /// The numbers of the days as named columns, one value a day; all but the session.
    pub fn columns(&self) -> Vec<(String, Vec<f64>)> {
        let mut columns =
            DAY_COLUMNS.map(|name| (name.to_owned(), Vec::with_capacity(self.days.len()))).to_vec();
        for day in &self.days {
            for ((_, column), value) in columns.iter_mut().zip(numbers(day)) {
                column.push(value);
            }
        }
        columns.push((CASH_RETURN.to_owned(), self.cash_returns.clone()));
        let concentration = |of: fn(&Concentration) -> f64| self.concentration.iter().map(of).collect();
        columns.push((HERFINDAHL.to_owned(), concentration(|day| day.herfindahl)));
        columns.push((LARGEST.to_owned(), concentration(|day| day.largest)));
        for (number, equity) in self.cohorts.iter().enumerate() {
            columns.push((format!("{COHORT}{}", number + 1), equity.clone()));
        }
        columns
    }

    /// The table that the days are stored as.
    pub fn table(&self) -> Table {
        let sessions = self.sessions().map(Session::number).collect();
        self.columns()
            .into_iter()
            .fold(Table::new().i32("session", sessions), |table, (name, values)| table.f64(&name, values))
    }

    /// Read the days from their table; an error if a column is missing.
    pub fn read(table: &Table) -> Result<Self, StoreError> {
        let columns = DAY_COLUMNS.map(|name| table.f64s(name));
        let columns = columns.into_iter().collect::<Result<Vec<_>, _>>()?;
        let sessions = table.i32s("session")?.iter().enumerate();
        let days =
            sessions.map(|(t, &number)| day(Session::from_number(number), |column| columns[column][t]));
        let (herfindahl, largest) = (table.f64s(HERFINDAHL)?, table.f64s(LARGEST)?);
        let concentration = herfindahl.iter().zip(largest);
        let cohorts = table.names().filter(|name| name.starts_with(COHORT)).count();
        let cohorts = (1..=cohorts).map(|number| Ok(table.f64s(&format!("{COHORT}{number}"))?.to_vec()));
        Ok(Self {
            days: days.collect(),
            cash_returns: table.f64s(CASH_RETURN)?.to_vec(),
            concentration: concentration
                .map(|(&herfindahl, &largest)| Concentration { herfindahl, largest })
                .collect(),
            cohorts: cohorts.collect::<Result<_, StoreError>>()?,
        })
    }
}

const CASH_RETURN: &str = "cash_return";
const HERFINDAHL: &str = "herfindahl";
const LARGEST: &str = "largest_weight";
const COHORT: &str = "cohort_";

/// The names of a day's columns, in the order of [`numbers`].
const DAY_COLUMNS: [&str; 15] = [
    "equity",
    "cash",
    "long",
    "short",
    "n_positions",
    "bought",
    "sold",
    "commission",
    "tax",
    "slippage",
    "borrow",
    "interest",
    "delisting_loss",
    "n_fills",
    "n_unfilled",
];

/// The numbers of a day, in the order of [`DAY_COLUMNS`].
fn numbers(day: &Day) -> [f64; 15] {
    // No `..` here: a number that is forgotten must not compile.
    let Day {
        session: _,
        equity,
        cash,
        long,
        short,
        n_positions,
        bought,
        sold,
        commission,
        tax,
        slippage,
        borrow,
        interest,
        delisting_loss,
        n_fills,
        n_unfilled,
    } = *day;
    [
        equity,
        cash,
        long,
        short,
        n_positions as f64,
        bought,
        sold,
        commission,
        tax,
        slippage,
        borrow,
        interest,
        delisting_loss,
        n_fills as f64,
        n_unfilled as f64,
    ]
}

/// A day from its numbers, by their places in [`DAY_COLUMNS`].
fn day(session: Session, number: impl Fn(usize) -> f64) -> Day {
    Day {
        session,
        equity: number(0),
        cash: number(1),
        long: number(2),
        short: number(3),
        n_positions: number(4) as usize,
        bought: number(5),
        sold: number(6),
        commission: number(7),
        tax: number(8),
        slippage: number(9),
        borrow: number(10),
        interest: number(11),
        delisting_loss: number(12),
        n_fills: number(13) as usize,
        n_unfilled: number(14) as usize,
    }
}

/// Whether two days have the same session and the same numbers, bit for bit.
pub(crate) fn is_same_day(a: &Day, b: &Day) -> bool {
    a.session == b.session && numbers(a).map(f64::to_bits) == numbers(b).map(f64::to_bits)
}

/// The trades of a ledger, in the order in which they took place. What a delisting closed comes first in its session.
pub(crate) fn trades(ledger: &Backtest) -> Vec<Trade> {
    let end = |end: &backstaff_portfolio::DelistedPosition| Trade {
        session: end.session,
        instrument: ledger.instruments[end.instrument].to_string(),
        side: if end.shares > 0.0 { Side::Sell } else { Side::Buy },
        shares: end.shares.abs(),
        price: end.price,
        value: end.shares.abs() * end.price,
        commission: 0.0,
        tax: 0.0,
        slippage: 0.0,
        reason: Reason::Delisting,
    };
    let trade = |fill: &backstaff_portfolio::Fill| Trade {
        session: fill.session,
        instrument: ledger.instruments[fill.instrument].to_string(),
        side: fill.side,
        shares: fill.shares,
        price: fill.price,
        value: fill.value,
        commission: fill.commission,
        tax: fill.tax,
        slippage: fill.slippage,
        reason: fill.reason,
    };
    let mut trades =
        ledger.delistings.iter().map(end).chain(ledger.fills.iter().map(trade)).collect::<Vec<_>>();
    trades.sort_by_key(|trade| trade.session);
    trades
}

/// The positions of a ledger at each close, by session and instrument.
pub(crate) fn positions(ledger: &Backtest) -> Vec<Position> {
    let position = |position: &backstaff_portfolio::Position| {
        let day = &ledger.days[position.day as usize];
        Position {
            session: day.session,
            instrument: ledger.instruments[position.instrument as usize].to_string(),
            shares: position.shares,
            value: position.value,
            weight: position.value / day.equity,
        }
    };
    ledger.positions.iter().map(position).collect()
}

/// The table that trades are stored as.
pub(crate) fn trades_table(trades: &[Trade]) -> Table {
    let number = |of: fn(&Trade) -> f64| trades.iter().map(of).collect::<Vec<_>>();
    Table::new()
        .i32("session", trades.iter().map(|trade| trade.session.number()).collect())
        .str("instrument", trades.iter().map(|trade| trade.instrument.as_str()))
        .i32("buys", trades.iter().map(|trade| i32::from(trade.side == Side::Buy)).collect())
        .f64("shares", number(|trade| trade.shares))
        .f64("price", number(|trade| trade.price))
        .f64("value", number(|trade| trade.value))
        .f64("commission", number(|trade| trade.commission))
        .f64("tax", number(|trade| trade.tax))
        .f64("slippage", number(|trade| trade.slippage))
        .str("reason", trades.iter().map(|trade| trade.reason.name()))
}

/// Read trades from their table.
pub(crate) fn read_trades(table: &Table) -> Result<Vec<Trade>, StoreError> {
    let numbers = ["shares", "price", "value", "commission", "tax", "slippage"].map(|name| table.f64s(name));
    let numbers = numbers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (sessions, buys) = (table.i32s("session")?, table.i32s("buys")?);
    let reasons = table.strs("reason")?;
    let trade = |(row, instrument): (usize, &str)| Trade {
        session: Session::from_number(sessions[row]),
        instrument: instrument.to_owned(),
        side: if buys[row] == 1 { Side::Buy } else { Side::Sell },
        shares: numbers[0][row],
        price: numbers[1][row],
        value: numbers[2][row],
        commission: numbers[3][row],
        tax: numbers[4][row],
        slippage: numbers[5][row],
        reason: Reason::of_name(reasons[row]).unwrap_or_default(),
    };
    Ok(table.strs("instrument")?.into_iter().enumerate().map(trade).collect())
}

/// The table that positions are stored as.
pub(crate) fn positions_table(positions: &[Position]) -> Table {
    let number = |of: fn(&Position) -> f64| positions.iter().map(of).collect::<Vec<_>>();
    Table::new()
        .i32("session", positions.iter().map(|position| position.session.number()).collect())
        .str("instrument", positions.iter().map(|position| position.instrument.as_str()))
        .f64("shares", number(|position| position.shares))
        .f64("value", number(|position| position.value))
        .f64("weight", number(|position| position.weight))
}

/// Read positions from their table.
pub(crate) fn read_positions(table: &Table) -> Result<Vec<Position>, StoreError> {
    let sessions = table.i32s("session")?;
    let (shares, values, weights) = (table.f64s("shares")?, table.f64s("value")?, table.f64s("weight")?);
    let position = |(row, instrument): (usize, &str)| Position {
        session: Session::from_number(sessions[row]),
        instrument: instrument.to_owned(),
        shares: shares[row],
        value: values[row],
        weight: weights[row],
    };
    Ok(table.strs("instrument")?.into_iter().enumerate().map(position).collect())
}

/// The weight of each instrument that was ever held, at the close of each of these sessions; 0 where it is not held.
pub(crate) fn weights(positions: &[Position], sessions: &[Session]) -> BTreeMap<String, Vec<f64>> {
    let mut weights = BTreeMap::<String, Vec<f64>>::new();
    for position in positions {
        if let Ok(day) = sessions.binary_search(&position.session) {
            let own = weights.entry(position.instrument.clone()).or_insert_with(|| vec![0.0; sessions.len()]);
            own[day] = position.weight;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger in which every number is another one.
    fn daily() -> Daily {
        let days =
            (0..3).map(|t| day(Session::from_number(10 + t), |column| (100 * t as usize + column) as f64));
        Daily {
            days: days.collect(),
            cash_returns: vec![0.0, 1e-5, 2e-5],
            concentration: (0..3)
                .map(|t| Concentration { herfindahl: 0.5 / f64::from(t + 1), largest: 0.1 })
                .collect(),
            cohorts: vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]],
        }
    }

    #[test]
    fn every_number_of_a_day_comes_back_under_its_own_name() {
        let daily = daily();
        let table = daily.table();
        assert_eq!(Daily::read(&table).unwrap(), daily);
        for (place, name) in DAY_COLUMNS.iter().enumerate() {
            assert_eq!(table.f64s(name).unwrap()[1], (100 + place) as f64, "{name}");
        }
        assert_eq!(daily.days[2].delisting_loss, 212.0);
    }

    #[test]
    fn a_column_that_is_missing_is_an_error_and_no_zero() {
        let columns = daily().columns().into_iter().filter(|(name, _)| name != "delisting_loss");
        let table = Table::new().i32("session", vec![10, 11, 12]);
        let table = columns.fold(table, |table, (name, values)| table.f64(&name, values));
        assert!(Daily::read(&table).unwrap_err().to_string().contains("delisting_loss"));
    }

    #[test]
    fn weights_are_zero_while_nothing_is_held() {
        let position = |session: i32, weight| Position {
            session: Session::from_number(session),
            instrument: "A".to_owned(),
            shares: 1.0,
            value: 1.0,
            weight,
        };
        let sessions = [10, 11, 12].map(Session::from_number);
        let weights = weights(&[position(10, 0.5), position(12, 0.25)], &sessions);
        assert_eq!(weights["A"], [0.5, 0.0, 0.25]);
    }
}
