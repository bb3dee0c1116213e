//! What sales on the Korea Exchange are taxed with, and how far prices may move there.

use backstaff_panel::Session;

use super::Rates;

/// Securities transaction tax on sales of shares listed in KOSPI and KOSDAQ, in basis points, by the session of the
/// trade. In KOSPI it includes the special tax for rural development (15 bps), so both markets pay the same.
///
/// The law counts from the day of settlement, two sessions after the trade; the dates here are those of the first trade
/// that settled under the new rate. KONEX is taxed otherwise.
///
/// | settled from | traded from | bps |
/// |---|---|---|
/// | | | 30 |
/// | 2019-06-03 | 2019-05-30 | 25 |
/// | 2021-01-01 | 2020-12-29 | 23 |
/// | 2023-01-01 | 2022-12-28 | 20 |
/// | 2024-01-01 | 2023-12-27 | 18 |
/// | 2025-01-01 | 2024-12-27 | 15 |
/// | 2026-01-01 | 2025-12-29 | 20 |
///
/// - Source: Securities Transaction Tax Act, articles 2, 3, 5 and 8, and article 5 of its Enforcement Decree as amended;
///   announcement of the Korea Securities Depository of 27 May 2019 (settled 3 June is traded 30 May); Ministry of Economy
///   and Finance, 1 December 2025 (rates of 2026).
pub fn krx_sell_tax_bps() -> Rates {
    dated(
        30.0,
        &[
            ((2019, 5, 30), 25.0),
            ((2020, 12, 29), 23.0),
            ((2022, 12, 28), 20.0),
            ((2023, 12, 27), 18.0),
            ((2024, 12, 27), 15.0),
            ((2025, 12, 29), 20.0),
        ],
    )
}

/// The daily price limit of KOSPI and KOSDAQ: 15 % until 2015-06-12, 30 % from 2015-06-15 on, each half a point less,
/// since limits are rounded to ticks towards the last close.
///
/// - Source: Korea Exchange, enforcement rules of the business regulations, amended on 15 May 2015.
pub fn krx_price_limit() -> Rates {
    dated(0.145, &[((2015, 6, 15), 0.295)])
}

fn dated(first: f64, changes: &[((i16, i8, i8), f64)]) -> Rates {
    let date = |(year, month, day)| Session::from_ymd(year, month, day).expect("the table holds dates");
    let changes = changes.iter().map(|&(from, rate)| (date(from), rate)).collect();
    Rates::dated(first, changes).expect("the table is in order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tax_of_a_year_is_that_of_its_trades() {
        let tax = krx_sell_tax_bps();
        let on = |year, month, day| tax.at(Session::from_ymd(year, month, day).unwrap());
        assert_eq!(
            [on(1997, 1, 3), on(2019, 5, 29), on(2019, 5, 30), on(2020, 12, 28)],
            [30.0, 30.0, 25.0, 25.0]
        );
        let summers = [2021, 2022, 2023, 2024, 2025, 2026].map(|year| on(year, 7, 1));
        assert_eq!(summers, [23.0, 23.0, 20.0, 18.0, 15.0, 20.0]);
    }

    #[test]
    fn the_price_limit_doubled_in_june_2015() {
        let limit = krx_price_limit();
        let on = |day| limit.at(Session::from_ymd(2015, 6, day).unwrap());
        assert_eq!((on(12), on(15)), (0.145, 0.295));
    }
}
