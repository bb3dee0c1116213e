//! Names of regimes.

use std::fmt;

use super::GaussianHmm;

/// The four kinds of regime that allocations are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegimeKind {
    /// Prices fall in a turmoil well above the market's usual one.
    Crisis,
    /// Prices fall in a usual turmoil.
    Bear,
    /// Prices rise or fall by little.
    Sideways,
    /// Prices rise, whatever the turmoil.
    Bull,
}

impl RegimeKind {
    /// All kinds, the worst first.
    pub const ALL: [Self; 4] = [Self::Crisis, Self::Bear, Self::Sideways, Self::Bull];

    /// The kind that a name belongs to, whatever its case: that of a kind, a finer one, or one with a number.
    ///
    /// ```
    /// use backstaff_regime::RegimeKind;
    /// assert_eq!(RegimeKind::of_name("Euphoric Bull"), Some(RegimeKind::Bull));
    /// assert_eq!(RegimeKind::of_name("bear 2"), Some(RegimeKind::Bear));
    /// assert_eq!(RegimeKind::of_name("Goldilocks"), None);
    /// ```
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        let plain = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
        Self::ALL.into_iter().find(|kind| {
            let names = kind.names();
            [names.low, names.plain, names.high].into_iter().any(|known| known.to_lowercase() == plain)
        })
    }

    /// The names of several states of a kind: of the lowest, of those between, of the highest.
    fn names(self) -> Names {
        let (low, plain, high) = match self {
            Self::Crisis => ("Crisis Bear", "Crisis", "Crisis"),
            Self::Bear => ("Crash Bear", "Bear", "Downtrend"),
            Self::Sideways => ("Flat", "Sideways", "Sideways"),
            Self::Bull => ("Uptrend", "Bull", "Euphoric Bull"),
        };
        Names { low, plain, high }
    }
}

struct Names {
    low: &'static str,
    plain: &'static str,
    high: &'static str,
}

impl fmt::Display for RegimeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names().plain)
    }
}

/// The name of a state, unique in its model, and the kind it belongs to.
///
/// A single state of its kind has the kind's name. Several have finer names (Downtrend, Crash Bear,
/// Uptrend, Euphoric Bull, Flat, Crisis Bear), and by numbers where these are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegimeLabel {
    kind: RegimeKind,
    name: &'static str,
    number: u8,
}

impl RegimeLabel {
    /// The kind it belongs to; an allocation written for the four kinds covers every label.
    pub fn kind(self) -> RegimeKind {
        self.kind
    }
}

impl fmt::Display for RegimeLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => f.write_str(self.name),
            number => write!(f, "{} {number}", self.name),
        }
    }
}

/// The borders between the kinds of regime, free of the unit of the returns and of the length of a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelRules {
    /// A falling state is a crisis if it is this many times as volatile as the other states together.
    pub crisis_volatility: f64,
    /// A state trends if its mean over one expected stay is this many standard deviations of that stay.
    pub drift: f64,
}

impl Default for LabelRules {
    fn default() -> Self {
        Self { crisis_volatility: 2.0, drift: 0.2 }
    }
}

/// The longest stay that a drift is measured over, so that a state which is never left has one too.
const LONGEST_STAY: f64 = 1e6;

impl GaussianHmm {
    /// A name for every state, judged by the first series, which should be a return.
    ///
    /// With mean `μ`, standard deviation `σ` and expected stay `D` of a state, its drift is `μ √D / σ`: how far it
    /// carries prices while it lasts, in units of how far chance does. Of three states or more, one with `μ <= 0` and
    /// a `σ` of at least `crisis_volatility` times that of the other states together (their long-run mean variance) is
    /// a Crisis; else a state is a Bull above `drift`, a Bear below `−drift`, and Sideways between.
    pub fn labels(&self, rules: LabelRules) -> Vec<RegimeLabel> {
        let kinds = self.kinds(rules);
        let strength = |state: usize, kind: RegimeKind| match kind {
            RegimeKind::Sideways => self.variance(state, 0),
            _ => self.means(state)[0],
        };
        (0..self.n_states())
            .map(|state| {
                let kind = kinds[state];
                let mut alike = (0..kinds.len()).filter(|&other| kinds[other] == kind).collect::<Vec<_>>();
                alike.sort_by(|&a, &b| strength(a, kind).total_cmp(&strength(b, kind)));
                let rank = alike.iter().position(|&other| other == state).expect("a state is like itself");
                name(kind, rank, alike.len())
            })
            .collect()
    }

