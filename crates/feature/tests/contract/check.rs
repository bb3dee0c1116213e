//! The contracts.

use std::sync::Arc;

use backstaff_feature::ValueType;
use backstaff_panel::{Axis, Categories, Column, Encoding, Fact, Instrument, Panel, Period, Session};

use crate::subject::{Subject, compute, first_difference, panel};

/// `Err` names the first feature that breaks it, and where.
pub(crate) type Contract = fn(&Subject) -> Result<(), String>;

/// A panel with every field changed row by row.
fn changed(panel: &Panel, change: impl Fn(usize, &[f64]) -> f64) -> Panel {
    let mut changed = panel.clone();
    for (name, column) in panel.fields() {
        let values = column.to_f64();
        let values = (0..values.len()).map(|row| change(row, &values)).collect::<Vec<_>>();
        changed.insert(name, Column::F64(values)).unwrap();
    }
    changed
}

/// A panel in which every value that is published later is another one, of another period.
fn published_otherwise(panel: &Panel, now: Session) -> Panel {
    let mut changed = panel.clone();
    for (name, facts) in panel.all_facts() {
        let otherwise = facts.replaced(|facts| {
            let other = |fact: &Fact| Fact {
                value: -7.0 * fact.value,
                period: Period::from_number(fact.period.number() - 1),
                ..*fact
            };
            facts.iter().map(|fact| if fact.known > now { other(fact) } else { *fact }).collect()
        });
        changed.insert_facts(name, otherwise).unwrap();
    }
    changed
}

/// The panel after each of the ways in which what follows a position can be made different.
fn other_futures(panel: &Panel, now: usize) -> Vec<(&'static str, Panel)> {
    let axis = panel.axis();
    let later = |row: usize| axis.position_of(row) > now;
    // Later rows of an instrument in the reverse order.
    let mirrored = |row: usize| {
        let i = axis.instrument_of(row);
        let first = axis.rows(i).find(|&row| later(row)).expect("this row is later");
        first + axis.rows(i).end - 1 - row
    };
    vec![
        ("missing", changed(panel, |row, values| if later(row) { f64::NAN } else { values[row] })),
        ("scaled", changed(panel, |row, values| if later(row) { 1000.0 * values[row] } else { values[row] })),
        ("shuffled", changed(panel, |row, values| values[if later(row) { mirrored(row) } else { row }])),
        ("cut off", panel.between(0..now + 1)),
        ("published otherwise", published_otherwise(panel, axis.calendar().session(now))),
    ]
}

pub(crate) fn future_changes_nothing(subject: &Subject) -> Result<(), String> {
    let panel = panel();
    let full = subject.compute(&panel);
    for now in [3, 150, 280] {
        for (how, future) in other_futures(&panel, now) {
            let columns = subject.compute(&future);
            for (n, feature) in subject.features.iter().enumerate() {
                let found = first_difference((&panel, &full[n]), (&future, &columns[n]), |at| at <= now);
                if let Some(found) = found {
                    return Err(format!("{} sees the future ({how} after {now}): {found}", feature.name()));
                }
            }
        }
    }
    Ok(())
}

pub(crate) fn dropped_history_changes_nothing(subject: &Subject) -> Result<(), String> {
    let panel = panel();
    let full = subject.compute(&panel);
    for first in [1, 2, 30, 45] {
        let short = panel.between(first..panel.axis().n_sessions());
        let columns = subject.compute(&short);
        for (n, feature) in subject.features.iter().enumerate() {
            let Some(look_back) = feature.look_back().sessions() else { continue };
            let intact = |at| at >= first + look_back;
            if let Some(found) = first_difference((&panel, &full[n]), (&short, &columns[n]), intact) {
                let name = feature.name();
                return Err(format!("{name} depends on more than {look_back} sessions before: {found}"));
            }
        }
    }
    Ok(())
}

/// The panel of some of the instruments, under other names.
fn renamed(
    panel: &Panel,
    kept: impl Fn(usize) -> bool,
    name: impl Fn(usize) -> String,
) -> (Panel, Vec<usize>) {
    let axis = panel.axis();
    let mut order = (0..axis.n_instruments()).filter(|&i| kept(i)).collect::<Vec<_>>();
    order.sort_by_key(|&i| name(i));
    let lives = order.iter().map(|&i| (Instrument::new(&name(i)), axis.life(i))).collect();
    let rows = order.iter().map(|&i| axis.rows(i)).collect::<Vec<_>>();
    let mut other = Panel::new(Arc::new(Axis::new(axis.calendar().clone(), lives)));
    for (name, column) in panel.fields() {
        other.insert(name, column.select(&rows)).unwrap();
    }
    for (name, column) in panel.all_categories() {
        other.insert_categories(name, column.select(&rows)).unwrap();
    }
    for (fact, facts) in panel.all_facts() {
        let names = order.iter().map(|&i| (axis.instruments()[i].clone(), Instrument::new(&name(i))));
        other.insert_facts(fact, facts.renamed(names)).unwrap();
    }
    (other, order)
}

