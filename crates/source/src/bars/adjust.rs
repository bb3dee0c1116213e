//! Quoted prices to prices that are comparable through time.

use std::collections::BTreeMap;

use backstaff_panel::{Axis, Column, Encoding, split_at_offsets};
use rayon::prelude::*;

use crate::{error::SourceError, request::adjustment::Adjustment};

/// The fields of a panel while it is made.
pub(crate) type Fields = BTreeMap<String, Column>;

/// The prices that a factor applies to.
const QUOTED: [&str; 5] = ["open", "high", "low", "close", "vwap"];

/// The mode to use, and the reason in words. Where `adj_close` is the only close, it is taken as the close.
pub(crate) fn choose(
    requested: Adjustment,
    fields: &mut Fields,
    path: &std::path::Path,
    warnings: &mut Vec<String>,
) -> Result<(Adjustment, String), SourceError> {
    let found = fields.keys().cloned().collect::<Vec<_>>();
    let has = |name: &str| found.iter().any(|field| field == name);
    let needs = |mode, column| {
        if has(column) {
            Ok(())
        } else {
            Err(SourceError::NoFactor { path: path.to_owned(), mode, column, found: found.clone() })
        }
    };
    let chosen = match requested {
        Adjustment::Verbatim => {
            return Ok((Adjustment::Verbatim, "the columns are used exactly as in the file".to_owned()));
        }
        Adjustment::AdjClose => {
            needs("adj_close", "adj_close")?;
            needs("adj_close", "close")?;
            (Adjustment::AdjClose, "asked for".to_owned())
        }
        Adjustment::Factor => {
            needs("factor", "factor")?;
            (Adjustment::Factor, "asked for".to_owned())
        }
        Adjustment::AsIs => (Adjustment::AsIs, "asked for".to_owned()),
        Adjustment::Auto if has("factor") => (Adjustment::Factor, "there is a column factor".to_owned()),
        Adjustment::Auto if has("adj_close") && has("close") => {
            (Adjustment::AdjClose, "there is a column adj_close and no column factor".to_owned())
        }
        Adjustment::Auto => {
            (Adjustment::AsIs, "there is neither a column factor nor adj_close beside close".to_owned())
        }
    };
    if !has("close") {
        let Some(adjusted) = fields.get("adj_close").cloned() else {
            let hint = crate::names::hint("close", found.iter().map(String::as_str));
            return Err(SourceError::NoColumn { path: path.to_owned(), what: "close", found, hint });
        };
        fields.insert("close".to_owned(), adjusted);
        warnings.push("there is only an adjusted close; it is used as the close".to_owned());
    }
    if chosen.0 == Adjustment::AsIs {
        warnings.push(
            "prices are used as in the file: if they are adjusted backwards, their level knows later dividends and \
             splits, and lots, price limits and price thresholds are only approximate"
                .to_owned(),
        );
    }
    Ok(chosen)
}

/// The numbers of the instruments that have closes but not a single value in the column that adjusts them.
///
/// A folder may hold files of two kinds, such as those of a download program before and after it began to deliver
/// adjusted closes only.
pub(crate) fn without_factor(mode: Adjustment, fields: &Fields, axis: &Axis) -> Vec<usize> {
    let column = match mode {
        Adjustment::AdjClose => fields.get("adj_close"),
        Adjustment::Factor => fields.get("factor"),
        _ => None,
    };
    let (Some(column), Some(close)) = (column, fields.get("close")) else { return Vec::new() };
    let lacks = |column: &Column, i: usize| axis.rows(i).all(|row| column.get(row).is_nan());
    let unstated = (0..axis.n_instruments()).into_par_iter();
    unstated.filter(|&i| lacks(column, i) && !lacks(close, i)).collect()
}

