//! The weights that a strategy asked for, as they are stored.

use backstaff_panel::Session;
use backstaff_portfolio::Backtest;
use backstaff_stage::{StoreError, Table};

/// The share of equity that a decision asked for in one instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The session in which the orders of the decision trade.
    pub session: Session,
    /// The name of the instrument.
    pub instrument: String,
    /// The share of equity, as of the decision's close; negative if short.
    pub weight: f64,
}

/// The weights that a ledger's decisions asked for, by session and instrument.
pub(crate) fn wanted(ledger: &Backtest) -> Vec<Wanted> {
    let of = |wanted: &backstaff_portfolio::Wanted| Wanted {
        session: ledger.days[wanted.day as usize].session,
        instrument: ledger.instruments[wanted.instrument as usize].to_string(),
        weight: wanted.weight,
    };
    ledger.wanted.iter().map(of).collect()
}

/// The table that these weights are stored as.
pub(crate) fn wanted_table(wanted: &[Wanted]) -> Table {
    Table::new()
        .i32("session", wanted.iter().map(|wanted| wanted.session.number()).collect())
        .str("instrument", wanted.iter().map(|wanted| wanted.instrument.as_str()))
        .f64("weight", wanted.iter().map(|wanted| wanted.weight).collect())
}

/// Read these weights from their table.
pub(crate) fn read_wanted(table: &Table) -> Result<Vec<Wanted>, StoreError> {
    let (sessions, weights) = (table.i32s("session")?, table.f64s("weight")?);
    let of = |(row, instrument): (usize, &str)| Wanted {
        session: Session::from_number(sessions[row]),
        instrument: instrument.to_owned(),
        weight: weights[row],
    };
    Ok(table.strs("instrument")?.into_iter().enumerate().map(of).collect())
}
