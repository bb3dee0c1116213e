//! Factor files: the effect of splits and dividends on prices.

use std::fs;

use super::{folder::LeanFolder, lines::lines};
use crate::error::SourceError;

/// The factors of an instrument, oldest first: each holds up to its day.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Factors(Vec<Factor>);

#[derive(Clone, Copy, PartialEq, Debug)]
struct Factor {
    last_day: i32,
    price: f64,
    split: f64,
}

impl Factors {
    /// The factor of prices (splits included) on a day, and that of splits alone; both are 1 after the last line.
    pub(super) fn at(&self, day: i32) -> (f64, f64) {
        let at = self.0.partition_point(|factor| factor.last_day < day);
        self.0.get(at).map_or((1.0, 1.0), |factor| (factor.price * factor.split, factor.split))
    }
}

/// The factors of an instrument, if it has a file of them.
pub(super) fn factors(folder: &LeanFolder, instrument: &str) -> Result<Option<Factors>, SourceError> {
    let path = folder.market.join("factor_files").join(format!("{}.csv", instrument.to_lowercase()));
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(|source| SourceError::Read { path: path.clone(), source })?;
    let mut factors = Vec::<Factor>::new();
    for line in lines(&path, &bytes)? {
        let last_day = line.stamp(line.cell(0, "date")?)?.day;
        let price = line.float(line.cell(1, "price factor")?, "price factor")?;
        let split = line.float(line.cell(2, "split factor")?, "split factor")?;
        if factors.last().is_some_and(|before| before.last_day >= last_day) {
            return Err(SourceError::Lean { path, reason: "its dates are not in ascending order" });
        }
        factors.push(Factor { last_day, price, split });
    }
    Ok(Some(Factors(factors)))
}