    fn kinds(&self, rules: LabelRules) -> Vec<RegimeKind> {
        let shares = self.stationary();
        let stays = self.expected_durations();
        let others = |state: usize| {
            let others = (0..self.n_states()).filter(|&other| other != state);
            let (sum, share) = others.fold((0.0, 0.0), |(sum, share), other| {
                (sum + shares[other] * self.variance(other, 0), share + shares[other])
            });
            if share > 0.0 { sum / share } else { f64::INFINITY }
        };
        (0..self.n_states())
            .map(|state| {
                let (mean, variance) = (self.means(state)[0], self.variance(state, 0));
                let is_wild = variance >= rules.crisis_volatility * rules.crisis_volatility * others(state);
                let drift = mean * stays[state].min(LONGEST_STAY).sqrt() / variance.sqrt();
                if self.n_states() > 2 && is_wild && mean <= 0.0 {
                    RegimeKind::Crisis
                } else if drift > rules.drift {
                    RegimeKind::Bull
                } else if drift < -rules.drift {
                    RegimeKind::Bear
                } else {
                    RegimeKind::Sideways
                }
            })
            .collect()
    }
}

/// The name of the state of this rank, from the lowest, among `count` of its kind.
fn name(kind: RegimeKind, rank: usize, count: usize) -> RegimeLabel {
    let Names { low, plain, high } = kind.names();
    // Of two Bears the higher is the milder one, a Downtrend; of two Bulls the lower is the milder one.
    let (has_low, has_high) = match kind {
        RegimeKind::Bear => (count > 2, count > 1),
        RegimeKind::Bull => (count > 1, count > 2),
        RegimeKind::Crisis | RegimeKind::Sideways => (count > 1, false),
    };
    if has_low && rank == 0 {
        return RegimeLabel { kind, name: low, number: 1 };
    }
    if has_high && rank + 1 == count {
        return RegimeLabel { kind, name: high, number: 1 };
    }
    RegimeLabel { kind, name: plain, number: (rank + 1 - usize::from(has_low)) as u8 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::Covariances;

    fn model(stay: f64, means: &[f64], deviations: &[f64]) -> GaussianHmm {
        let k = means.len();
        let leave = (1.0 - stay) / (k - 1) as f64;
        let transition = (0..k * k).map(|at| if at % (k + 1) == 0 { stay } else { leave }).collect();
        let variances = deviations.iter().map(|deviation| deviation * deviation).collect();
        let start = vec![1.0 / k as f64; k];
        GaussianHmm::new(start, transition, means.to_vec(), Covariances::Diagonal(variances)).unwrap()
    }

    fn names(model: &GaussianHmm) -> Vec<String> {
        model.labels(LabelRules::default()).iter().map(RegimeLabel::to_string).collect()
    }

    #[test]
    fn markets_get_the_names_one_expects() {
        let two = model(0.97, &[-0.0005, 0.0008], &[0.02, 0.006]);
        assert_eq!(names(&two), ["Sideways", "Bull"]);
        let two = model(0.97, &[-0.0015, 0.0008], &[0.02, 0.006]);
        assert_eq!(names(&two), ["Bear", "Bull"]);
        let four = model(0.97, &[-0.003, -0.001, 0.0, 0.001], &[0.04, 0.012, 0.01, 0.006]);
        assert_eq!(names(&four), ["Crisis", "Bear", "Sideways", "Bull"]);
    }

    #[test]
    fn neither_the_unit_nor_the_length_of_a_bar_changes_a_name() {
        let daily = model(0.97, &[-0.003, 0.0, 0.0012], &[0.02, 0.012, 0.006]);
        let percent = model(0.97, &[-0.3, 0.0, 0.12], &[2.0, 1.2, 0.6]);
        let hour = 1.0 / 7.0_f64;
        let hourly = model(
            1.0 - 0.03 * hour,
            &[-0.003 * hour, 0.0, 0.0012 * hour],
            &[0.02 * hour.sqrt(), 0.012 * hour.sqrt(), 0.006 * hour.sqrt()],
        );
        assert_eq!(names(&daily), names(&percent));
        assert_eq!(names(&daily), names(&hourly));
    }

    #[test]
    fn every_label_is_read_back_as_its_kind() {
        for kind in RegimeKind::ALL {
            for count in 1..=10 {
                for rank in 0..count {
                    let label = name(kind, rank, count);
                    assert_eq!(RegimeKind::of_name(&label.to_string()), Some(kind), "{label}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn labels_are_unique(
            stay in 0.0..0.999, means in prop::collection::vec(-1.0..1.0, 10),
            deviations in prop::collection::vec(0.01..3.0, 10), k in 2..=10_usize,
        ) {
            let names = names(&model(stay, &means[..k], &deviations[..k]));
            prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), k);
        }
    }
}
