//! Quarterly filings: balances, and flows added up since the start of the fiscal year, with the day they can be known.

use backstaff_panel::Session;

use crate::{
    SyntheticSpec,
    draw::{Draws, Purpose},
    profile::Profile,
};

/// The items, balances first, then flows of cash, then flows of the income statement.
pub(crate) const ITEMS: [&str; 15] = [
    "ifrs-full_Equity",
    "ifrs-full_Assets",
    "ifrs-full_Liabilities",
    "ifrs-full_CashAndCashEquivalents",
    "ifrs-full_Inventories",
    "ifrs-full_CurrentAssets",
    "ifrs-full_CurrentLiabilities",
    "ifrs-full_CashFlowsFromUsedInOperatingActivities",
    "ifrs-full_CashFlowsFromUsedInInvestingActivities",
    "ifrs-full_Revenue",
    "dart_OperatingIncomeLoss",
    "ifrs-full_ProfitLoss",
    "ifrs-full_GrossProfit",
    "ifrs-full_IncomeTaxExpenseContinuingOperations",
    "ifrs-full_FinanceCosts",
];
/// The first item that adds up over a fiscal year.
pub(crate) const FIRST_FLOW: usize = 7;
/// The first item of the income statement.
pub(crate) const FIRST_INCOME: usize = 9;
const EQUITY: usize = 0;
const PROFIT: usize = 11;
const GROSS_PROFIT: usize = 12;

/// One amount an item; NaN where the filing lacks it.
pub(crate) type Amounts = [f64; ITEMS.len()];

/// One filing of one company about one period.
#[derive(Clone, Debug)]
pub(crate) struct Filing {
    /// Year and month (3, 6, 9, 12) in whose last day the period ends.
    pub(crate) period_end: (i16, i8),
    /// The month in which the company's fiscal year ends.
    pub(crate) fiscal_month: i8,
    /// From when on it can be known.
    pub(crate) available: Session,
    pub(crate) consolidated: bool,
    /// Whether it replaced an earlier one; then it is known since the correction only.
    pub(crate) corrected: bool,
    pub(crate) currency: &'static str,
    /// Flows since the start of the fiscal year.
    pub(crate) amounts: Amounts,
    /// Flows of the last three months alone.
    pub(crate) quarter: Amounts,
    /// The amounts a year before, as first reported.
    pub(crate) year_before: Amounts,
}

impl Filing {
    /// Which quarter of the fiscal year it is, 1 to 4; the fourth is the annual report.
    pub(crate) fn fiscal_quarter(&self) -> usize {
        fiscal_quarter(self.period_end.1, self.fiscal_month)
    }
}

fn fiscal_quarter(month: i8, fiscal_month: i8) -> usize {
    match (month - fiscal_month).rem_euclid(12) / 3 {
        0 => 4,
        quarter => quarter as usize,
    }
}

/// The date `months` months after a month, on this day of the month.
fn after(year: i16, month: i8, months: i8, day: i8) -> Option<Session> {
    let month = i16::from(month + months) - 1;
    Session::from_ymd(year + month / 12, (month % 12) as i8 + 1, day)
}

/// The deadline's day: 45 days for interim reports and 90 for annual ones, as round dates.
///
/// Of December years 16 May, 16 August, 15 November and 1 April; of others the 16th of the second month after an interim
/// period and the first of the third month after a year.
fn deadline((year, month): (i16, i8), fiscal_month: i8) -> Option<Session> {
    match (fiscal_month, month) {
        (12, 9) => after(year, 9, 2, 15),
        (12, 12) => after(year, 12, 4, 1),
        _ if month == fiscal_month => after(year, month, 3, 1),
        _ => after(year, month, 2, 16),
    }
}

/// The company behind the filings.
struct Company {
    assets: f64,
    leverage: f64,
    revenue_of_assets: f64,
    gross_margin: f64,
    overheads: f64,
    /// What its own statements hold of the group's.
    parent: f64,
}

