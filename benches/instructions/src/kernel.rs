//! Kernels over the returns of a synthetic market with 5 % missing, instrument by instrument.

use std::{error::Error, hint::black_box};

use backstaff_feature::kernel::{Window, cross_section, pair, recursive, rolling};
use backstaff_panel::{
    Session,
    testing::{MarketSpec, market},
};

use crate::workload::Prepared;

/// The kernels that are counted: one of each family, and the dearest.
pub(crate) const NAMES: &[&str] = &[
    "mean/20",
    "std/252",
    "skew/60",
    "max/252",
    "quantile/60",
    "rank/20",
    "mad/20",
    "slope/60",
    "beta/252",
    "correlation/20",
    "ema",
    "cs_rank",
    "cs_zscore_by_sector",
];

const SECTORS: u32 = 11;

/// The kernel of a name over all instruments.
pub(crate) fn prepare(name: &str) -> Prepared {
    let kernel = kernel(name)?;
    let instruments = instruments()?;
    let longest = instruments.iter().map(|rows| rows.x.len()).max().unwrap_or(0);
    let mut out = vec![0.0; longest];
    let mut scratch = cross_section::Scratch::default();
    Ok(Box::new(move || {
        for rows in &instruments {
            kernel(rows, &mut scratch, &mut out[..rows.x.len()]);
            black_box(&mut out);
        }
        Ok(())
    }))
}

type Kernel = Box<dyn Fn(&Rows, &mut cross_section::Scratch, &mut [f64])>;

fn kernel(name: &str) -> Result<Kernel, Box<dyn Error>> {
    let (family, length) = name.split_once('/').unwrap_or((name, "1"));
    let length = length.parse::<usize>()?;
    let w = Window::new(length, length.div_ceil(4))?;
    Ok(match family {
        "mean" => Box::new(move |r, _, out| rolling::mean(&r.x, &r.sessions, w, out)),
        "std" => Box::new(move |r, _, out| rolling::std(&r.x, &r.sessions, w, out)),
        "skew" => Box::new(move |r, _, out| rolling::skew(&r.x, &r.sessions, w, out)),
        "max" => Box::new(move |r, _, out| rolling::max(&r.x, &r.sessions, w, out)),
        "quantile" => Box::new(move |r, _, out| rolling::quantile(&r.x, &r.sessions, w, 0.8, out)),
        "rank" => Box::new(move |r, _, out| rolling::rank(&r.x, &r.sessions, w, out)),
        "mad" => Box::new(move |r, _, out| rolling::mad(&r.x, &r.sessions, w, out)),
        "slope" => Box::new(move |r, _, out| rolling::slope(&r.x, &r.sessions, w, out)),
        "beta" => Box::new(move |r, _, out| pair::beta(&r.x, &r.y, &r.sessions, w, out)),
        "correlation" => Box::new(move |r, _, out| pair::correlation(&r.x, &r.y, &r.sessions, w, out)),
        "ema" => Box::new(|r, _, out| recursive::ema_adjusted(&r.x, 0.1, out)),
        // Any rows serve as those of a session.
        "cs_rank" => Box::new(|r, scratch, out| cross_section::rank(&r.x, None, scratch, out)),
        "cs_zscore_by_sector" => {
            Box::new(|r, scratch, out| cross_section::zscore(&r.x, Some(&r.sectors), scratch, out))
        }
        _ => return Err(format!("there is no kernel {family}").into()),
    })
}

/// One instrument's rows.
struct Rows {
    sessions: Vec<Session>,
    /// Its returns.
    x: Vec<f64>,
    /// Those of an index, of which it is a part.
    y: Vec<f64>,
    sectors: Vec<u32>,
}

fn instruments() -> Result<Vec<Rows>, Box<dyn Error>> {
    let spec = MarketSpec { n_instruments: 120, n_sessions: 1000, mortal: 0.0, ..MarketSpec::default() };
    let panel = market(spec);
    let axis = panel.axis();
    let close = panel.field("close").ok_or("the market has closes")?.to_f64();
    let returns = |i: usize| {
        let close = &close[axis.rows(i)];
        let later = close.windows(2).map(|pair| pair[1] / pair[0] - 1.0);
        std::iter::once(f64::NAN).chain(later).collect::<Vec<_>>()
    };
    let index = returns(0);
    Ok((0..axis.n_instruments())
        .map(|i| {
            let x = returns(i);
            let y = index.iter().zip(&x).map(|(index, own)| 0.7 * index + 0.3 * own).collect();
            let sectors = (0..x.len() as u32).map(|row| row % SECTORS).collect();
            Rows { sessions: axis.sessions(i).to_vec(), x, y, sectors }
        })
        .collect())
}
