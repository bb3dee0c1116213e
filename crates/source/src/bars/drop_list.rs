//! The frozen list of rows that a study leaves out.

use std::collections::{HashMap, HashSet};

use backstaff_panel::{Instrument, Session};

use crate::request::panel_source::PanelSource;

/// The list, by the numbers of instruments, and which of its entries were in the data.
pub(super) struct DropList<'a> {
    request: &'a PanelSource,
    /// The place in the list of each instrument and day.
    cells: HashMap<(u32, i32), usize>,
    used: HashSet<usize>,
}

impl<'a> DropList<'a> {
    pub(super) fn new(instruments: &[Instrument], request: &'a PanelSource) -> Self {
        let cell = |(entry, (instrument, session)): (usize, &(Instrument, Session))| {
            let i = instruments.binary_search(instrument).ok()?;
            Some(((i as u32, session.number()), entry))
        };
        let cells = request.drop_rows.iter().enumerate().filter_map(cell).collect();
        Self { request, cells, used: HashSet::new() }
    }

    /// Whether each row is kept, from its instrument's code, its day, and the number of each code; `None` if all are.
    pub(super) fn kept(&mut self, codes: &[u32], days: &[i32], numbers: &[u32]) -> Option<Vec<bool>> {
        if self.cells.is_empty() {
            return None;
        }
        let rows = codes.iter().zip(days);
        Some(rows.map(|(&code, &day)| !self.take(numbers[code as usize], day)).collect())
    }

    /// Whether a row is on the list, which then counts as used.
    fn take(&mut self, instrument: u32, day: i32) -> bool {
        let entry = self.cells.get(&(instrument, day));
        entry.inspect(|&&entry| {
            self.used.insert(entry);
        });
        entry.is_some()
    }

    /// The entries for wanted instruments that were not in the data.
    pub(super) fn unused(&self) -> Vec<String> {
        let entries = self.request.drop_rows.iter().enumerate();
        let is_unused = |&(entry, (instrument, _)): &(usize, &(Instrument, Session))| {
            !self.used.contains(&entry) && self.request.wants_instrument(instrument.name())
        };
        let unused = entries.filter(is_unused);
        unused.map(|(_, (instrument, session))| format!("{instrument} {session}")).collect()
    }
}