impl Company {
    fn new(draws: &mut Draws, profile: &Profile) -> Self {
        let cap = profile.price * profile.shares as f64;
        Self {
            assets: cap * draws.log_normal(1.22, 0.5),
            leverage: draws.clipped(0.45, 0.18, 0.05, 1.05),
            revenue_of_assets: draws.clipped(0.2, 0.08, 0.02, 0.6),
            gross_margin: draws.clipped(0.28 + 0.05 * profile.quality, 0.1, 0.02, 0.85),
            overheads: draws.clipped(0.22, 0.09, 0.01, 0.7),
            parent: 0.6 + 0.35 * draws.uniform(),
        }
    }

    /// The balances at the end of a quarter and its flows.
    fn quarter(&mut self, draws: &mut Draws) -> Amounts {
        self.assets *= libm::exp(0.012 + 0.04 * draws.normal());
        let liabilities = self.assets * (self.leverage + 0.02 * draws.normal());
        let revenue = self.assets * self.revenue_of_assets * draws.log_normal(1.0, 0.12);
        let gross = revenue * (self.gross_margin + 0.02 * draws.normal());
        let operating = gross - revenue * (self.overheads + 0.02 * draws.normal());
        let tax = 0.22 * operating.max(0.0);
        let interest = 0.008 * liabilities;
        let profit = operating - tax - interest + revenue * 0.015 * draws.normal();
        let cash_flow = profit + revenue * (0.03 + 0.05 * draws.normal());
        let investing = -revenue * (0.07 + 0.04 * draws.normal()).abs();
        [
            self.assets - liabilities,
            self.assets,
            liabilities,
            0.08 * self.assets,
            0.35 * revenue,
            0.42 * self.assets,
            0.55 * liabilities,
            cash_flow,
            investing,
            revenue,
            operating,
            profit,
            gross,
            tax,
            interest,
        ]
    }
}

/// The filings of a company that can be known by the end of its life, oldest period first; consolidated before separate.
///
/// They begin two years before the listing. 5 % of the companies have other fiscal years than the calendar's, 28 % no
/// consolidated statements, one in 300 reports in dollars; 3 % of the filings are late, 1 % were replaced by a correction,
/// which is known when it was made, often after newer periods; 1 % of the amounts are missing, of gross profit 12 %.
pub(crate) fn filings(spec: &SyntheticSpec, profile: &Profile, sessions: &[Session]) -> Vec<Filing> {
    let mut draws = Draws::new(spec.seed, Purpose::Filings, profile.number);
    let mut company = Company::new(&mut draws, profile);
    let fiscal_month = if draws.chance(0.05) { [3, 6, 9][draws.whole(0, 3)] } else { 12 };
    let has_group = draws.chance(0.72);
    let (currency, unit) = if draws.chance(1.0 / 300.0) { ("USD", 1200.0) } else { ("KRW", 1.0) };
    let (listed, last) = (sessions[profile.life.start], sessions[profile.life.end - 1]);
    let first_year = listed.year() - 2;
    let mut past = Vec::<Amounts>::new();
    let mut year = Amounts::default();
    let mut found = Vec::new();
    for n in 0_usize.. {
        let period_end = (first_year + (n / 4) as i16, (n % 4 + 1) as i8 * 3);
        let quarter = company.quarter(&mut draws);
        let starts = fiscal_quarter(period_end.1, fiscal_month) == 1;
        for (item, total) in year.iter_mut().enumerate() {
            let added = if starts || item < FIRST_FLOW { 0.0 } else { *total };
            *total = added + quarter[item];
        }
        past.push(year);
        let Some(due) = deadline(period_end, fiscal_month) else { continue };
        if due > last {
            break;
        }
        let before = n.checked_sub(4).map_or([f64::NAN; ITEMS.len()], |before| past[before]);
        for consolidated in [true, false] {
            let scale = if consolidated { 1.0 } else { company.parent } / unit;
            let mut filing = Filing {
                period_end,
                fiscal_month,
                available: due,
                consolidated,
                corrected: false,
                currency,
                amounts: year.map(|amount| (amount * scale).round()),
                quarter: quarter.map(|amount| (amount * scale).round()),
                year_before: before.map(|amount| (amount * scale).round()),
            };
            blemish(&mut draws, &mut filing);
            if (has_group || !consolidated) && filing.available <= last {
                found.push(filing);
            }
        }
    }
    found
}

