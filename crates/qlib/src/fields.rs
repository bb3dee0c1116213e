//! The fields of Qlib's folders, made of a panel.

use std::collections::BTreeMap;

use backstaff_panel::{Panel, TRADED};

/// Fields that are derived from others, or written otherwise.
const OF_THE_PANEL: [&str; 4] = ["factor", "adj_close", "return", "return_sessions"];

/// The fields of the panel as Qlib has them: 32-bit numbers, one for each row of the panel.
pub(crate) fn columns(panel: &Panel) -> Vec<(String, Vec<f32>)> {
    let axis = panel.axis();
    let values = |name: &str| panel.field(name).map(|column| column.to_f64());
    let close = values("close").unwrap_or_else(|| vec![f64::NAN; axis.n_rows()]);
    let raw = values("raw_close");
    let factor =
        (0..close.len()).map(|row| raw.as_ref().map_or(1.0, |raw| close[row] / raw[row])).collect::<Vec<_>>();
    let mut columns = BTreeMap::new();
    for (name, column) in panel.fields() {
        if name == TRADED || name.starts_with("raw_") || OF_THE_PANEL.contains(&name) {
            continue;
        }
        columns.insert(name.to_owned(), column.to_f64());
    }
    if let Some(raw_volume) = values("raw_volume") {
        let adjusted = raw_volume.iter().zip(&factor).map(|(volume, factor)| volume / factor).collect();
        columns.insert("volume".to_owned(), adjusted);
    }
    let mut change = vec![f64::NAN; close.len()];
    for i in 0..axis.n_instruments() {
        let mut last = f64::NAN;
        for row in axis.rows(i) {
            change[row] = close[row] / last - 1.0;
            if !close[row].is_nan() {
                last = close[row];
            }
        }
    }
    columns.insert("change".to_owned(), change);
    columns.insert(
        "factor".to_owned(),
        (0..close.len()).map(|row| if close[row].is_nan() { f64::NAN } else { factor[row] }).collect(),
    );
    columns
        .into_iter()
        .map(|(name, values)| (name, values.into_iter().map(|value| value as f32).collect()))
        .collect()
}
