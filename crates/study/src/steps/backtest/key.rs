//! The key of a backtest: everything in the `portfolio` section that changes a result.

use backstaff_portfolio::{
    Counting, DropoutRules, MethodBuy, MethodSell, QlibRules, Rates, Recovery, VolumeOf,
    qlib::{Capacity, Limit, TradeType, VolumeLimit},
};
use backstaff_stage::KeyHasher;

use crate::config::{
    CostModel, ExposureSpec, GivenWeights, Portfolio, RiskSpec, RulesSpec, ScoreStrategy, StrategySpec,
    TopNSpec, TopkDropoutSpec, WeightSpec,
};

/// The settings of the `portfolio` section as they are in force on a panel.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// The yearly rate on cash, by day.
    pub cash: Rates,
    /// The share of the last close that a delisting pays, by instrument.
    pub recovery: Recovery,
    /// The rules of a strategy that reads regimes, as JSON: every rule under its own name.
    pub rules: String,
}

/// Enter the settings of a portfolio into a key. No `..` below: a new setting that is forgotten in the key must not
/// compile.
pub(super) fn hash_portfolio(portfolio: &Portfolio, settled: &Settled, key: &mut KeyHasher) {
    let Portfolio {
        strategy,
        from: _, // hashed as the sessions of the variant
        to: _,
        rules: exchange,
        execution,
        rebalance,
        cohorts,
        benchmark_rebalance,
        stop,
        take_profit,
        trailing_stop,
        max_holding,
        costs,
        initial_cash,
        cash_rate: _, // hashed as the rates that follow from it
        lot,
        volume_cap,
        volume_cap_of,
        liquidity_sessions,
        price_limit: _, // hashed as the limits that follow from it
        recovery: _,    // hashed as the recoveries in force
        sell_outside_universe,
        short_selling,
        hold: _, // the shard says what is held
    } = portfolio;
    let Settled { cash, recovery, rules } = settled;
    hash_strategy(strategy, rules, key);
    if let Some(RulesSpec::Qlib(spec)) = exchange {
        hash_qlib(&spec.rules(*execution, 1.0), key);
    }
    hash_costs(costs, key);
    key.str("execution", execution.field())
        .str("rebalance", &rebalance.to_string())
        .u64("cohorts", u64::from(*cohorts))
        .str("benchmark_rebalance", &benchmark_rebalance.to_string())
        .f64("stop", stop.unwrap_or(f64::NAN))
        .f64("take_profit", take_profit.unwrap_or(f64::NAN))
        .f64("trailing_stop", trailing_stop.unwrap_or(f64::NAN))
        .u64("max_holding", max_holding.map_or(0, u64::from))
        .f64("initial_cash", *initial_cash)
        .f64("lot", *lot)
        .f64("volume_cap", volume_cap.unwrap_or(f64::NAN))
        .bool("volume_cap_of_session", *volume_cap_of == VolumeOf::Session)
        .u64("liquidity_sessions", u64::from(*liquidity_sessions))
        .bool("sell_outside_universe", *sell_outside_universe)
        .bool("short_selling", *short_selling);
    hash_recovery(recovery, key);
    hash_rates("sell_tax_bps", portfolio.costs.sell_tax().ok().as_ref(), key);
    hash_rates("cash_rate", Some(cash), key);
    hash_rates("price_limit", portfolio.price_limits().ok().flatten().as_ref(), key);
}

/// Enter what delistings pay into a key.
pub(crate) fn hash_recovery(recovery: &Recovery, key: &mut KeyHasher) {
    let Recovery { usual, stated } = recovery;
    key.f64("recovery", *usual);
    key.list("recoveries", stated, |key, (instrument, share)| {
        key.str("instrument", instrument.name()).f64("share", *share);
    });
}

fn hash_rates(label: &str, rates: Option<&Rates>, key: &mut KeyHasher) {
    key.list(label, rates, |key, rates| {
        key.f64("first", rates.first());
        key.list("changes", rates.changes(), |key, (from, rate)| {
            key.i64("from", from.number().into()).f64("rate", *rate);
        });
    });
}

fn hash_costs(costs: &CostModel, key: &mut KeyHasher) {
    // The tax is hashed as the dated rates that follow from it.
    let CostModel { commission_bps, slippage_bps, impact, sell_tax_bps: _, minimum, borrow_bps } = costs;
    key.f64("commission_bps", *commission_bps)
        .f64("slippage_bps", *slippage_bps)
        .f64("impact", *impact)
        .f64("minimum", *minimum)
        .f64("borrow_bps", *borrow_bps);
}

