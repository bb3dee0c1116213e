//! The account of whoever trades: cash, and a table of what is held.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use backstaff_panel::Axis;
use backstaff_portfolio::StatedAccount;
use backstaff_source::{Written, read_attributes};

use crate::StudyError;

/// The usual names of the column with the number of shares.
const SHARES: [&str; 7] = ["shares", "quantity", "qty", "units", "position", "size", "holding"];

/// The account that the orders are for.
#[derive(Clone, Debug, Default)]
pub struct AccountRequest {
    /// A CSV or Parquet table with one row an instrument: its name and the number of shares as quoted, negative if
    /// short. `None` for an account that holds nothing but cash.
    pub holdings: Option<PathBuf>,
    /// The cash of the account.
    pub cash: f64,
}

/// An account beside a market.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Cash, and the shares of instruments that the data know in their newest session.
    pub stated: StatedAccount,
    /// Holdings that the data do not know, or know no more, each with its shares.
    pub unknown: Vec<(String, f64)>,
}

impl AccountRequest {
    /// The account on the instruments of an axis.
    ///
    /// # Errors
    ///
    /// If the cash is no amount of money, or the table can't be read or holds something else than numbers of shares.
    pub(super) fn on(&self, axis: &Axis) -> Result<Account, StudyError> {
        if !self.cash.is_finite() || self.cash < 0.0 {
            let message = format!("{} is no amount of money: write 0 or more", self.cash);
            return Err(StudyError::Value { key: "--cash".to_owned(), message });
        }
        let mut account = Account {
            stated: StatedAccount { cash: self.cash, shares: BTreeMap::new() },
            unknown: Vec::new(),
        };
        let Some(path) = &self.holdings else { return Ok(account) };
        let newest = axis.n_sessions();
        for (name, shares) in read(path)? {
            match axis.find(&name).filter(|&i| axis.life(i).end == newest) {
                Some(i) => {
                    account.stated.shares.insert(i, shares);
                }
                None => account.unknown.push((name, shares)),
            }
        }
        Ok(account)
    }
}

/// The instruments of a table and their shares.
fn read(path: &Path) -> Result<Vec<(String, f64)>, StudyError> {
    let wrong =
        |message: String| Err(StudyError::Value { key: format!("--holdings: {}", path.display()), message });
    let table = read_attributes(path, None, &[], Written::default())?;
    let Some(column) = SHARES.iter().find(|name| table.has(name)) else {
        return wrong(format!(
            "there is no column with the number of shares; call it `shares` ({} are known too)",
            SHARES[1..].join(", ")
        ));
    };
    let mut held = Vec::new();
    for name in table.instruments() {
        let text = table.get(name, column).unwrap_or("0");
        match text.trim().parse::<f64>() {
            Ok(shares) if shares.is_finite() => held.push((name.to_owned(), shares)),
            _ => {
                return wrong(format!(
                    "{name}, column {column}: {text:?} is not a number of shares; write it as in 120 or -35.5"
                ));
            }
        }
    }
    Ok(held)
}
