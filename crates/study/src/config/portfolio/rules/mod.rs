//! The exchange and the account of Microsoft Qlib, in a study's words.

mod read;

use backstaff_portfolio::{
    Execution, QlibRules, Side,
    qlib::{Capacity, Limit, TradeType, VolumeLimit},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::config::Role;

/// Where the keys of Qlib's rules stand.
pub(super) const QLIB: &str = "portfolio.rules.qlib";

/// A set of rules in place of the ledger's own. In a study: `qlib`, or `{qlib: {...}}` with its keys.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", remote = "Self")]
pub enum RulesSpec {
    /// The exchange and the account of Microsoft Qlib.
    Qlib(Box<QlibSpec>),
}

/// The exchange of Qlib. Rates are fractions of the value traded, money is the account's.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QlibSpec {
    /// The market whose units and limits hold where the study says none: `cn` has units of 100 shares and a limit of 9.5 %,
    /// `us` single shares and no limit, `tw` units of 1000 and 10 %.
    pub region: RegionSpec,
    /// The change at which nothing is bought, and at whose negative nothing is sold; or `none`; or an expression a side that
    /// is not 0 where the side is stopped. Read from the field `change` of the data, else from closes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitSpec>,
    /// The number of quoted shares of which orders are multiples; 0 allows fractions. One share at the prices of the data is
    /// `factor` quoted ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trade_unit: Option<f64>,
    /// The field at whose price orders trade, or one a side; that of `execution` if absent. The close where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deal_price: Option<DealPrice>,
    /// The cost of a purchase, as a share of its value.
    pub open_cost: f64,
    /// The cost of a sale, as a share of its value.
    pub close_cost: f64,
    /// The least cost of an order, in money.
    pub min_cost: f64,
    /// The growth of the cost's rate with the square of the order's share of the value traded.
    pub impact_cost: f64,
    /// The largest amounts that an order may trade.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_limits: Vec<VolumeLimitSpec>,
    /// The orders of a session that come first.
    pub trade_type: TradeTypeSpec,
}

/// A market of Qlib's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionSpec {
    /// China.
    #[default]
    Cn,
    /// The United States.
    Us,
    /// Taiwan.
    Tw,
}

/// When a price is at its limit. In a study: a fraction, `none`, or `{buy: EXPRESSION, sell: EXPRESSION}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", untagged)]
pub enum LimitSpec {
    /// At this change of the close.
    Change(f64),
    /// Where an expression of the side is not 0.
    Sides(Sides),
    /// Never.
    None(NoLimit),
}

/// The word for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoLimit {
    /// `none`.
    None,
}

/// A text for purchases, and one for sales.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sides {
    /// That of purchases.
    pub buy: String,
    /// That of sales.
    pub sell: String,
}

/// The fields at whose prices orders trade. In a study: one name, or `{buy: ..., sell: ...}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealPrice(pub Sides);

/// The largest amount that an order may trade.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeLimitSpec {
    /// Whether all orders of the session together may trade that much, or each of them.
    pub capacity: CapacitySpec,
    /// The amount, in shares at the prices of the data: an expression, or the name of a feature.
    pub expression: String,
    /// The side that is limited; both if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<SideSpec>,
}

/// What a volume limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapacitySpec {
    /// All orders of the session together; Qlib's `cum`.
    #[serde(alias = "cum")]
    Cumulative,
    /// Each order.
    Current,
}

/// A side of the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SideSpec {
    /// Purchases.
    Buy,
    /// Sales.
    Sell,
}

/// The orders of a session that come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TradeTypeSpec {
    /// Sales, then purchases with what they brought.
    #[default]
    Serial,
    /// Purchases, with the cash of the day before.
    Parallel,
}

impl Default for QlibSpec {
    fn default() -> Self {
        let QlibRules { open_cost, close_cost, min_cost, impact_cost, .. } = QlibRules::china();
        Self {
            region: RegionSpec::Cn,
            limit: None,
            trade_unit: None,
            deal_price: None,
            open_cost,
            close_cost,
            min_cost,
            impact_cost,
            volume_limits: Vec::new(),
            trade_type: TradeTypeSpec::Serial,
        }
    }
}

