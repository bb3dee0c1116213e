//! The exchange of Qlib on the market of a study.

use std::ops::Range;

use backstaff_panel::{Column, Panel, TRADED};
use backstaff_portfolio::{Costs, Exchange, Execution, Market, QlibRules, qlib::Limit};
use rayon::prelude::*;

use super::{Guides, RunBacktests, Variant};
use crate::{
    StudyError,
    config::{Portfolio, QlibSpec, Sides},
    stored::panel::PanelHandle,
};

/// A market as Qlib's exchange sees it, and the columns that its rules read.
#[derive(Clone, Debug)]
pub(super) struct QlibGround {
    /// Every row that has a close can trade: no volume alone is no halt.
    market: Market,
    /// Deal prices, `change`, `factor`, `volume` and the columns of limits.
    quotes: Panel,
}

/// The fields that the rules of Qlib may read beside those of any market.
pub(super) fn fields(portfolio: &Portfolio) -> Vec<String> {
    let Some(spec) = portfolio.qlib() else { return Vec::new() };
    let Sides { buy, sell } = spec.deal_fields(portfolio.execution);
    vec![buy, sell, "change".to_owned(), "factor".to_owned()]
}

/// The rules of a portfolio at tenths of its costs.
pub(super) fn rules_of(portfolio: &Portfolio, cost_tenths: u32) -> Option<QlibRules> {
    let share = if cost_tenths == 10 { 1.0 } else { f64::from(cost_tenths) / 10.0 };
    portfolio.qlib().map(|spec| spec.rules(portfolio.execution, share))
}

/// What is wrong with the rules on these data, and what a user should know.
pub(super) fn check(portfolio: &Portfolio, panel: &PanelHandle) -> Result<Vec<String>, StudyError> {
    let Some(spec) = portfolio.qlib() else { return Ok(Vec::new()) };
    let Sides { buy, sell } = spec.deal_fields(portfolio.execution);
    let has = |name: &str| panel.fields().contains(name);
    for name in [&buy, &sell] {
        if !has(name) {
            let known = panel.fields().iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let message = format!("the data have no field {name}; they have {known}");
            return Err(StudyError::Value { key: "portfolio.rules.qlib.deal_price".to_owned(), message });
        }
    }
    let rounds = spec.rules(portfolio.execution, 1.0).trade_unit.is_some();
    let mut warnings = Vec::new();
    if rounds && !has("factor") && !has("raw_close") {
        warnings.push(
            "portfolio.rules: the data have no field factor, so that orders are not rounded to trade units, as in Qlib"
                .to_owned(),
        );
    }
    Ok(warnings)
}

/// The exchange of portfolios that are only compared with: our own rules, at the mean of Qlib's two rates.
pub(super) fn exchange_of_others(portfolio: &Portfolio, spec: &QlibSpec, cost_tenths: u32) -> Exchange {
    let Sides { buy, .. } = spec.deal_fields(portfolio.execution);
    let bps = f64::midpoint(spec.open_cost, spec.close_cost) * 1e4;
    let costs = Costs { minimum_commission: spec.min_cost, ..Costs::per_side(bps, 0.0) };
    Exchange {
        execution: if buy == Execution::Open.field() { Execution::Open } else { Execution::Close },
        costs: if cost_tenths == 10 { costs } else { costs.scaled(f64::from(cost_tenths) / 10.0) },
        short_selling: false,
        ..Exchange::default()
    }
}