pub(crate) fn other_instruments_change_nothing(subject: &Subject) -> Result<(), String> {
    let panel = panel();
    let full = subject.compute(&panel);
    let reversed = renamed(&panel, |_| true, |i| format!("{:04}", 9999 - i));
    let halved = renamed(&panel, |i| i % 2 == 0, |i| format!("{i:04}"));
    for (other, order) in [reversed, halved] {
        let columns = subject.compute(&other);
        for (n, feature) in subject.features.iter().enumerate().filter(|(_, f)| !f.is_cross_sectional()) {
            for (i, &was) in order.iter().enumerate() {
                let rows = other.axis().rows(i).zip(panel.axis().rows(was));
                for (row, before) in rows {
                    if columns[n].get(row).to_bits() != full[n].get(before).to_bits() {
                        return Err(format!("{} of one instrument depends on others", feature.name()));
                    }
                }
            }
        }
    }
    Ok(())
}

pub(crate) fn missing_instruments_change_nothing(subject: &Subject) -> Result<(), String> {
    let panel = panel();
    let axis = panel.axis();
    let full = subject.compute(&panel);
    let mut lives = axis
        .instruments()
        .iter()
        .cloned()
        .zip((0..axis.n_instruments()).map(|i| axis.life(i)))
        .collect::<Vec<_>>();
    lives.insert(0, (Instrument::new("A"), 0..axis.n_sessions()));
    let mut more = Panel::new(Arc::new(Axis::new(axis.calendar().clone(), lives)));
    for (name, column) in panel.fields() {
        let mut values = vec![f64::NAN; axis.n_sessions()];
        values.extend(column.to_f64());
        more.insert(name, Column::F64(values)).unwrap();
    }
    for (name, column) in panel.all_categories() {
        let mut codes = vec![0; axis.n_sessions()];
        codes.extend(column.codes());
        more.insert_categories(name, Categories::new(codes, column.names().to_vec())).unwrap();
    }
    for (name, facts) in panel.all_facts() {
        more.insert_facts(name, facts.clone()).unwrap();
    }
    let columns = subject.compute(&more);
    for (n, feature) in subject.features.iter().enumerate() {
        if feature.expression().contains("IsNull") || feature.expression().contains("If($close, 1") {
            continue; // they give a value to what is missing
        }
        if let Some(found) = first_difference((&more, &columns[n]), (&panel, &full[n]), |_| true) {
            return Err(format!("{} depends on an instrument without values: {found}", feature.name()));
        }
    }
    Ok(())
}

pub(crate) fn company_changes_nothing(subject: &Subject) -> Result<(), String> {
    let panel = panel();
    let together = subject.compute(&panel);
    for (feature, column) in subject.features.iter().zip(&together) {
        let alone = compute(std::slice::from_ref(feature), &panel);
        if !alone[0].same_bits(column) {
            return Err(format!("{} alone differs from {0} among others", feature.name()));
        }
    }
    Ok(())
}

pub(crate) fn threads_change_nothing(subject: &Subject) -> Result<(), String> {
    let panel = panel();
    let mut first = None::<Vec<Column>>;
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let columns = pool.install(|| subject.compute(&panel));
        let expected = first.get_or_insert_with(|| columns.clone());
        for (n, feature) in subject.features.iter().enumerate() {
            if !columns[n].same_bits(&expected[n]) {
                return Err(format!("{} differs on {threads} threads", feature.name()));
            }
        }
    }
    Ok(())
}

pub(crate) fn encoding_changes_nothing(subject: &Subject) -> Result<(), String> {
    let panel = panel();
    let (mut narrow, mut wide) = (panel.clone(), panel.clone());
    for (name, column) in panel.fields() {
        let rounded = Column::encode(&column.to_f64(), Encoding::F32);
        wide.insert(name, Column::F64(rounded.to_f64())).unwrap();
        narrow.insert(name, rounded).unwrap();
    }
    let (narrow, wide) = (subject.compute(&narrow), subject.compute(&wide));
    for (n, feature) in subject.features.iter().enumerate() {
        if !narrow[n].same_bits(&wide[n]) {
            return Err(format!("{} depends on how its inputs are stored", feature.name()));
        }
    }
    Ok(())
}

pub(crate) fn conditions_are_one_or_zero(subject: &Subject) -> Result<(), String> {
    let columns = subject.compute(&panel());
    for (feature, column) in subject.features.iter().zip(columns) {
        let is_condition = |value: &f64| *value == 0.0 || *value == 1.0;
        if feature.value_type() == ValueType::Boolean && !column.to_f64().iter().all(is_condition) {
            return Err(format!("{} is neither true nor false somewhere", feature.name()));
        }
    }
    Ok(())
}
