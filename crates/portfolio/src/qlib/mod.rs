//! The exchange of Microsoft Qlib, as a set of rules for the one ledger.
//!
//! [`QlibRules`] in [`Exchange::qlib`](crate::Exchange::qlib) make the [`Ledger`](crate::Ledger) trade as Qlib's
//! `Exchange`, `SimulatorExecutor` and `Position` do, order by order. What differs from the ledger's own rules:
//!
//! - a price limit is read from the column `change` or from two columns, a halt is a missing close;
//! - there are no opening and closing auctions: every order trades at the deal price of its side;
//! - orders are executed one after the other, each with the cash that the one before left; none is scaled;
//! - a position whose instrument is gone stays at its last price for ever;
//! - short sales, limits and stops do not exist.
//!
//! Amounts are shares at the market's (adjusted) prices; one of them is `factor` shares as quoted.
//!
//! Days: a backtest of Qlib over the trading days `days` (positions in the calendar) is that of [`Terms::qlib`], whose
//! account opens at the close before the first of them. Where the calendar begins with `days` there is no such close:
//! the account opens at the close of the first day, which in Qlib has no scores and hence no orders. The report of
//! either is [`measure::qlib::report`](crate::measure::qlib::report).
//!
//! Orders: those of [`QlibTopkDropout`](crate::QlibTopkDropout) are chosen in the session of the trade, as Qlib's strategy
//! does. Any other strategy may be traded by these rules too: [`Quantity::Weight`](crate::Quantity::Weight) times the
//! risk degree, with [`Quantity::Exit`](crate::Quantity::Exit) for what has no weight, is Qlib's `WeightStrategyBase`
//! with its `OrderGenWOInteract`.
//!
//! ```
//! # use backstaff_panel::{Signal, Universe, testing::{MarketSpec, market}};
//! # let panel = market(MarketSpec::default());
//! # let signal = Signal::new("score", panel.field("close").unwrap().to_f64());
//! # let universe = Universe::new(vec![true; panel.axis().n_rows()]);
//! use backstaff_portfolio::{
//!     Counting, Exchange, Market, QlibTopkDropout, Terms, backtest,
//!     measure::qlib::{Accumulation, DAYS_PER_YEAR, indicators, report, risk_analysis},
//!     qlib::{Limit, QlibRules},
//! };
//!
//! let rules = QlibRules { limit: Limit::None, min_cost: 0.0, ..QlibRules::china() };
//! let days = 100..200; // positions in the calendar of the first trading day and behind the last
//! let market = Market::new(&panel)?.with_qlib(&panel, &rules, days.clone())?;
//! let exchange = Exchange { qlib: Some(rules), ..Exchange::default() };
//! let mut strategy = QlibTopkDropout::new(5, 1)?.counting(Counting::Strict);
//! let terms = Terms::qlib(1e6, days.clone());
//! let result = backtest(&market, &universe, &exchange, &terms, &signal, &mut strategy)?;
//!
//! let rows = report(&result.days, panel.axis().calendar().session(days.start));
//! let net = rows.iter().map(|row| row.return_ - row.cost).collect::<Vec<_>>();
//! let risk = risk_analysis(&net, DAYS_PER_YEAR, Accumulation::Sum);
//! assert_eq!(rows.len(), 100);
//! assert!(risk.max_drawdown < 0.0);
//! assert!(indicators(&rows, &result.orders)[0].count > 0); // the scores of the session before trade on the first day
//! # Ok::<(), backstaff_portfolio::PortfolioError>(())
//! ```
//!
//! - Source: Microsoft Qlib 0.9.7 (MIT licence), `qlib.backtest`; the numbers of `tests/qlib/` were made with it.
//!
//! [`Terms::qlib`]: crate::Terms::qlib

mod deal;
mod quotes;
mod rules;
mod shuffle;
mod unit;

pub use deal::QlibOrder;
pub(crate) use deal::{Asked, Deal, Offer, deal, is_close};
pub(crate) use quotes::Quotes;
pub use rules::{Capacity, Limit, QlibRules, TradeType, VolumeLimit};
pub(crate) use shuffle::shuffled;
pub(crate) use unit::rounded;
