//! Hold the best n, with a band, caps, weights and an exposure.

mod choose;
mod score;
mod weigh;

use std::collections::BTreeMap;

pub use score::ScoreRule;

use self::{
    choose::{Band, Candidate, Room, choose},
    weigh::weigh,
};
use super::{Guide, Note, Strategy, Timeline, View, targets::rebalance, view::more_attractive};
use crate::{
    Decision, PortfolioError,
    error::{not_negative, positive},
};

/// A risk of each row, at least `floor`; a row without one (not finite) has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    values: Guide<f64>,
    floor: f64,
}

impl Risk {
    /// `max(value, floor)`; the floor (above 0) keeps a quiet instrument from getting all the weight.
    pub fn new(values: Guide<f64>, floor: f64) -> Result<Self, PortfolioError> {
        Ok(Self { values, floor: positive("floor", floor)? })
    }

    fn of(&self, view: &View<'_>, i: usize) -> Option<f64> {
        view.guide(&self.values, i).filter(|value| value.is_finite()).map(|value| value.max(self.floor))
    }
}

/// What decides how much of each chosen instrument is held; only the proportions matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Weights {
    /// All positions have the same weight.
    #[default]
    Equal,
    /// `m` for the best of `m`, then `m − 1`, down to 1.
    Rank,
    /// The score, as ranked; a score that is not above 0 gets nothing.
    Score,
    /// `1 / max(risk, floor)`; an instrument without a risk is not chosen.
    InverseRisk(Risk),
    /// By place among the chosen, the best being 1: up to each place (ascending) its weight, beyond the last one the
    /// last weight.
    Steps(Vec<(usize, f64)>),
}

/// A limit on the number of positions of a group: a sector, a market. Instruments without a group (`u32::MAX`) are one
/// group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupCap {
    /// The group of each row.
    pub groups: Guide<u32>,
    /// The most positions of one group.
    pub most: usize,
}

/// The share of equity that is invested; the rest is cash.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    timeline: Timeline,
    least_change: f64,
}

impl Exposure {
    /// A share between 0 and 1 for each session (values beyond are cut off there), known at its close and traded in the
    /// next session. Between rebalancings the whole book is scaled when the share is `least_change` or more away from
    /// the one it was last scaled to.
    pub fn new(timeline: Timeline, least_change: f64) -> Result<Self, PortfolioError> {
        Ok(Self { timeline, least_change: not_negative("least_change", least_change)? })
    }
}

/// The `n` most attractive instruments, kept while they are among the first `keep`.
///
/// At a rebalancing:
///
/// 1. scores are changed by the [`ScoreRule`] and ranked, equal ones in the order of the instruments;
/// 2. what is held and did not trade in this session and has no score stays: it has its place, its group's place and its
///    weight, since it can't be sold;
/// 3. what is held at a rank of at most `keep` stays, best first; the rest of the `n` places go to the best of the others
///    up to the same rank. A group that is full is passed over. Without `keep` the first `n` that fit are taken,
///    whether held or not;
/// 4. with an `advantage`, a position is replaced only by a score that is higher by at least that;
/// 5. weights are proportional to [`Weights`], together the exposure, none above `max_weight`.
///
/// - Signal: a session without any score leaves the book as it is; what is held, traded and has no score is sold.
/// - Ties: in the order of the instruments. A session in which more than `n` instruments have a score and all are equal
///   leaves the book as it is, since nothing but that order would choose.
/// - Orders: a position is left alone while its weight is within `threshold` of the target.
/// - Caps are those of the decision: a position that can't be sold in the next session stays beside its replacement's
///   order, and the book refuses to hold more than `n`.
/// - Look-ahead: none; guides are read as of the session of the signal.
#[derive(Clone, Debug)]
pub struct TopN {
    band: Band,
    score: ScoreRule,
    caps: Vec<GroupCap>,
    weights: Weights,
    max_weight: f64,
    threshold: f64,
    exposure: Option<Exposure>,
    /// The exposure that the book was last scaled to.
    invested: Option<f64>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    short_of_caps: usize,
    short_of_scores: usize,
    weights_at_cap: usize,
    without_risk: usize,
    without_exposure: usize,
}

impl TopN {
    /// Hold the first `n`, equally; the book is made anew at each rebalancing.
    pub fn new(n: usize) -> Result<Self, PortfolioError> {
        positive("n", n as f64)?;
        Ok(Self {
            band: Band { n, keep: None, advantage: 0.0 },
            score: ScoreRule::default(),
            caps: Vec::new(),
            weights: Weights::Equal,
            max_weight: 1.0,
            threshold: 0.0,
            exposure: None,
            invested: None,
            counts: Counts::default(),
        })
    }