/// Adjust the prices and keep what was quoted as `raw_*`.
///
/// The factor is `adj_close / close` or the column `factor`, divided by its first present value of the instrument:
/// adjusted = quoted × factor. Where the factor is missing, so are the adjusted prices, and they are counted.
/// The closes of `unstated` instruments are taken as adjusted already, so that their factor is 1.
/// `adj_close` itself is given up, because its level knows what came later; `factor` is what was applied. What is
/// adjusted is stored as what was quoted; in eight bytes if that was `narrowed` because it happened to lose nothing.
/// `has_split_volumes` says that the vendor adjusted volumes by splits.
pub(crate) fn adjust(
    mode: Adjustment,
    fields: &mut Fields,
    axis: &Axis,
    unstated: &[usize],
    narrowed: bool,
    has_split_volumes: bool,
    warnings: &mut Vec<String>,
) {
    let encoding = |quoted: &Column| if narrowed { Encoding::F64 } else { quoted.encoding() };
    let quoted = match mode {
        Adjustment::AdjClose => {
            fields.remove("adj_close").zip(fields.get("close")).map(|(adjusted, close)| {
                let factor = |row| adjusted.get(row) / close.get(row);
                (0..adjusted.len()).into_par_iter().map(factor).collect::<Vec<_>>()
            })
        }
        Adjustment::Factor => fields.get("factor").map(Column::to_f64),
        _ => None,
    };
    let Some(mut factor) = quoted else { return };
    for &i in unstated {
        factor[axis.rows(i)].fill(1.0);
    }
    if mode == Adjustment::Factor && fields.remove("adj_close").is_some() {
        warnings.push("adj_close is not used, because factor is".to_owned());
    }
    anchor(&mut factor, axis);
    let mut lost = 0;
    for name in QUOTED {
        let Some(column) = fields.remove(name) else { continue };
        let adjusted = computed(&column, encoding(&column), |row, value| value * factor[row]);
        if name == "close" {
            let is_lost = |&row: &usize| factor[row].is_nan() && !column.get(row).is_nan();
            lost = (0..column.len()).into_par_iter().filter(is_lost).count();
        }
        fields.insert(name.to_owned(), adjusted);
        if fields.insert(format!("raw_{name}"), column).is_some() {
            warnings.push(format!("the column raw_{name} of the file is replaced by {name} as quoted"));
        }
    }
    if lost > 0 {
        warnings.push(format!("{lost} rows have a close but no factor; their adjusted prices are missing"));
    }
    adjust_volume(fields, axis, encoding, has_split_volumes, warnings);
    fields.insert("factor".to_owned(), Column::F64(factor));
}

/// Adjust the volume by splits alone, since dividends don't change it. Without a column of split factors nothing says
/// which part of a factor is a split, and volume stays as quoted.
fn adjust_volume(
    fields: &mut Fields,
    axis: &Axis,
    encoding: impl Fn(&Column) -> Encoding,
    has_split_volumes: bool,
    warnings: &mut Vec<String>,
) {
    let Some(volume) = fields.remove("volume") else { return };
    let adjusted = if let Some(splits) = fields.get("split_factor") {
        let mut splits = splits.to_f64();
        anchor(&mut splits, axis);
        computed(&volume, encoding(&volume), |row, volume| volume / splits[row])
    } else {
        if !has_split_volumes {
            warnings.push(
                "volume is used as in the file: splits can't be told from dividends without a column split_factor"
                    .to_owned(),
            );
        }
        volume.clone()
    };
    fields.insert("volume".to_owned(), adjusted);
    fields.insert("raw_volume".to_owned(), volume);
}

/// A new column: a function of each row and of a column's value there. All NaN have the same bits.
fn computed(column: &Column, encoding: Encoding, value: impl Fn(usize, f64) -> f64 + Sync) -> Column {
    let rows = (0..column.len()).into_par_iter();
    let value = |row| Some(value(row, column.get(row))).filter(|value| !value.is_nan());
    match encoding {
        Encoding::F32 => {
            Column::F32(rows.map(|row| value(row).map_or(f32::NAN, |value| value as f32)).collect())
        }
        Encoding::F64 => Column::F64(rows.map(|row| value(row).unwrap_or(f64::NAN)).collect()),
    }
}

/// Divide by each instrument's first present value, which an append never rewrites.
fn anchor(factor: &mut [f64], axis: &Axis) {
    split_at_offsets(factor, axis.offsets()).into_par_iter().for_each(|factor| {
        if let Some(first) = factor.iter().copied().find(|factor| !factor.is_nan()) {
            for factor in factor {
                *factor /= first;
            }
        }
    });
}
