//! The items of the filings: balances and flows of cash in one table, the income statement in another.

use std::ops::Range;

use arrow_array::ArrayRef;

use super::{Kind, Layout, Table, filing::Periods, integers, reals, texts};
use crate::filings::{FIRST_FLOW, FIRST_INCOME, Filing, ITEMS};

const BALANCES: Layout = Layout {
    name: "financial_items_bs_cf",
    fields: &[
        ("id", Kind::Integer, "PRIMARY KEY"),
        ("period_id", Kind::Integer, "NOT NULL"),
        ("statement_type", Kind::Text, "NOT NULL"),
        ("item_code", Kind::Text, "NOT NULL"),
        ("item_code_normalized", Kind::Text, ""),
        ("item_name", Kind::Text, "NOT NULL"),
        ("amount_current", Kind::Real, ""),
        ("amount_prev", Kind::Real, ""),
        ("amount_prev2", Kind::Real, ""),
    ],
    key: "UNIQUE (period_id, statement_type, item_code)",
    indexes: &[("idx_fin_bs_cf_period", "period_id"), ("idx_fin_bs_cf_code", "item_code_normalized")],
};

const INCOME: Layout = Layout {
    name: "financial_items_pl",
    fields: &[
        ("id", Kind::Integer, "PRIMARY KEY"),
        ("period_id", Kind::Integer, "NOT NULL"),
        ("item_code", Kind::Text, "NOT NULL"),
        ("item_code_normalized", Kind::Text, ""),
        ("item_name", Kind::Text, "NOT NULL"),
        ("amount_current_qtr", Kind::Real, ""),
        ("amount_current_ytd", Kind::Real, ""),
        ("amount_prev_qtr", Kind::Real, ""),
        ("amount_prev_ytd", Kind::Real, ""),
        ("amount_prev_year", Kind::Real, ""),
        ("amount_prev2_year", Kind::Real, ""),
    ],
    key: "UNIQUE (period_id, item_code)",
    indexes: &[("idx_fin_pl_period", "period_id"), ("idx_fin_pl_code", "item_code_normalized")],
};

/// Lines that nobody asks for; a reader has to step over them.
const OTHER_BALANCES: [&str; 4] = [
    "ifrs-full_TradeAndOtherCurrentReceivables",
    "ifrs-full_PropertyPlantAndEquipment",
    "ifrs-full_IssuedCapital",
    "ifrs-full_CashFlowsFromUsedInFinancingActivities",
];
const OTHER_INCOME: [&str; 4] = [
    "ifrs-full_CostOfSales",
    "dart_TotalSellingGeneralAdministrativeExpenses",
    "ifrs-full_FinanceIncome",
    "ifrs-full_ProfitLossBeforeTax",
];

/// A line of a filing. Of an item that we follow the place in [`ITEMS`], of others the amount is made up from the first.
struct Line<'m> {
    id: i64,
    period: i64,
    code: &'static str,
    item: Option<usize>,
    filing: &'m Filing,
}

/// A line that is not followed holds this share of the first item's amount.
const OTHER_SHARE: f64 = 0.25;

impl Line<'_> {
    fn amount(&self, of: impl Fn(&Filing) -> &[f64; ITEMS.len()], first: usize) -> f64 {
        let amounts = of(self.filing);
        self.item.map_or_else(|| (OTHER_SHARE * amounts[first]).round(), |item| amounts[item])
    }

    fn statement(&self) -> &'static str {
        let cash = self.item.map_or(self.code.contains("CashFlows"), |item| item >= FIRST_FLOW);
        if cash { "CF" } else { "BS" }
    }
}

/// The lines of one batch of filings. An item that a filing lacks has no line; ids count through the whole table.
fn lines<'m>(
    periods: &Periods<'m>,
    batch: usize,
    followed: &Range<usize>,
    others: &[&'static str],
    first: i64,
) -> Vec<Line<'m>> {
    let mut found = Vec::new();
    for (period, _, filing) in periods.batch(batch) {
        let items = followed.clone().filter(|&item| !filing.amounts[item].is_nan());
        let known = items.map(|item| (ITEMS[item], Some(item)));
        for (code, item) in known.chain(others.iter().map(|code| (*code, None))) {
            found.push(Line { id: first + found.len() as i64, period, code, item, filing });
        }
    }
    found
}

/// The id of the first line of each batch.
fn first_ids(periods: &Periods<'_>, followed: &Range<usize>, others: usize) -> Vec<i64> {
    let mut next = 1;
    let lines =
        |filing: &Filing| others + followed.clone().filter(|&item| !filing.amounts[item].is_nan()).count();
    (0..periods.batches())
        .map(|batch| {
            let first = next;
            next += periods.batch(batch).map(|(.., filing)| lines(filing) as i64).sum::<i64>();
            first
        })
        .collect()
}

/// The name of an item: its code without the taxonomy.
fn item_name(code: &str) -> &str {
    code.split_once('_').map_or(code, |(_, name)| name)
}

pub(super) fn balances<'m>(periods: &Periods<'m>) -> Table<'m> {
    let followed = 0..FIRST_INCOME;
    let first = first_ids(periods, &followed, OTHER_BALANCES.len());
    let periods = periods.clone();
    let batches = periods.batches();
    let columns = move |batch: usize| -> Vec<ArrayRef> {
        let lines = lines(&periods, batch, &followed, &OTHER_BALANCES, first[batch]);
        vec![
            integers(lines.iter().map(|line| line.id)),
            integers(lines.iter().map(|line| line.period)),
            texts(lines.iter().map(Line::statement)),
            texts(lines.iter().map(|line| line.code)),
            texts(lines.iter().map(|line| line.code)),
            texts(lines.iter().map(|line| item_name(line.code))),
            reals(lines.iter().map(|line| line.amount(|filing| &filing.amounts, 1))),
            reals(lines.iter().map(|line| line.amount(|filing| &filing.year_before, 1))),
            reals(lines.iter().map(|_| f64::NAN)),
        ]
    };
    Table { layout: &BALANCES, batches, columns: Box::new(columns) }
}

pub(super) fn income<'m>(periods: &Periods<'m>) -> Table<'m> {
    let followed = FIRST_INCOME..ITEMS.len();
    let first = first_ids(periods, &followed, OTHER_INCOME.len());
    let periods = periods.clone();
    let batches = periods.batches();
    let columns = move |batch: usize| -> Vec<ArrayRef> {
        let lines = lines(&periods, batch, &followed, &OTHER_INCOME, first[batch]);
        let missing = || reals(lines.iter().map(|_| f64::NAN));
        vec![
            integers(lines.iter().map(|line| line.id)),
            integers(lines.iter().map(|line| line.period)),
            texts(lines.iter().map(|line| line.code)),
            texts(lines.iter().map(|line| line.code)),
            texts(lines.iter().map(|line| item_name(line.code))),
            reals(lines.iter().map(|line| line.amount(|filing| &filing.quarter, FIRST_INCOME))),
            reals(lines.iter().map(|line| line.amount(|filing| &filing.amounts, FIRST_INCOME))),
            missing(),
            reals(lines.iter().map(|line| line.amount(|filing| &filing.year_before, FIRST_INCOME))),
            missing(),
            missing(),
        ]
    };
    Table { layout: &INCOME, batches, columns: Box::new(columns) }
}
