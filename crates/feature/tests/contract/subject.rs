//! Features under test, and the market that they are computed on.

use backstaff_feature::{Catalog, Feature, Plan, Schema};
use backstaff_panel::{
    Column, Encoding, Frequency, Panel,
    testing::{MarketSpec, market},
};

/// Features under test.
#[derive(Debug)]
pub(crate) struct Subject {
    pub features: Vec<Feature>,
}

impl Subject {
    pub(crate) fn new(catalog: &Catalog, names: &[String]) -> Self {
        let names = names.iter().map(String::as_str).collect::<Vec<_>>();
        let features =
            catalog.resolve(&names, &Schema::of(&panel())).unwrap_or_else(|error| panic!("{error}"));
        Self { features }
    }

    /// All features together, as f64.
    pub(crate) fn compute(&self, panel: &Panel) -> Vec<Column> {
        compute(&self.features, panel)
    }
}

pub(crate) fn compute(features: &[Feature], panel: &Panel) -> Vec<Column> {
    Plan::new(features).compute(panel, Encoding::F64, &()).unwrap()
}

/// A small market with late listings, delistings, halts and missing sectors.
pub(crate) fn panel() -> Panel {
    let mut panel = market(MarketSpec { n_instruments: 14, n_sessions: 300, ..MarketSpec::default() });
    let [vwap, volume] = ["vwap", "volume"].map(|name| panel.field(name).unwrap().to_f64());
    let value = vwap.iter().zip(&volume).map(|(vwap, volume)| vwap * volume).collect();
    panel.insert("value", Column::F64(value)).unwrap();
    for library in Catalog::library_names() {
        let schema = Catalog::new().with_library(library).unwrap().mentioned(&[library]).unwrap();
        complete(&mut panel, &schema);
    }
    panel
}

/// What a library names and the market lacks, from something of its kind.
fn complete(panel: &mut Panel, wanted: &Schema) {
    let known = Schema::of(panel);
    for name in wanted.fields.difference(&known.fields) {
        panel.insert(name, panel.field("vwap").unwrap().clone()).unwrap();
    }
    for name in wanted.categories.difference(&known.categories) {
        panel.insert_categories(name, panel.categories("sector").unwrap().clone()).unwrap();
    }
    for name in wanted.facts.difference(&known.facts) {
        let like = match Frequency::of_name(name) {
            Some(Frequency::Quarterly) => "sales_q",
            Some(Frequency::Annual) => "equity_a",
            _ => "vix_d",
        };
        panel.insert_facts(name, panel.facts(like).unwrap().clone()).unwrap();
    }
}

/// The first (instrument, session) at which two columns differ, over the positions of `of` that `compared` accepts.
pub(crate) fn first_difference(
    (panel, column): (&Panel, &Column),
    (of, other): (&Panel, &Column),
    compared: impl Fn(usize) -> bool,
) -> Option<String> {
    let (axis, small) = (panel.axis(), of.axis());
    for (i, instrument) in small.instruments().iter().enumerate() {
        let whole = axis.find(instrument.name()).expect("the same instrument");
        for (row, position) in small.rows(i).zip(small.life(i)) {
            let session = small.calendar().session(position);
            let at = axis.calendar().position(session).expect("the same session");
            let Some(same) = axis.row(whole, at) else { continue };
            let (a, b) = (column.get(same), other.get(row));
            if compared(at) && a.to_bits() != b.to_bits() {
                return Some(format!("{instrument} on {session}: {a:?} and {b:?}"));
            }
        }
    }
    None
}
