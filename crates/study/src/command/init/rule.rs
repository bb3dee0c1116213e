//! Studies without a model: rules that look back over what history there is.

use backstaff_panel::Session;

use super::{
    features::{momentum, usual},
    market::Market,
    places::Places,
};
use crate::words;

/// A rule by which instruments are held; nothing is fitted to the data but regimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Those that have risen most over the last year, or of few instruments those that have risen.
    Momentum,
    /// Those that have fallen most over the last week, or of few instruments those below their mean.
    MeanReversion,
    /// Those that move least, or of few instruments all of them, the less the more they move.
    LowVolatility,
    /// Those that close above their mean of the last year.
    Trend,
    /// All of them, in equal parts.
    Equal,
    /// By the regime that a hidden Markov model sees.
    Regimes,
}

/// A study of a rule.
#[derive(Clone, Debug)]
pub(super) struct Ruled {
    /// The rule.
    pub rule: Rule,
    /// How the rule decides.
    pub by: By,
    /// The number of sessions between rebalancings.
    pub rebalance: u32,
    /// The first date on which it decides, where it is not the first on which it could.
    pub from: Option<Session>,
}

/// How a rule decides.
#[derive(Clone, Debug)]
pub(super) enum By {
    /// The best of a ranking are held, by a score.
    Score {
        /// The score.
        expression: String,
        /// How many are held.
        places: Places,
    },
    /// Each instrument has a share of the equity, by an expression.
    Share(String),
    /// Each instrument has the same share of the equity: the share of each, by name.
    Equal(Vec<(String, String)>),
    /// Regimes of these instruments, with models of so many sessions.
    Regimes {
        /// The instruments whose regimes are followed, and which are held.
        instruments: Vec<String>,
        /// The sessions that a model is fitted on.
        look_back: u32,
    },
}

/// The share of the history that a rule may look back over: the rest is tested.
const LOOKED_BACK: usize = 3;
/// The sessions that are tested at least.
const TESTED: usize = 5;
/// The most instruments whose shares are listed one by one.
const LISTED: usize = 60;
/// The most instruments whose regimes are followed.
const FOLLOWED: usize = 5;
/// The fewest and the most sessions that regimes are fitted on.
const FITTED: (u32, u32) = (104, 252);

impl Rule {
    /// The rule that stands in where the data don't suffice for a model.
    pub(super) fn instead(market: &Market) -> Self {
        if Places::of(market).is_some() { Self::Momentum } else { Self::Trend }
    }

    /// The study of this rule that suits the data, or the reason in words why there is none.
    pub(super) fn study(self, market: &Market) -> Result<Ruled, String> {
        let pace = market.pace;
        let spans = [pace.week(), pace.month(), pace.quarter(), pace.half(), pace.year()];
        let most = market.n_sessions() / LOOKED_BACK;
        let fits = |span: u32| span as usize <= most;
        if market.n_sessions() < LOOKED_BACK + TESTED {
            let n = words::count(market.n_sessions(), "session");
            return Err(format!("the data have {n}; a study needs {}", LOOKED_BACK + TESTED));
        }
        let longest = spans.into_iter().rev().find(|&span| fits(span)).unwrap_or(1);
        // A mean or a deviation needs some sessions, whatever the pace.
        let window = longest.max((most as u32).min(FEWEST));
        let places = Places::of(market);
        let is_one = market.instruments.len() == 1;
        let share = if is_one { "1" } else { SHARE };
        // 1 where a number is above 0, 0 where it is not, missing where it is: the test begins when the window is full.
        let while_above = |number: String| {
            let held = format!("Greater(Sign({number}), 0)");
            By::Share(if is_one { held } else { format!("{held} * {SHARE}") })
        };
        let mean = |window: u32| format!("Mean($close, {window}, min={})", usual(window));
        let deviation = format!("Std($return, {window}, min={})", usual(window));
        let by = match (self, places) {
            (Self::Momentum, Some(places)) => By::Score { expression: momentum(pace, longest), places },
            (Self::MeanReversion, Some(places)) => {
                By::Score { expression: format!("1 - $close / Ref($close, {})", pace.week()), places }
            }
            (Self::LowVolatility, Some(places)) => By::Score { expression: format!("-{deviation}"), places },
            (Self::Momentum, None) => while_above(format!("$close / Ref($close, {longest}) - 1")),
            (Self::MeanReversion, None) => {
                while_above(format!("{} / $close - 1", mean(pace.month().max(FEWEST.min(most as u32)))))
            }
            (Self::LowVolatility, None) if is_one => {
                return Err("one instrument can't be weighed against others by how much it moves".to_owned());
            }
            (Self::LowVolatility, None) => {
                By::Share(format!("1 / {deviation} / CsMean(1 / {deviation}) * {share}"))
            }
            (Self::Trend, _) => while_above(format!("$close / {} - 1", mean(window))),
            (Self::Equal, _) => By::equal(market).unwrap_or_else(|| By::Share(share.to_owned())),
            (Self::Regimes, _) => By::regimes(market)?,
        };
        let rebalance = match self {
            Self::MeanReversion => pace.horizon(),
            Self::Trend | Self::Regimes => pace.week(),
            _ if longest < pace.quarter() => pace.horizon(),
            _ => pace.month(),
        };
        let first =
            places.filter(|_| matches!(by, By::Score { .. })).map_or(0, |places| places.first_choice(market));
        Ok(Ruled { rule: self, by, rebalance, from: (first > 0).then(|| market.session(first)) })
    }
}

/// The fewest sessions of a mean or a deviation where the history allows it.
const FEWEST: u32 = 10;

/// One over the number of instruments that trade in a session: all of them rank alike, at their mean rank.
const SHARE: &str = "(2 * CsRank($traded) - 1)";

impl By {
    /// The same share for all instruments by name, if they are not too many to list and all have all sessions.
    fn equal(market: &Market) -> Option<Self> {
        let n = market.instruments.len();
        if n > LISTED || market.longest(n, market.n_sessions()).len() < n {
            return None;
        }
        // Rounded down: what sums to more than 1 is refused.
        let share = (1e6 / n as f64).floor() / 1e6;
        Some(Self::Equal(market.instruments.iter().map(|name| (name.clone(), share.to_string())).collect()))
    }

    /// Regimes of the instruments with the most sessions.
    fn regimes(market: &Market) -> Result<Self, String> {
        let look_back = market.pace.year().clamp(FITTED.0, FITTED.1);
        let needed = look_back as usize * 3 / 2;
        let n = market.n_sessions();
        if n < needed {
            let n = words::count(n, "session");
            return Err(format!(
                "{n} are too few to follow regimes: a model is fitted on {look_back}, and {needed} are needed"
            ));
        }
        let instruments = market.longest(FOLLOWED, needed);
        if instruments.is_empty() {
            return Err(format!("no instrument has the {needed} sessions that following its regimes needs"));
        }
        Ok(Self::Regimes { instruments, look_back })
    }
}

impl Rule {
    /// The name of the rule on the command line and in the study's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Momentum => "momentum",
            Self::MeanReversion => "mean_reversion",
            Self::LowVolatility => "low_volatility",
            Self::Trend => "trend",
            Self::Equal => "equal",
            Self::Regimes => "regimes",
        }
    }
}
