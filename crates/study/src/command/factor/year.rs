//! The numbers year by year: skill that is one good year is luck.

use std::ops::Range;

use backstaff_learn::{evaluate::SeriesSummary, label::Horizon};
use backstaff_panel::Calendar;
use serde::Serialize;

use super::horizon::Found;
use crate::{
    report::series::ANNUALISED,
    steps::evaluate::{Summary, finite},
};

/// The numbers of one calendar year at the horizon of the verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Year {
    /// The calendar year of the session at whose close values are known.
    pub year: i16,
    /// The number of sessions with a rank IC.
    pub sessions: usize,
    /// The mean IC of the year.
    pub ic: Option<f64>,
    /// The mean rank IC of the year.
    pub rank_ic: Option<f64>,
    /// The mean rank IC divided by Newey and West's standard error.
    pub rank_ic_t: Option<f64>,
    /// The share of these sessions with a rank IC above 0.
    pub share_positive: Option<f64>,
    /// The mean spread of the sessions, times the sessions of a year; `null` for fewer than 60 sessions.
    pub spread_annual: Option<f64>,
    /// The mean spread divided by Newey and West's standard error.
    pub spread_t: Option<f64>,
}

/// The numbers of each year of a calendar.
pub(super) fn years(calendar: &Calendar, found: &Found, horizon: Horizon) -> Vec<Year> {
    let year = |(year, sessions): (i16, Range<usize>)| {
        let of = |series: &[f64]| Summary::from(SeriesSummary::of(&series[sessions.clone()], horizon));
        let rank_ic = of(&found.coefficients.rank);
        let spread = of(&found.returns.spread);
        Year {
            year,
            sessions: rank_ic.n,
            ic: of(&found.coefficients.linear).mean,
            rank_ic: rank_ic.mean,
            rank_ic_t: rank_ic.newey_west_t,
            share_positive: rank_ic.share_positive,
            spread_annual: spread
                .mean
                .filter(|_| spread.n >= ANNUALISED)
                .and_then(|mean| finite(mean * calendar.sessions_per_year())),
            spread_t: spread.newey_west_t,
        }
    };
    positions(calendar).into_iter().map(year).collect()
}

/// The calendar years, each with the positions of its sessions.
fn positions(calendar: &Calendar) -> Vec<(i16, Range<usize>)> {
    let mut start = 0;
    let years = calendar.sessions().chunk_by(|a, b| a.year() == b.year());
    let years = years.map(|sessions| {
        let range = start..start + sessions.len();
        start = range.end;
        (sessions[0].year(), range)
    });
    years.collect()
}

/// The share of the years whose mean rank IC has the sign of the whole; `None` without any.
pub(super) fn share_agreeing(years: &[Year], whole: Option<f64>) -> Option<f64> {
    let means = years.iter().filter_map(|year| year.rank_ic).collect::<Vec<_>>();
    let whole = whole.filter(|_| !means.is_empty())?;
    let agreeing = means.iter().filter(|&&mean| mean * whole > 0.0).count();
    Some(agreeing as f64 / means.len() as f64)
}

#[cfg(test)]
mod tests {
    use backstaff_panel::Session;

    use super::*;

    #[test]
    fn years_are_cut_where_the_date_says() {
        let days = [16_799, 16_800, 16_801];
        let calendar = Calendar::new(days.map(Session::from_number).to_vec());
        assert_eq!(positions(&calendar), [(2015, 0..2), (2016, 2..3)]);
    }
}
