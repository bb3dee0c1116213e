//! What must hold for every strategy that lives from regimes, on any market and any regimes.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

mod markets;

use std::sync::Arc;

use backstaff_panel::{
    Axis, Column, Panel, Signal,
    testing::{MarketSpec, market, noise},
};
use backstaff_portfolio::{
    Backtest, Exchange, Guide, Leavers, Market, Quantity, Rebalance, Terms, backtest,
    regime::{Regime, RegimeInput, Regimes, Template},
};
use markets::{Strategy_, any_exchange, everything, history};
use proptest::prelude::*;

/// All that the strategies name by default, in the order of an axis.
const NAMES: [&str; 14] =
    ["GLD", "IWM", "QQQ", "SHY", "SPY", "TLT", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY"];

#[derive(Clone, Debug)]
struct Case {
    spec: MarketSpec,
    exchange: Exchange,
    template: usize,
}

impl Case {
    fn panel(&self) -> Panel {
        let generated = market(self.spec);
        let axis = generated.axis();
        let lives = NAMES.iter().enumerate().map(|(i, &name)| (name.into(), axis.life(i))).collect();
        let mut panel = Panel::new(Arc::new(Axis::new(axis.calendar().clone(), lives)));
        for (name, column) in generated.fields() {
            panel.insert(name, Column::F64(column.to_f64())).unwrap();
        }
        panel
    }

    /// Regimes that stay for about ten sessions, and a confidence that wanders; a tenth of the rows have none.
    fn regimes(&self, panel: &Panel) -> Regimes {
        let axis = panel.axis();
        let of = |row: usize| {
            let name = axis.instruments()[axis.instrument_of(row)].name();
            let i = NAMES.iter().position(|&known| known == name).unwrap() as u64 + 1;
            let position = axis.position_of(row) as u64;
            let at = |salt: u64, n: u64| noise(&[self.spec.seed ^ salt, i, n]);
            let fade = 0.06 * (position % 10) as f64;
            (at(1, position) > 0.1).then(|| RegimeInput {
                regime: Regime::ALL[(at(2, position / 10) * 6.0).min(3.9) as usize
                    / if at(6, position / 10) < 0.5 { 4 } else { 1 }],
                confidence: (1.0 - fade - 0.2 * at(3, position)).clamp(0.25, 1.0),
                age: (position % 10) as u32 + 15,
                leaving: if at(4, position) < 0.3 { f64::NAN } else { at(5, position) },
            })
        };
        Guide::new(axis, (0..axis.n_rows()).map(of).collect()).unwrap()
    }

    fn template(&self) -> Template {
        Template::all().into_iter().nth(self.template).unwrap()
    }

    fn run(&self, panel: &Panel, sessions: std::ops::Range<usize>) -> Backtest {
        let terms = Terms {
            initial_cash: 1e6,
            rebalance: Rebalance::EverySessions(1),
            signal_delay: 0,
            leavers: Leavers::Sell,
            sessions,
        };
        let market = Market::new(panel).unwrap();
        let signal = Signal::new("none", vec![f64::NAN; panel.axis().n_rows()]);
        let mut strategy = self.template().strategy(self.regimes(panel)).unwrap();
        backtest(&market, &everything(panel), &self.exchange, &terms, &signal, &mut *strategy).unwrap()
    }
}

fn any_case() -> impl Strategy_<Value = Case> {
    ((30..90_usize, 0.0..0.2, any::<u64>()), any_exchange(), 0..8_usize).prop_map(
        |((n_sessions, missing, seed), exchange, template)| {
            let n_instruments = NAMES.len();
            let spec =
                MarketSpec { n_instruments, n_sessions, missing, mortal: 0.0, seed, ..MarketSpec::default() };
            Case { spec, exchange, template }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn more_sessions_change_no_decision(case in any_case(), cut in 0.1..1.0) {
        let panel = case.panel();
        let n = ((case.spec.n_sessions as f64 * cut) as usize).max(2);
        let whole = case.run(&panel, 0..case.spec.n_sessions);
        let part = case.run(&panel.between(0..n), 0..n);
        let n = n.min(whole.days.len());
        prop_assert_eq!(history(&whole, n), history(&part, n));
    }

    /// No weight is no number or beyond its cap, and together they never ask for more than the account.
    #[test]
    fn weights_keep_their_bounds(case in any_case()) {
        let panel = case.panel();
        let result = case.run(&panel, 0..case.spec.n_sessions);
        let cap = match case.template() {
            Template::Rotation(rules) => rules.max_weight,
            Template::OptimizedRotation(rules) => rules.max_weight,
            Template::SectorRotation(rules) => rules.max_weight,
            Template::DeteriorationShort(rules) => rules.max_weight,
            _ => 1.0,
        };
        let is_short = matches!(case.template(), Template::DeteriorationShort(_));
        for decided in &result.decisions {
            let weights = decided.decision.orders.iter().filter_map(|order| match order.quantity {
                Quantity::Weight(weight) => Some(weight),
                _ => None,
            });
            let weights = weights.collect::<Vec<_>>();
            prop_assert!(weights.iter().all(|weight| weight.abs() <= cap), "{weights:?}");
            prop_assert!(weights.iter().all(|weight| is_short == (*weight < 0.0)), "{weights:?}");
            prop_assert!(weights.iter().sum::<f64>() <= 1.0 + 1e-9, "{weights:?}");
            for order in &decided.decision.orders {
                prop_assert!(order.order_type.level().is_none_or(|level| level.is_finite() && level > 0.0));
            }
        }
        for day in result.days {
            prop_assert!(day.equity.is_finite() && (is_short || day.short == 0.0));
        }
    }
}

#[test]
fn every_template_trades_and_says_what_it_reads() {
    for (number, template) in Template::all().iter().enumerate() {
        let spec = MarketSpec {
            n_instruments: NAMES.len(),
            n_sessions: 400,
            missing: 0.0,
            mortal: 0.0,
            seed: 3,
            ..MarketSpec::default()
        };
        let case = Case { spec, exchange: Exchange::default(), template: number };
        let result = case.run(&case.panel(), 0..400);
        assert_eq!(result.strategy, template.name());
        assert_eq!(Template::named(template.name()).as_ref(), Some(template));
        assert!(result.fills.len() > 1, "{} never traded", template.name());
        assert!(template.read().iter().chain(&template.traded()).all(|name| NAMES.contains(name)));
    }
}

#[test]
fn a_configuration_states_what_departs_from_the_defaults() {
    let read = |text: &str| serde_json::from_str::<Template>(text);
    assert_eq!(read(r#"{"half_kelly": {}}"#).unwrap(), Template::named("half_kelly").unwrap());
    let Template::OptimizedRotation(rules) =
        read(r#"{"optimized_rotation": {"max_weight": 0.3, "most": 2}}"#).unwrap()
    else {
        panic!("another template")
    };
    assert_eq!((rules.max_weight, rules.most, rules.min_confidence), (0.3, 2, 0.65));
    let unknown = read(r#"{"rotation": {"max_wieght": 0.3}}"#).unwrap_err().to_string();
    assert!(unknown.contains("unknown field `max_wieght`"), "{unknown}");
    for template in Template::all() {
        assert_eq!(read(&serde_json::to_string(&template).unwrap()).unwrap(), template);
    }
}
