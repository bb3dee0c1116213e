//! Habits of vendors that a table shows by itself: how sessions without trade are written, and whether a column tells base
//! prices.

use std::sync::Arc;

use backstaff_panel::{Column, Panel, Session};
use serde::Serialize;

use crate::{
    bars::{
        base_price::{ROUNDING, moved_base},
        column_roles::PRICES,
        reading::Loaded,
    },
    provider::decoded_bars::ColumnRole,
    request::adjustment::Adjustment,
};

/// Sessions without trade that are written as rows.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FoundHalts {
    /// The number of rows with a volume of 0 that carry the last close on.
    pub rows: usize,
    /// The number of instruments that have any.
    pub instruments: usize,
    /// The first of them, by instrument.
    pub first: (String, Session),
}

/// A column of a panel as quoted.
fn quoted<'a>(panel: &'a Panel, name: &str) -> Option<&'a Arc<Column>> {
    panel.field(&format!("raw_{name}")).or_else(|| panel.field(name))
}

impl FoundHalts {
    /// The rows with a volume of 0 and the last close, whose other prices are missing or the same.
    ///
    /// `None` if there is none, or if as many as a tenth of them have another close than the last: then 0 means that the
    /// volume is unknown. Instruments that never have a volume tell nothing.
    pub(super) fn of(panel: &Panel) -> Option<Self> {
        let (close, volume) = (quoted(panel, "close")?, quoted(panel, "volume")?);
        let others = ["open", "high", "low"].map(|name| quoted(panel, name));
        let axis = panel.axis();
        let (mut found, mut n_moved) = (None::<Self>, 0);
        for (i, instrument) in axis.instruments().iter().enumerate() {
            if !axis.rows(i).any(|row| volume.get(row) > 0.0) {
                continue;
            }
            let (mut last, mut n) = (f64::NAN, 0);
            for (row, &session) in axis.rows(i).zip(axis.sessions(i)) {
                let price = close.get(row);
                if price.is_nan() {
                    continue;
                }
                let is_flat = |column: &Arc<Column>| column.get(row).is_nan() || column.get(row) == price;
                if volume.get(row) == 0.0 && !last.is_nan() {
                    if price == last && others.iter().flatten().all(|column| is_flat(column)) {
                        let first = || (instrument.name().to_owned(), session);
                        let found =
                            found.get_or_insert_with(|| Self { rows: 0, instruments: 0, first: first() });
                        found.rows += 1;
                        n += 1;
                    } else {
                        n_moved += 1;
                    }
                }
                last = price;
            }
            if let Some(found) = found.as_mut().filter(|_| n > 0) {
                found.instruments += 1;
            }
        }
        found.filter(|found| n_moved * 10 < found.rows)
    }
}

/// A column that tells each session's change from its base price, in money.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FoundChange {
    /// The name of the column in the file.
    pub source: String,
    /// Our name for it.
    pub name: String,
    /// The number of sessions whose close less the change is the last close.
    pub n_plain: usize,
    /// The number of sessions whose close less the change is another price: splits, rights, bonus shares.
    pub n_events: usize,
}

/// The names of columns that hold a change from the base price, also where no event shows it yet.
const NAMES: [&str; 3] = ["change", "changes", "chg"];

/// The least number of sessions that moved, for a column to be compared with the moves.
const LEAST_MOVES: usize = 20;

impl FoundChange {
    /// The first column of numbers that is the close less the last close in at least 19 of 20 sessions that moved, and
    /// differs from it in some, or is called a change. `None` where a column adjusts prices already.
    pub(super) fn of(loaded: &Loaded) -> Option<Self> {
        if loaded.found.adjustment.used != Adjustment::AsIs {
            return None;
        }
        let numbers = loaded.found.columns.iter().filter(|column| column.role == ColumnRole::Number);
        let numbers =
            numbers.filter(|column| !PRICES.contains(&column.name.as_str()) && column.name != "volume");
        let close = loaded.panel.field("close")?;
        let axis = loaded.panel.axis();
        numbers.into_iter().find_map(|column| {
            let change = loaded.panel.field(&column.name)?;
            let (mut n_moves, mut n_same, mut n_plain, mut n_events) = (0, 0, 0, 0);
            for i in 0..axis.n_instruments() {
                let mut last = f64::NAN;
                for row in axis.rows(i) {
                    let (price, change) = (close.get(row), change.get(row));
                    if price.is_nan() {
                        continue;
                    }
                    if last > 0.0 && !change.is_nan() {
                        let is_event = moved_base(price, change, last).is_some();
                        let has_moved = (price - last).abs() > ROUNDING * last;
                        n_events += usize::from(is_event);
                        n_plain += usize::from(!is_event);
                        n_moves += usize::from(has_moved);
                        n_same += usize::from(has_moved && !is_event);
                    }
                    last = price;
                }
            }
            // Events are rare; where they are not, the column tells something else.
            let is_change = n_moves >= LEAST_MOVES && n_same * 20 >= n_moves * 19 && n_events * 10 <= n_plain;
            let tells = n_events > 0 || NAMES.contains(&column.name.as_str());
            let found = Self { source: column.source.clone(), name: column.name.clone(), n_plain, n_events };
            (is_change && tells).then_some(found)
        })
    }
}