    /// Keep a position while its rank is at most `keep`, which is `n` or more.
    pub fn keep(mut self, keep: usize) -> Result<Self, PortfolioError> {
        if keep < self.band.n {
            let expected = "n or more, since what was bought must be kept";
            return Err(PortfolioError::Parameter { parameter: "keep", value: keep as f64, expected });
        }
        self.band.keep = Some(keep);
        Ok(self)
    }

    /// Replace a position only by a score that is higher by at least `advantage`, in units of the ranked score.
    pub fn advantage(mut self, advantage: f64) -> Result<Self, PortfolioError> {
        self.band.advantage = not_negative("advantage", advantage)?;
        Ok(self)
    }

    /// Change scores before they are ranked.
    pub fn score(self, score: ScoreRule) -> Self {
        Self { score, ..self }
    }

    /// Limits the number of positions of each group; several caps apply together.
    pub fn at_most_per(mut self, cap: GroupCap) -> Result<Self, PortfolioError> {
        positive("at_most_per", cap.most as f64)?;
        self.caps.push(cap);
        Ok(self)
    }

    /// Weigh the chosen, none above `max_weight` (above 0, at most 1) of equity.
    pub fn weights(self, weights: Weights, max_weight: f64) -> Result<Self, PortfolioError> {
        if !(max_weight > 0.0 && max_weight <= 1.0) {
            let expected = "above 0 and at most 1";
            return Err(PortfolioError::Parameter { parameter: "max_weight", value: max_weight, expected });
        }
        if let Weights::Steps(steps) = &weights {
            let expected =
                "places that ascend from 1 or more, each with a weight above 0, and at least one of them";
            let ascending = steps.windows(2).all(|pair| pair[0].0 < pair[1].0);
            let bad =
                steps.iter().find(|(place, weight)| *place == 0 || !(weight.is_finite() && *weight > 0.0));
            if bad.is_some() || !ascending || steps.is_empty() {
                let value = bad.map_or(f64::NAN, |(_, weight)| *weight);
                return Err(PortfolioError::Parameter { parameter: "steps", value, expected });
            }
        }
        Ok(Self { weights, max_weight, ..self })
    }

    /// Leave a position alone while its weight is less than this away from its target.
    pub fn threshold(self, threshold: f64) -> Result<Self, PortfolioError> {
        Ok(Self { threshold: not_negative("threshold", threshold)?, ..self })
    }

    /// Invest a share of equity that changes with the market.
    pub fn exposure(self, exposure: Exposure) -> Self {
        Self { exposure: Some(exposure), ..self }
    }

    fn wanted_exposure(&mut self, view: &View<'_>) -> f64 {
        let Some(exposure) = &self.exposure else { return 1.0 };
        let share = view.timeline(&exposure.timeline);
        if share.is_none() {
            self.counts.without_exposure += 1;
        }
        share.map_or(1.0, |share| share.clamp(0.0, 1.0))
    }

    /// The scored instruments that may be chosen, most attractive first.
    fn ranking(&mut self, view: &View<'_>) -> Vec<Candidate> {
        let (mut scores, mut without) = self.score.apply(view, view.scored());
        if let Weights::InverseRisk(risk) = &self.weights {
            let before = scores.len();
            scores.retain(|&(i, _)| risk.of(view, i).is_some());
            without += before - scores.len();
        }
        self.counts.without_risk += without;
        // Beyond the band nothing but what is held can matter.
        if let Some(keep) = self.band.keep
            && self.band.advantage == 0.0
            && keep < scores.len()
        {
            scores.select_nth_unstable_by(keep, more_attractive);
            scores.truncate(keep);
        }
        scores.sort_unstable_by(more_attractive);
        let candidate = |(instrument, score)| {
            let held = view.holding(instrument).is_some() && !view.is_leaving(instrument);
            Candidate { instrument, score, held }
        };
        scores.into_iter().map(candidate).collect()
    }

