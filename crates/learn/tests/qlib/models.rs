//! The tables and models of `models.json`.

use backstaff_learn::model::{Features, Samples};
use backstaff_panel::Column;
use serde::Deserialize;
use serde_json::Value;

use crate::base64;

/// How many rows the segments have: training, validation, test.
const ROWS: [u32; 3] = [1100, 300, 100];

#[derive(Deserialize)]
pub(crate) struct Written {
    pub(crate) model: String,
    data: Vec<String>,
    pub(crate) cases: Vec<Value>,
}

impl Written {
    /// The models of a kind.
    pub(crate) fn all(model: &str) -> Vec<Self> {
        let all = serde_json::from_str::<Vec<Self>>(include_str!("models.json")).unwrap();
        all.into_iter().filter(|written| written.model == model).collect()
    }

    pub(crate) fn data(&self) -> Data {
        let mut columns = self.data.iter().map(|text| base64::column("float32", text)).collect::<Vec<_>>();
        let labels = columns.pop().unwrap().to_f64();
        let names = (0..columns.len()).map(|n| format!("f{n}")).collect();
        Data { names, columns, labels }
    }
}

/// Features with labels.
pub(crate) struct Data {
    names: Vec<String>,
    columns: Vec<Column>,
    labels: Vec<f64>,
}

impl Data {
    pub(crate) fn features(&self) -> Features<'_> {
        Features::new(self.names.iter().map(String::as_str).zip(&self.columns)).unwrap()
    }

    pub(crate) fn samples<'a>(&self, features: &'a Features<'a>, segment: usize) -> Samples<'a> {
        self.samples_of(features, segment, |label| label)
    }

    pub(crate) fn samples_of<'a>(
        &self,
        features: &'a Features<'a>,
        segment: usize,
        target: impl Fn(f64) -> f64,
    ) -> Samples<'a> {
        let rows = rows(segment);
        let targets = rows.iter().map(|&row| target(self.labels[row as usize])).collect::<Vec<_>>();
        Samples::new(features, &rows, &targets).unwrap()
    }
}

/// Numbers that a case holds under a name.
pub(crate) fn numbers(case: &Value, name: &str) -> Vec<f64> {
    base64::column("float64", case[name].as_str().unwrap()).to_f64()
}

/// The rows of the training (0), the validation (1), the test (2).
pub(crate) fn rows(segment: usize) -> Vec<u32> {
    let first = ROWS[..segment].iter().sum::<u32>();
    (first..first + ROWS[segment]).collect()
}
