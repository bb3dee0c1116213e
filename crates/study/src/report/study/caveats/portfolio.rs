//! Caveats about the portfolio's rules.

use backstaff_report::{Caveat, Format};

use super::Case;
use crate::{
    config::CostModel,
    report::study::yardstick::{Because, Yardstick},
    words,
};

/// The costs, as a share of equity a year, above which a caution is due.
const HIGH_COSTS: f64 = 0.02;
/// The change of the yearly excess by a session's delay below which it is not mentioned.
const DELAY: f64 = 0.005;
/// The share of the universe above which a portfolio is near its equal weight by construction.
const LARGE_SHARE: f64 = 1.0 / 3.0;

/// An account that has lost all its equity.
pub(super) fn ruin(case: Case<'_>) -> Option<Caveat> {
    let equity = case.accounts.primary()?.days().last()?.equity;
    (equity <= 0.0).then(|| {
        let text = "The equity of the portfolio fell to zero; the backtest ends there.".to_owned();
        Caveat::warning("Ruin", text)
    })
}

/// The rules of Qlib, and what is unlike a market in them.
pub(super) fn qlib(case: Case<'_>) -> Option<Caveat> {
    case.results.config.portfolio.qlib()?;
    let text = "Orders trade by the rules of Microsoft Qlib's exchange: those of a dropout are counted at the deal prices of the \
                session in which they trade, which nobody knows before it; a position whose instrument is gone stays at its \
                last price for ever. Portfolios that are compared with it trade by our own rules, at the mean of its two \
                rates.";
    Some(Caveat::note("Rules of Qlib", text.to_owned()))
}

/// Trading that costs nothing: no market is like that.
pub(super) fn free(case: Case<'_>) -> Option<Caveat> {
    if let Some(spec) = case.results.config.portfolio.qlib() {
        let paid = [spec.open_cost, spec.close_cost, spec.min_cost, spec.impact_cost];
        return paid.into_iter().all(|cost| cost == 0.0).then(|| {
            let text = "Trading costs nothing here. `portfolio.rules.qlib` names the costs.";
            Caveat::caution("Free of costs", text.to_owned())
        });
    }
    let CostModel { commission_bps, slippage_bps, impact, sell_tax_bps, minimum, borrow_bps } =
        &case.results.config.portfolio.costs;
    let paid = [commission_bps, slippage_bps, impact, minimum, borrow_bps];
    (paid.into_iter().all(|cost| *cost == 0.0) && sell_tax_bps.is_zero()).then(|| {
        let text = "The study names no costs, so trading costs nothing here. `portfolio.costs` names them.";
        Caveat::caution("Free of costs", text.to_owned())
    })
}

/// The costs, and the excess without them and at twice as much.
pub(super) fn costs(case: Case<'_>) -> Option<Caveat> {
    if case.verdict.evidence.idle.is_some() {
        return None;
    }
    let primary = case.accounts.primary()?;
    let net = case.accounts.excess(primary)?.annual;
    let gross = case.accounts.gross_excess()?.annual;
    let twice = case.accounts.primary_at(20, 0).and_then(|account| case.accounts.excess(account));
    let twice = twice.map_or(f64::NAN, |excess| excess.annual);
    let cost = primary.measure("cost_annual");
    let text = format!(
        "The book is replaced {} times a year, which costs {} of equity. Above the {} it earned {} a year without costs, \
         {} after them, {} at twice the costs.",
        words::number(primary.measure("turnover_annual"), 1),
        words::percent(cost, 1),
        case.accounts.benchmark_kind().name(),
        words::difference(gross, 1),
        words::difference(net, 1),
        words::difference(twice, 1)
    );
    let is_decisive = cost > HIGH_COSTS || (gross > 0.0) != (net > 0.0) || (net > 0.0) != (twice > 0.0);
    Some(if is_decisive { Caveat::caution("Costs decide", text) } else { Caveat::note("Costs", text) })
}

/// The excess with a signal that is one session older.
pub(super) fn delay(case: Case<'_>) -> Option<Caveat> {
    if case.verdict.evidence.idle.is_some() {
        return None;
    }
    let net = case.accounts.primary_excess()?.annual;
    let late = case.accounts.excess(case.accounts.primary_at(10, 1)?)?.annual;
    ((late - net).abs() >= DELAY).then(|| {
        let text = format!(
            "With signals one session older the portfolio earned {} a year above the {} instead of {}.",
            words::difference(late, 1),
            case.accounts.benchmark_kind().name(),
            words::difference(net, 1)
        );
        if net > 0.0 && late < net / 2.0 {
            Caveat::caution("Sensitive to delay", text)
        } else {
            Caveat::note("Delay", text)
        }
    })
}

/// A portfolio that is most of its universe can't differ much from it.
pub(super) fn small_universe(case: Case<'_>) -> Option<Caveat> {
    let k = case.results.config.portfolio.strategy.n_positions()?;
    let evaluation = case.results.primary_evaluation()?;
    let mut counts =
        evaluation.column("count").iter().copied().filter(|count| *count > 0.0).collect::<Vec<_>>();
    counts.sort_by(f64::total_cmp);
    let median = *counts.get(counts.len() / 2)?;
    (f64::from(k) > median * LARGE_SHARE).then(|| {
        let text = format!(
            "The portfolio holds {k} of {} (median over sessions, {} at least): it is near the equal weight by \
             construction, and a rank IC of so few is noisy.",
            Format::Integer.show(median),
            Format::Integer.show(counts[0])
        );
        Caveat::caution("Small universe", text)
    })
}