    fn raw_weights(&self, view: &View<'_>, chosen: &[Candidate]) -> Vec<f64> {
        let m = chosen.len();
        let raw = |(place, candidate): (usize, &Candidate)| match &self.weights {
            Weights::Equal => 1.0,
            Weights::Rank => (m - place) as f64,
            Weights::Score => candidate.score.max(0.0),
            Weights::InverseRisk(risk) => risk.of(view, candidate.instrument).map_or(0.0, |risk| 1.0 / risk),
            Weights::Steps(steps) => {
                let step = steps.iter().find(|(last, _)| place < *last).or(steps.last());
                step.map_or(0.0, |&(_, weight)| weight)
            }
        };
        chosen.iter().enumerate().map(raw).collect()
    }

    /// What can't be sold: held, not traded in this session, without a score; and its weight.
    fn stuck(view: &View<'_>) -> BTreeMap<usize, f64> {
        let held = view.held().map(|(i, _)| i);
        let stuck = held.filter(|&i| view.close(i, 0).is_none() && view.score(i).is_none());
        stuck.map(|i| (i, view.weight(i))).collect()
    }

    /// The chosen instruments, best first.
    fn choose(
        &mut self,
        view: &View<'_>,
        ranking: &[Candidate],
        stuck: &BTreeMap<usize, f64>,
    ) -> Vec<Candidate> {
        let group = |cap: usize, i: usize| view.guide(&self.caps[cap].groups, i).unwrap_or(u32::MAX);
        let mut room = Room::new(self.caps.iter().map(|cap| cap.most), group);
        for &i in stuck.keys() {
            room.occupy(i);
        }
        let n = self.band.n.saturating_sub(stuck.len());
        let places = choose(ranking, Band { n, ..self.band }, &mut room);
        let refused = room.refused;
        if places.len() < n {
            let count =
                if refused > 0 { &mut self.counts.short_of_caps } else { &mut self.counts.short_of_scores };
            *count += 1;
        }
        places.into_iter().map(|place| ranking[place]).collect()
    }
}

impl Strategy for TopN {
    fn name(&self) -> &'static str {
        "top_n"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let ranking = self.ranking(view);
        let ends = (ranking.first(), ranking.last());
        let may_be_equal = matches!(ends, (Some(first), Some(last)) if first.score == last.score);
        if ranking.is_empty() || (may_be_equal && view.is_undecided(self.band.n)) {
            return Decision::nothing();
        }
        let exposure = self.wanted_exposure(view);
        self.invested = Some(exposure);
        let stuck = Self::stuck(view);
        let chosen = if exposure > 0.0 { self.choose(view, &ranking, &stuck) } else { Vec::new() };
        let budget = exposure - stuck.values().sum::<f64>();
        let weights = weigh(&self.raw_weights(view, &chosen), budget, self.max_weight);
        if !chosen.is_empty() && weights.iter().sum::<f64>() < budget - 1e-9 {
            self.counts.weights_at_cap += 1;
        }
        let weighed = chosen.iter().map(|candidate| candidate.instrument).zip(weights);
        let targets = weighed.filter(|&(_, weight)| weight > 0.0).chain(stuck).collect();
        let decision = rebalance(view, &targets, self.threshold.max(f64::MIN_POSITIVE));
        Decision { max_positions: self.band.n, ..decision }
    }

    fn between(&mut self, view: &View<'_>) -> Decision {
        let Some((before, least_change)) =
            self.invested.zip(self.exposure.as_ref().map(|exposure| exposure.least_change))
        else {
            return Decision::nothing();
        };
        let exposure = self.wanted_exposure(view);
        if exposure == before || (exposure - before).abs() < least_change {
            return Decision::nothing();
        }
        if before == 0.0 {
            return self.on_session(view);
        }
        self.invested = Some(exposure);
        // What doesn't trade keeps its weight: there is nobody to sell it to.
        let factor = |i: usize| if view.close(i, 0).is_none() { 1.0 } else { exposure / before };
        let targets = view.held().map(|(i, _)| (i, view.weight(i) * factor(i)));
        let targets = targets.filter(|&(_, weight)| weight > 0.0).collect();
        rebalance(view, &targets, f64::MIN_POSITIVE)
    }

    fn notes(&self) -> Vec<Note> {
        let Counts { short_of_caps, short_of_scores, weights_at_cap, without_risk, without_exposure } =
            self.counts;
        let all = [
            ("decisions held fewer than n because groups were full", short_of_caps),
            ("decisions held fewer than n for want of scored instruments", short_of_scores),
            ("decisions left money in cash because all weights were at their cap", weights_at_cap),
            ("scores were left out because the instrument had no volatility", without_risk),
            ("decisions took an exposure of 1 because the market had no value yet", without_exposure),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| Note { what, count }).collect()
    }
}
