//! The states of a feature's recursions at the end of a segment, stored as parts of the segment's artifact.

use std::collections::BTreeMap;

use backstaff_feature::States;
use backstaff_panel::Instrument;
use backstaff_stage::{Draft, Manifest, Store, StoreError, Table};

/// The part with one row for each state: its recursion, its instrument, and the count of its numbers.
const INDEX: &str = "states.arrow";
/// The part with the numbers of all states, one state after the other.
const NUMBERS: &str = "state_numbers.arrow";

/// Write the states; no part is written for a feature without recursions.
pub(super) fn write(draft: &mut Draft, States(recursions): &States) -> Result<(), StoreError> {
    if recursions.is_empty() {
        return Ok(());
    }
    let states = recursions.iter().enumerate();
    let states = states.flat_map(|(n, states)| states.iter().map(move |(name, state)| (n, name, state)));
    let states = states.collect::<Vec<_>>();
    let index = Table::new()
        .u32("recursion", states.iter().map(|(recursion, ..)| *recursion as u32).collect())
        .str("instrument", states.iter().map(|(_, instrument, _)| instrument.name()))
        .u32("numbers", states.iter().map(|(.., state)| state.len() as u32).collect());
    draft.write_part(INDEX, |file| index.write(file))?;
    let numbers = states.iter().flat_map(|(.., state)| state.iter().copied()).collect();
    draft.write_part(NUMBERS, |file| Table::new().f64("value", numbers).write(file))?;
    Ok(())
}

/// Read the states of a feature with `n_recursions` recursions.
///
/// # Errors
///
/// If a part is missing, or the parts don't fit together.
pub(super) fn read(store: &Store, manifest: &Manifest, n_recursions: usize) -> Result<States, StoreError> {
    let index = Table::read(&store.open_part(manifest, INDEX)?)?;
    let numbers = Table::read(&store.open_part(manifest, NUMBERS)?)?;
    let numbers = numbers.f64s("value")?;
    let mut states = vec![BTreeMap::new(); n_recursions];
    let mut start = 0;
    let rows = index.u32s("recursion")?.iter().zip(index.strs("instrument")?).zip(index.u32s("numbers")?);
    for ((&recursion, instrument), &length) in rows {
        let end = start + length as usize;
        let (Some(states), Some(state)) = (states.get_mut(recursion as usize), numbers.get(start..end))
        else {
            return Err(StoreError::Table {
                reason: "the states are not those of the expression".to_owned(),
            });
        };
        states.insert(Instrument::new(instrument), state.to_vec());
        start = end;
    }
    Ok(States(states))
}
