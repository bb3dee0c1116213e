//! Strategies, exchange rules, ledger, backtest, measures.
