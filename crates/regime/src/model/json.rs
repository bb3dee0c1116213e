//! The model as JSON: `start` (K), `transition` (K×K), `means` (K×D), `covariances` (K×D×D, or K×D if diagonal).

use serde::{Deserialize, Serialize};

use super::{Covariances, GaussianHmm, check_states};
use crate::RegimeError;

impl GaussianHmm {
    /// The model in a file's text; fields of other names are passed over.
    ///
    /// Of one series, `means` and `covariances` may be plain lists of K numbers.
    ///
    /// # Errors
    ///
    /// [`RegimeError::Json`] if the text has another form, and whatever [`GaussianHmm::new`] says of the numbers.
    ///
    /// ```
    /// use backstaff_regime::GaussianHmm;
    /// let text = r#"{"start": [1.0], "transition": [[1.0]], "means": [[0.0]], "covariances": [[1.0]]}"#;
    /// assert_eq!(GaussianHmm::from_json(text)?.n_states(), 1);
    /// let error = GaussianHmm::from_json(&text.replace("[[1.0]], \"m", "[[0.9]], \"m")).unwrap_err();
    /// assert_eq!(error.to_string(), "row 0 of transition sums to 0.9 instead of 1");
    /// # Ok::<(), backstaff_regime::RegimeError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Self, RegimeError> {
        serde_json::from_str::<Parameters>(text)
            .map_err(|error| RegimeError::Json { reason: error.to_string() })?
            .try_into()
    }

    /// The text of a file that [`GaussianHmm::from_json`] reads back to the same bits.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&Parameters::from(self.clone())).expect("lists of numbers are JSON")
    }
}

/// The fields of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Parameters {
    start: Vec<f64>,
    transition: Vec<Vec<f64>>,
    means: Nested,
    covariances: Nested,
}

/// Lists of numbers, one, two or three deep.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected numbers in lists: means K×D, covariances K×D×D, or K×D if diagonal")]
enum Nested {
    One(Vec<f64>),
    Two(Vec<Vec<f64>>),
    Three(Vec<Vec<Vec<f64>>>),
}

impl Serialize for GaussianHmm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Parameters::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for GaussianHmm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Parameters::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl From<GaussianHmm> for Parameters {
    fn from(model: GaussianHmm) -> Self {
        let (k, d) = (model.n_states(), model.n_series());
        let rows = |values: &[f64], width: usize| values.chunks_exact(width).map(<[f64]>::to_vec).collect();
        Self {
            transition: rows(&model.transition, k),
            means: Nested::Two(rows(&model.means, d)),
            covariances: match &model.covariances {
                Covariances::Diagonal(values) => Nested::Two(rows(values, d)),
                Covariances::Full(values) => {
                    Nested::Three(values.chunks_exact(d * d).map(|state| rows(state, d)).collect())
                }
            },
            start: model.start,
        }
    }
}

impl TryFrom<Parameters> for GaussianHmm {
    type Error = RegimeError;

    fn try_from(file: Parameters) -> Result<Self, RegimeError> {
        let states = file.start.len();
        check_states(states)?;
        let deep = |what: &str| RegimeError::Json { reason: format!("{what} are lists in lists too deep") };
        let means = match file.means {
            Nested::One(values) => values.into_iter().map(|value| vec![value]).collect(),
            Nested::Two(rows) => rows,
            Nested::Three(_) => return Err(deep("means")),
        };
        let series = means.first().map_or(0, Vec::len);
        let shape = Shape { states, series };
        let transition = shape.flat("transition", file.transition, states, states)?;
        let means = shape.flat("means", means, states, series)?;
        let covariances = match file.covariances {
            Nested::One(values) => {
                let rows = values.into_iter().map(|value| vec![value]).collect();
                Covariances::Diagonal(shape.flat("covariances", rows, states, series)?)
            }
            Nested::Two(rows) => Covariances::Diagonal(shape.flat("covariances", rows, states, series)?),
            Nested::Three(matrices) => {
                shape.check("covariances", matrices.len(), states)?;
                let mut values = Vec::with_capacity(states * series * series);
                for (state, matrix) in matrices.into_iter().enumerate() {
                    let what = format!("the covariance of state {state}");
                    values.extend(shape.flat(&what, matrix, series, series)?);
                }
                Covariances::Full(values)
            }
        };
        Self::new(file.start, transition, means, covariances)
    }
}

/// The numbers that the lengths of a file's lists follow from.
struct Shape {
    states: usize,
    series: usize,
}

impl Shape {
    fn check(&self, what: &str, found: usize, expected: usize) -> Result<(), RegimeError> {
        let Self { states, series } = *self;
        if found == expected {
            Ok(())
        } else {
            Err(RegimeError::Shape { what: what.to_owned(), expected, found, states, series })
        }
    }

    fn flat(
        &self,
        what: &str,
        rows: Vec<Vec<f64>>,
        height: usize,
        width: usize,
    ) -> Result<Vec<f64>, RegimeError> {
        self.check(what, rows.len(), height)?;
        for (number, row) in rows.iter().enumerate() {
            self.check(&format!("row {number} of {what}"), row.len(), width)?;
        }
        Ok(rows.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"{"start": [0.25, 0.75], "transition": [[0.9, 0.1], [0.2, 0.8]],
        "means": [[0.1, 0.2], [-0.1, 0.0]], "covariances": [[1.0, 2.0], [3.0, 4.0]], "log_likelihood": -3.0}"#;

    #[test]
    fn a_model_is_read_back_to_the_bit() {
        let model = GaussianHmm::from_json(TWO).unwrap();
        assert_eq!(model.covariances, Covariances::Diagonal(vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!(GaussianHmm::from_json(&model.to_json()), Ok(model.clone()));
        let full = Covariances::Full(vec![1.0, 0.1, 0.1, 2.0, 3.0, 0.0, 0.0, 1.0 / 3.0]);
        let model = GaussianHmm { covariances: full, ..model };
        assert_eq!(GaussianHmm::from_json(&model.to_json()), Ok(model));
    }

    #[test]
    fn one_series_may_come_in_plain_lists() {
        let text = r#"{"start": [1.0], "transition": [[1.0]], "means": [0.5], "covariances": [2.0]}"#;
        let model = GaussianHmm::from_json(text).unwrap();
        assert_eq!((model.means(0), model.variance(0, 0)), (&[0.5][..], 2.0));
    }

    #[test]
    fn says_where_a_file_has_the_wrong_shape() {
        let error =
            |from: &str, to: &str| GaussianHmm::from_json(&TWO.replace(from, to)).unwrap_err().to_string();
        assert_eq!(
            error("[0.2, 0.8]", "[0.2, 0.7, 0.1]"),
            "row 1 of transition has 3 entries where 2 are needed for 2 states and 2 series"
        );
        assert!(error("[-0.1, 0.0]", "[-0.1]").starts_with("row 1 of means has 1 entries where 2"));
        assert!(error("[3.0, 4.0]", "[3.0, null]").contains("covariances K×D×D"));
        assert!(error("\"start\"", "\"begin\"").contains("missing field `start`"));
        assert!(error("[3.0, 4.0]", "[3.0, -4.0]").contains("covariance of state 1"));
        assert!(error("{", "").starts_with("this is no model of regimes"));
    }
}