/// What goes wrong with some filings: delay, correction, missing items.
fn blemish(draws: &mut Draws, filing: &mut Filing) {
    let later = |draws: &mut Draws, from, to| {
        Session::from_number(filing.available.number() + draws.whole(from, to) as i32)
    };
    if draws.chance(0.03) {
        filing.available = later(draws, 1, 60);
    } else if draws.chance(0.01) {
        filing.available = later(draws, 30, 250);
        filing.corrected = true;
        let factor = draws.log_normal(0.95, 0.1);
        filing.amounts[EQUITY] = (filing.amounts[EQUITY] * factor).round();
        filing.amounts[PROFIT] = (filing.amounts[PROFIT] * factor).round();
    }
    for item in 0..ITEMS.len() {
        let share = if item == GROSS_PROFIT { 0.12 } else { 0.01 };
        if draws.chance(share) {
            filing.amounts[item] = f64::NAN;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{iso, sessions};

    fn day(period_end: (i16, i8), fiscal_month: i8) -> String {
        iso(deadline(period_end, fiscal_month).unwrap())
    }

    #[test]
    fn deadlines_follow_the_rule() {
        assert_eq!(day((2020, 3), 12), "2020-05-16");
        assert_eq!(day((2020, 6), 12), "2020-08-16");
        assert_eq!(day((2020, 9), 12), "2020-11-15");
        assert_eq!(day((2020, 12), 12), "2021-04-01");
        assert_eq!(day((2020, 6), 6), "2020-09-01");
        assert_eq!(day((2020, 12), 6), "2021-02-16");
        assert_eq!(day((2020, 9), 9), "2020-12-01");
        assert_eq!(day((2020, 9), 3), "2020-11-16");
    }

    #[test]
    fn flows_add_up_within_the_fiscal_year() {
        let spec = SyntheticSpec { stocks: 300, sessions: 2000, ..SyntheticSpec::default() };
        let sessions = sessions(&spec);
        let mut seen = 0;
        for number in 0..spec.stocks {
            let profile = Profile::new(&spec, number, sessions.len());
            let filings = filings(&spec, &profile, &sessions);
            assert!(filings.iter().all(|filing| filing.available <= sessions[profile.life.end - 1]));
            let own = filings.iter().filter(|filing| !filing.consolidated).collect::<Vec<_>>();
            for pair in own.windows(2) {
                let (old, new) = (pair[0].amounts[9], pair[1].amounts[9]);
                let follows = pair[0].fiscal_quarter() + 1 == pair[1].fiscal_quarter();
                if follows && (old + new).is_finite() {
                    assert!((old + pair[1].quarter[9] - new).abs() <= 1.5);
                    seen += 1;
                }
            }
        }
        assert!(seen > 3000, "{seen}");
    }

    #[test]
    fn some_filings_arrive_after_newer_ones() {
        let spec = SyntheticSpec { stocks: 300, sessions: 2000, ..SyntheticSpec::default() };
        let sessions = sessions(&spec);
        let mut late = 0;
        for number in 0..spec.stocks {
            let profile = Profile::new(&spec, number, sessions.len());
            let filings = filings(&spec, &profile, &sessions);
            let of = |kind| filings.iter().filter(move |f| f.consolidated == kind).collect::<Vec<_>>();
            for own in [of(true), of(false)] {
                late += own.windows(2).filter(|pair| pair[0].available > pair[1].available).count();
            }
        }
        assert!(late > 50, "{late}");
    }
}