fn hash_strategy(strategy: &StrategySpec, rules: &str, key: &mut KeyHasher) {
    match strategy {
        StrategySpec::Scores(ScoreStrategy::TopkDropout(spec)) => hash_dropout(spec, key),
        StrategySpec::Scores(ScoreStrategy::QuantileLongShort { quantile, exposure }) => {
            key.str("strategy", "quantile_long_short").f64("quantile", *quantile).f64("exposure", *exposure);
        }
        StrategySpec::Scores(ScoreStrategy::TopN(top)) => hash_top_n(top, key),
        StrategySpec::Weights(GivenWeights::Expression(_)) => {
            key.str("strategy", "weights by an expression");
        }
        // The weights themselves are inputs.
        StrategySpec::Weights(GivenWeights::File(_)) => {
            key.str("strategy", "weights of a file");
        }
        StrategySpec::Weights(GivenWeights::Instruments(weights)) => {
            key.str("strategy", "weights").list("weights", weights, |key, (instrument, weight)| {
                key.str("instrument", instrument).f64("weight", *weight);
            });
        }
        StrategySpec::Regimes(template) => {
            key.str("strategy", template.name()).str("rules", rules);
        }
    }
}

/// Enter the rules of Qlib's exchange into a key; of limits by expressions the values count, which are hashed as inputs.
fn hash_qlib(rules: &QlibRules, key: &mut KeyHasher) {
    let QlibRules {
        deal_price,
        limit,
        trade_unit,
        open_cost,
        close_cost,
        min_cost,
        impact_cost,
        volume_limits,
        trade_type,
    } = rules;
    key.str("rules", "qlib").str("buy_price", &deal_price.0).str("sell_price", &deal_price.1);
    match limit {
        Limit::None => key.str("limit", "none"),
        Limit::Change(limit) => key.f64("limit", *limit),
        Limit::Columns(..) => key.str("limit", "columns"),
    };
    key.f64("trade_unit", trade_unit.unwrap_or(0.0))
        .f64("open_cost", *open_cost)
        .f64("close_cost", *close_cost)
        .f64("min_cost", *min_cost)
        .f64("impact_cost", *impact_cost)
        .bool("parallel", *trade_type == TradeType::Parallel);
    key.list("volume_limits", volume_limits, |key, VolumeLimit { side, capacity, column: _ }| {
        key.str("side", &side.map_or_else(String::new, |side| side.to_string()))
            .bool("cumulative", *capacity == Capacity::Cumulative);
    });
}

fn hash_dropout(spec: &TopkDropoutSpec, key: &mut KeyHasher) {
    let TopkDropoutSpec {
        k,
        n_drop,
        hold_sessions: _, // from here on hashed as the rules that follow
        risk_degree: _,
        only_tradable: _,
        forbid_all_trade_at_limit: _,
        method_sell: _,
        method_buy: _,
        seed: _,
        strict: _,
    } = spec;
    key.str("strategy", "topk_dropout").u64("k", u64::from(*k)).u64("n_drop", u64::from(*n_drop));
    if spec.of_qlib().is_empty() {
        return;
    }
    let DropoutRules {
        topk: _,
        n_drop: _,
        method_sell,
        method_buy,
        hold_thresh,
        only_tradable,
        forbid_all_trade_at_limit,
        risk_degree,
        counting,
        seed,
    } = spec.rules();
    key.bool("sells_random", method_sell == MethodSell::Random)
        .bool("buys_random", method_buy == MethodBuy::Random)
        .u64("hold_sessions", hold_thresh as u64)
        .bool("only_tradable", only_tradable)
        .bool("forbid_all_trade_at_limit", forbid_all_trade_at_limit)
        .f64("risk_degree", risk_degree)
        .bool("strict", counting == Counting::Strict)
        .u64("seed", seed);
}

/// Enter the settings of `top_n` into a key; of its expressions the values count, which are hashed as inputs.
fn hash_top_n(top: &TopNSpec, key: &mut KeyHasher) {
    let TopNSpec { n, keep, advantage, at_most_per, score, weights, max_weight, threshold, exposure } = top;
    let risk = |key: &mut KeyHasher, risk: &RiskSpec| {
        let RiskSpec { expression: _, floor } = risk;
        key.f64("floor", *floor);
    };
    key.str("strategy", "top_n").u64("n", u64::from(*n)).f64("advantage", *advantage);
    key.list("keep", keep, |key, keep| {
        key.u64("", u64::from(*keep));
    });
    key.list("at_most_per", at_most_per, |key, (name, most)| {
        key.str("category", name).u64("most", u64::from(*most));
    });
    key.list("within", &score.within, |key, name| {
        key.str("category", name);
    });
    key.list("divided_by", &score.divided_by, risk);
    key.f64("max_weight", *max_weight).f64("threshold", *threshold);
    match weights {
        WeightSpec::Equal => {
            key.str("weights", "equal");
        }
        WeightSpec::Rank => {
            key.str("weights", "rank");
        }
        WeightSpec::Score => {
            key.str("weights", "score");
        }
        WeightSpec::InverseVolatility(by) => {
            key.str("weights", "inverse_volatility");
            risk(key, by);
        }
        WeightSpec::Steps(steps) => {
            key.str("weights", "steps").list("steps", steps, |key, (place, weight)| {
                key.u64("place", u64::from(*place)).f64("weight", *weight);
            });
        }
    }
    key.list("exposure", exposure, |key, exposure| {
        let ExposureSpec { expression: _, steps, otherwise, min_change } = exposure;
        key.f64("otherwise", *otherwise).f64("min_change", *min_change);
        key.list("steps", steps, |key, (limit, share)| {
            key.f64("limit", *limit).f64("share", *share);
        });
    });
}