/// A portfolio whose difference to the benchmark is a bet on the market or on cash above all.
pub(super) fn by_alpha(case: Case<'_>) -> Option<Caveat> {
    let Yardstick::Alpha(because) = case.accounts.yardstick() else { return None };
    let excess = case.accounts.primary_excess()?;
    let benchmark = case.accounts.benchmark_kind().name();
    let (title, why) = match because {
        Because::LongShort => ("Long and short", "The portfolio is long and short".to_owned()),
        Because::Beta => {
            ("Judged by alpha", "The portfolio moves with the market in another measure than 1".to_owned())
        }
        Because::Exposure => {
            let exposure = case.accounts.primary()?.measure("net_exposure");
            (
                "Judged by alpha",
                format!("The portfolio is {} invested on average", words::percent(exposure, 0)),
            )
        }
    };
    let text = format!(
        "{why}, with a beta of {} to the {benchmark}: its difference to that, {} a year (t {}), is mostly a bet on the \
         market. The verdict is about its alpha, {} a year (t {}); tables and stress show plain differences.",
        words::number(excess.measure("beta"), 2),
        words::difference(excess.annual, 1),
        words::number(excess.t, 2),
        words::difference(excess.measure("alpha_annual"), 1),
        words::number(excess.measure("alpha_t"), 2)
    );
    Some(Caveat::note(title, text))
}

/// The exchange's rules that do not suit these data.
pub(super) fn exchange(case: Case<'_>) -> Option<Caveat> {
    let caveats = &case.accounts.primary()?.result.caveats;
    (!caveats.is_empty()).then(|| Caveat::caution("Rules and prices", format!("{}.", caveats.join("; "))))
}

/// The rules of the strategy that could not be followed, and how often.
pub(super) fn rules(case: Case<'_>) -> Option<Caveat> {
    let notes = &case.accounts.primary()?.result.notes;
    let lines = notes.iter().map(|(what, count)| format!("{} {what}", Format::Integer.show(*count as f64)));
    let lines = lines.collect::<Vec<_>>();
    (!lines.is_empty()).then(|| Caveat::caution("The strategy's rules", format!("{}.", lines.join("; "))))
}

/// Positions that a delisting closed.
pub(super) fn delistings(case: Case<'_>) -> Option<Caveat> {
    let primary = case.accounts.primary()?;
    let n = primary.result.n_delistings;
    let lost = primary.days().iter().map(|day| day.delisting_loss).sum::<f64>();
    let lost = format!(
        "They lost {} in all against their last close, {} of the cash at the start.",
        words::number(lost, 0),
        words::percent(lost / case.results.config.portfolio.initial_cash, 1)
    );
    let (panel, recovery) = (&case.results.panel, &case.results.config.portfolio.recovery);
    let (axis, told) = (panel.axis(), panel.facts().delistings.as_ref());
    let mut ended = (0..axis.n_instruments()).filter(|&i| axis.life(i).end < axis.n_sessions());
    let all_stated = ended.all(|i| recovery.stated(axis.instruments()[i].name(), told).is_some());
    let positions = words::count(n, "position");
    (n > 0).then(|| {
        if all_stated {
            let text = format!(
                "{positions} ended with the last row of their instrument, paid what the study or its data state for such an \
                 end. {lost}"
            );
            return Caveat::note("Delisted while held", text);
        }
        let text = format!(
            "{positions} ended with the last row of their instrument, paid at {} of the last trade where no recovery is \
             stated. {lost} Where that row is a bankruptcy, less was to be had.",
            words::percent(recovery.usual, 0)
        );
        Caveat::caution("Delisted while held", text)
    })
}

/// Orders of any size that fill at the quoted price.
pub(super) fn impact(case: Case<'_>) -> Option<Caveat> {
    let portfolio = &case.results.config.portfolio;
    if let Some(spec) = portfolio.qlib() {
        return (spec.impact_cost == 0.0 && spec.volume_limits.is_empty()).then(|| {
            let text = format!(
                "Orders of any size fill at the deal price: no market impact, no limit by volume. That suits an account of \
                 {}, not one that moves prices.",
                Format::Integer.show(portfolio.initial_cash)
            );
            Caveat::note("No market impact", text)
        });
    }
    (portfolio.volume_cap.is_none() && portfolio.costs.impact == 0.0).then(|| {
        let text = format!(
            "Orders of any size fill at the quoted price moved by {} bp: no market impact, no limit by volume. That \
             suits an account of {}, not one that moves prices.",
            words::number(portfolio.costs.slippage_bps, 1),
            Format::Integer.show(portfolio.initial_cash)
        );
        Caveat::note("No market impact", text)
    })
}

/// A cash rate of 0, from which the Sharpe ratio is then measured.
pub(super) fn cash(case: Case<'_>) -> Option<Caveat> {
    if case.results.config.portfolio.qlib().is_some() {
        let text = "Cash earns nothing in Qlib's account, so Sharpe ratios are of plain returns.".to_owned();
        return Some(Caveat::note("Cash rate 0", text));
    }
    case.results.config.portfolio.cash_rate.is_zero().then(|| {
        let text =
            "Cash earns nothing in this study, so Sharpe ratios are of plain returns; state `cash_rate` to \
                    measure from one."
                .to_owned();
        Caveat::note("Cash rate 0", text)
    })
}