impl RulesSpec {
    /// The expressions that they read: what each is for, the key that holds it, its text.
    pub(crate) fn expressions(&self) -> Vec<(Role, String, &str)> {
        let Self::Qlib(spec) = self;
        let mut all = Vec::new();
        if let Some(LimitSpec::Sides(Sides { buy, sell })) = &spec.limit {
            all.push((Role::PurchaseLimit, format!("{QLIB}.limit.buy"), buy.as_str()));
            all.push((Role::SaleLimit, format!("{QLIB}.limit.sell"), sell.as_str()));
        }
        for (place, limit) in spec.volume_limits.iter().enumerate() {
            let key = format!("{QLIB}.volume_limits[{place}].expression");
            all.push((Role::VolumeLimit(place), key, limit.expression.as_str()));
        }
        all
    }
}

impl QlibSpec {
    /// The rules of the ledger, with their columns under the names of their roles, at this share of the costs.
    pub fn rules(&self, execution: Execution, cost_share: f64) -> QlibRules {
        let region = match self.region {
            RegionSpec::Cn => QlibRules::china(),
            RegionSpec::Us => QlibRules::united_states(),
            RegionSpec::Tw => QlibRules::taiwan(),
        };
        let Sides { buy, sell } = self.deal_fields(execution);
        let limits = self.volume_limits.iter().enumerate().map(|(place, limit)| VolumeLimit {
            side: limit.side.map(|side| match side {
                SideSpec::Buy => Side::Buy,
                SideSpec::Sell => Side::Sell,
            }),
            capacity: match limit.capacity {
                CapacitySpec::Cumulative => Capacity::Cumulative,
                CapacitySpec::Current => Capacity::Current,
            },
            column: Role::VolumeLimit(place).column(),
        });
        QlibRules {
            deal_price: (buy, sell),
            limit: match &self.limit {
                None => region.limit,
                Some(LimitSpec::None(NoLimit::None)) => Limit::None,
                Some(LimitSpec::Change(limit)) => Limit::Change(*limit),
                Some(LimitSpec::Sides(_)) => {
                    Limit::Columns(Role::PurchaseLimit.column(), Role::SaleLimit.column())
                }
            },
            trade_unit: match self.trade_unit {
                None => region.trade_unit,
                Some(unit) => (unit > 0.0).then_some(unit),
            },
            open_cost: self.open_cost * cost_share,
            close_cost: self.close_cost * cost_share,
            min_cost: self.min_cost * cost_share,
            impact_cost: self.impact_cost * cost_share,
            volume_limits: limits.collect(),
            trade_type: match self.trade_type {
                TradeTypeSpec::Serial => TradeType::Serial,
                TradeTypeSpec::Parallel => TradeType::Parallel,
            },
        }
    }

    /// The fields at whose prices orders trade.
    pub fn deal_fields(&self, execution: Execution) -> Sides {
        let usual = || Sides { buy: execution.field().to_owned(), sell: execution.field().to_owned() };
        self.deal_price.as_ref().map_or_else(usual, |DealPrice(sides)| sides.clone())
    }

    /// What is wrong with it.
    pub(super) fn problems(&self, execution: Execution) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong =
            |key: &str, message: String| problems.push(Problem::of(format!("{QLIB}.{key}"), message));
        let Self { open_cost, close_cost, min_cost, impact_cost, trade_unit, limit, .. } = self;
        for (key, rate) in [("open_cost", open_cost), ("close_cost", close_cost)] {
            if !(*rate >= 0.0 && *rate < 1.0) {
                wrong(key, format!("is {rate}, but must be a share of the value, as in `{key}: 0.0015`"));
            }
        }
        for (key, amount) in [("min_cost", min_cost), ("impact_cost", impact_cost)] {
            if !(amount.is_finite() && *amount >= 0.0) {
                wrong(key, format!("is {amount}, but must be 0 or more"));
            }
        }
        if let Some(unit) = trade_unit.filter(|unit| !(unit.is_finite() && *unit >= 0.0)) {
            wrong("trade_unit", format!("is {unit}, but must be a number of shares, or 0 for fractions"));
        }
        if let Some(LimitSpec::Change(limit)) = limit
            && !(limit.is_finite() && *limit > 0.0)
        {
            wrong(
                "limit",
                format!("is {limit}, but must be a change above 0, as in `limit: 0.095`, or `none`"),
            );
        }
        let at_auction = |name: &str| [Execution::Open, Execution::Close].iter().any(|e| e.field() == name);
        if let Some(DealPrice(Sides { buy, sell })) = &self.deal_price
            && buy == sell
            && at_auction(buy)
            && buy != execution.field()
        {
            let message = format!(
                "is {buy}, and `portfolio.execution: {}` says that labels are measured from another price; write \
                 `execution: {buy}`, or leave one of the two out",
                execution.field()
            );
            wrong("deal_price", message);
        }
        problems
    }
}