impl QlibGround {
    /// What the rules read of a panel. Where the data have no `change` it is that of the closes, and where they have no
    /// `factor` it is the share of adjusted in quoted closes.
    pub(super) fn new(
        panel: &Panel,
        portfolio: &Portfolio,
        guides: &Guides,
    ) -> Result<Option<Self>, StudyError> {
        let Some(rules) = rules_of(portfolio, 10) else { return Ok(None) };
        let mut prices = Panel::new(panel.axis().clone());
        for (name, column) in panel.fields().filter(|(name, _)| *name != TRADED) {
            prices.insert(name, column.clone())?;
        }
        let market = Market::new(&prices)?;
        let mut quotes = prices;
        let factor = factor(&quotes);
        if let Some(factor) = &factor {
            quotes.insert("factor", Column::F64(factor.clone()))?;
        }
        if let (Some(raw), Some(_), Some(factor)) =
            (quotes.field("raw_volume").cloned(), quotes.field("raw_close"), &factor)
        {
            // Shares at the prices of the panel, as Qlib has them.
            let volume = (0..raw.len()).into_par_iter().map(|row| finite(raw.get(row) / factor[row]));
            quotes.insert("volume", Column::F64(volume.collect()))?;
        }
        if matches!(rules.limit, Limit::Change(_)) && quotes.field("change").is_none() {
            let change = change(&quotes);
            quotes.insert("change", Column::F64(change))?;
        }
        for (role, column) in guides.0.iter().filter(|(role, _)| role.is_of_rules()) {
            quotes.insert(&role.column(), column.clone())?;
        }
        Ok(Some(Self { market, quotes }))
    }

    /// The market of a backtest over these sessions, the first of which only decides.
    pub(super) fn market(&self, rules: &QlibRules, sessions: &Range<usize>) -> Result<Market, StudyError> {
        let days = (sessions.start + 1).min(sessions.end)..sessions.end;
        Ok(self.market.clone().with_qlib(&self.quotes, rules, days)?)
    }

    /// What a reader should know of the units of these sessions.
    pub(super) fn caveat(&self, rules: &QlibRules, sessions: &Range<usize>) -> Option<String> {
        rules.trade_unit?;
        let (factor, close) = (self.quotes.field("factor")?, self.quotes.field("close")?);
        let axis = self.quotes.axis();
        let days = (sessions.start + 1).min(sessions.end)..sessions.end;
        let is_missing = |&row: &usize| factor.get(row).is_nan() && !close.get(row).is_nan();
        let missing = (0..axis.n_instruments())
            .flat_map(|i| axis.rows_between(i, &days).filter(is_missing).map(move |row| (i, row)))
            .collect::<Vec<_>>();
        let &(i, row) = missing.first()?;
        let session = axis.calendar().session(axis.position_in(i, row));
        Some(format!(
            "{} rows have a close and no factor, the first of {} on {session}: as in Qlib the whole backtest is without trade \
             units then",
            missing.len(),
            axis.instruments()[i]
        ))
    }
}

impl RunBacktests {
    /// Qlib's rules at the costs of a variant, if it is one of those that trade by them.
    pub(super) fn qlib_rules(&self, variant: &Variant) -> Option<QlibRules> {
        rules_of(&self.portfolio, variant.cost_tenths).filter(|_| variant.holder.is_asked())
    }
}

/// How many quoted shares one share at the panel's prices is; `None` if the data don't tell.
fn factor(panel: &Panel) -> Option<Vec<f64>> {
    if let Some(factor) = panel.field("factor") {
        return Some(factor.to_f64());
    }
    let (close, raw) = (panel.field("close")?, panel.field("raw_close")?);
    Some((0..close.len()).into_par_iter().map(|row| finite(close.get(row) / raw.get(row))).collect())
}

/// A number, or none: a price of 0 has no ratio.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// The change of each close against the last one.
fn change(panel: &Panel) -> Vec<f64> {
    let axis = panel.axis();
    let mut change = vec![f64::NAN; axis.n_rows()];
    let Some(close) = panel.field("close") else { return change };
    for i in 0..axis.n_instruments() {
        let mut last = f64::NAN;
        for row in axis.rows(i) {
            let close = close.get(row);
            change[row] = finite(close / last - 1.0);
            if !close.is_nan() {
                last = close;
            }
        }
    }
    change
}
