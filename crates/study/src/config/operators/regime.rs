//! Regimes as features: a hidden Markov model that is fitted again and again on the past, and filtered in between.
//!
//! The operators over the same observations and settings are read from one walk over the instrument's history. A walk
//! goes on from its state, so that an append computes what is new.

use std::{num::NonZeroUsize, sync::Arc};

use backstaff_feature::operator::{
    ArgumentFault, Arguments, Binding, Bound, Documentation, Family, Member, Operator, Parameter, Recursion,
    Requested, Signature,
};
use backstaff_panel::{Instrument, Session};
use backstaff_regime::{
    CovarianceForm, Decision, FitOptions, MAX_STATES, ModelCache, RegimeError, Schedule, Start, WalkOptions,
    Walker,
};

const SCHEDULES: &[&str] = &["monthly", "weekly", "daily", "never"];
const COVARIANCES: &[&str] = &["full", "diagonal"];
/// Iterations and tolerance of a fit: a feature is fitted thousands of times.
const MOST_ITERATIONS: usize = 200;
const TOLERANCE: f64 = 1e-7;

const X: Parameter = Parameter::series("x");
const Y: Parameter = Parameter::further_series("y");
const Z: Parameter = Parameter::further_series("z");
const STATE: Parameter = Parameter::integer("state", 0, MAX_STATES as i64 - 1);
const STATES: Parameter = Parameter::integer("states", 2, MAX_STATES as i64).or(3.0);
const LOOK_BACK: Parameter = Parameter::integer("look_back", 10, 100_000).or(252.0);
const SCHEDULE: Parameter = Parameter::choice("schedule", SCHEDULES);
const EVERY: Parameter = Parameter::integer("every", 0, 100_000).or(0.0);
const COVARIANCE: Parameter = Parameter::choice("covariance", COVARIANCES);
const STARTS: Parameter = Parameter::integer("starts", 1, 1_000).or(4.0);

/// What is read of a walk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reading {
    Probability,
    State,
    Age,
    Return,
    Volatility,
}

/// An operator that follows regimes.
#[derive(Clone, Copy, Debug)]
struct Regime {
    documentation: Documentation,
    reading: Reading,
}

impl Operator for Regime {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        const OF_A_STATE: Signature =
            Signature::new(&[X, Y, Z, STATE, STATES, LOOK_BACK, SCHEDULE, EVERY, COVARIANCE, STARTS]);
        const OF_ALL: Signature =
            Signature::new(&[X, Y, Z, STATES, LOOK_BACK, SCHEDULE, EVERY, COVARIANCE, STARTS]);
        if self.reading == Reading::Probability { &OF_A_STATE } else { &OF_ALL }
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let first = usize::from(self.reading == Reading::Probability);
        let count = |at: usize| arguments.count(first + at);
        let (states, look_back, schedule, every, covariance, starts) =
            (count(0), count(1), count(2), count(3), count(4), count(5));
        let mut member = self.reading as usize;
        if self.reading == Reading::Probability {
            let state = arguments.count(0);
            if state >= states {
                let message =
                    format!("the states of {states} are numbered 0 to {}, there is no {state}", states - 1);
                return Err(ArgumentFault::new("state", message));
            }
            member = Reading::Volatility as usize + 1 + state;
        }
        let schedule = match (NonZeroUsize::new(every), SCHEDULES[schedule]) {
            (Some(bars), _) => Schedule::EveryBars(bars),
            (None, name) => name.parse().map_err(|error: RegimeError| fault("schedule", &error))?,
        };
        let fit = FitOptions {
            covariance: [CovarianceForm::Full, CovarianceForm::Diagonal][covariance],
            max_iterations: MOST_ITERATIONS,
            tolerance: TOLERANCE,
            ..FitOptions::new(states).with_starts(Start::first(starts))
        };
        let walk = Following {
            n_series: arguments.types().len(),
            options: WalkOptions { schedule, look_back, ..WalkOptions::new(fit) },
            instrument: Instrument::new("any"),
            cache: ModelCache::off(),
        };
        walk.go_on(&[]).map_err(|error| fault("look_back", &error))?;
        let name = format!("regime@1({states},{look_back},{schedule},{},{starts})", COVARIANCES[covariance]);
        let family = Family { name, member: Member { index: member, parameter: 0.0 } };
        Ok(Bound::recursive(walk).in_family(family).into())
    }
}

fn fault(parameter: &'static str, error: &RegimeError) -> ArgumentFault {
    ArgumentFault::new(parameter, error.to_string())
}

/// A walk over an instrument's history.
struct Following {
    n_series: usize,
    options: WalkOptions,
    /// Any: models are not kept, so that nothing depends on whose they are.
    instrument: Instrument,
    cache: ModelCache,
}

impl Following {
    fn go_on(&self, state: &[f64]) -> Result<Walker<'_>, RegimeError> {
        Walker::resume(&self.instrument, self.n_series, &self.options, &self.cache, state)
    }
}

impl Recursion for Following {
    fn start(&self) -> Vec<f64> {
        Vec::new()
    }

    fn run(
        &self,
        state: &mut Vec<f64>,
        inputs: &[&[f64]],
        sessions: &[Session],
        requested: &mut [Requested<'_>],
    ) {
        let mut walker = self.go_on(state).expect("a state is one that a walk with these options left");
        let mut row = vec![0.0; self.n_series];
        for (t, &session) in sessions.iter().enumerate() {
            for (value, input) in row.iter_mut().zip(inputs) {
                // What is infinite is missing, as in every window.
                *value = if input[t].is_finite() { input[t] } else { f64::NAN };
            }
            let decision = walker.step(session, &row).expect("sessions ascend and no value is infinite");
            for requested in &mut *requested {
                requested.out[t] =
                    decision.as_ref().map_or(f64::NAN, |decision| read(decision, requested.member.index));
            }
        }
        *state = walker.state();
    }
}

/// What a member of the family reads of a decision.
fn read(decision: &Decision, member: usize) -> f64 {
    const STATE: usize = Reading::State as usize;
    const AGE: usize = Reading::Age as usize;
    const RETURN: usize = Reading::Return as usize;
    const VOLATILITY: usize = Reading::Volatility as usize;
    match member {
        STATE => decision.state as f64,
        AGE => decision.age as f64,
        RETURN => decision.expected_return,
        VOLATILITY => decision.expected_volatility,
        probability => decision.probabilities[probability - VOLATILITY - 1],
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    TABLE.iter().map(|&entry| Arc::new(entry) as Arc<dyn Operator>).collect()
}

const MISSING: &str = "before the first fit, which takes place when the look-back is full, counted from the first observation; \
                       a row with a missing or infinite observation moves the states on by one transition; a fit that \
                       fails (constant or too few observations) leaves the last model in force";
const SOURCE: &str = "Hamilton (1989), Econometrica 57; Rabiner (1989), Proc. IEEE 77; fitted by expectation \
                      maximisation over the last `look_back` rows";

static TABLE: &[Regime] = &[
    Regime {
        documentation: Documentation {
            name: "RegimeProb",
            version: 1,
            meaning: "How likely a regime is, given the observations up to this session.",
            formula: "p(s) ∝ f(x | s) sum_r p(r) a(r, s), with the model of the last fit; fits at the first session of a month, \
                      ISO week or day, or every so many rows; states are numbered by the mean of x at the first fit, lowest \
                      first, and keep their numbers over refits",
            missing: MISSING,
            source: SOURCE,
            differences: "",
            samples: &[
                "RegimeProb($close / Ref($close, 1) - 1, state=0, states=2, look_back=60)",
                "RegimeProb(Log($close / Ref($close, 1)), Std($close, 5) / $close, state=1, states=2, look_back=80, schedule='weekly')",
            ],
        },
        reading: Reading::Probability,
    },
    Regime {
        documentation: Documentation {
            name: "RegimeState",
            version: 1,
            meaning: "The number of the likeliest regime, given the observations up to this session.",
            formula: "argmax of RegimeProb over the states; of equally likely ones the first",
            missing: MISSING,
            source: SOURCE,
            differences: "",
            samples: &["RegimeState($close / Ref($close, 1) - 1, states=2, look_back=60, every=30)"],
        },
        reading: Reading::State,
    },
    Regime {
        documentation: Documentation {
            name: "RegimeAge",
            version: 1,
            meaning: "For how many rows the likeliest regime has been the likeliest, this one included.",
            formula: "1 + the rows before with the same RegimeState, without a break",
            missing: MISSING,
            source: SOURCE,
            differences: "",
            samples: &["RegimeAge($close / Ref($close, 1) - 1, states=2, look_back=60)"],
        },
        reading: Reading::Age,
    },
    Regime {
        documentation: Documentation {
            name: "RegimeExpectedReturn",
            version: 1,
            meaning: "What the model expects x to be at the next session.",
            formula: "sum_s q(s) mean(s) of x, q(s) = sum_r p(r) a(r, s)",
            missing: MISSING,
            source: SOURCE,
            differences: "",
            samples: &["RegimeExpectedReturn($close / Ref($close, 1) - 1, states=2, look_back=60)"],
        },
        reading: Reading::Return,
    },
    Regime {
        documentation: Documentation {
            name: "RegimeExpectedVolatility",
            version: 1,
            meaning: "The standard deviation that the model expects of x at the next session.",
            formula: "sqrt(sum_s q(s) (variance(s) + (mean(s) - m)²)), m the expected return, q as there",
            missing: MISSING,
            source: SOURCE,
            differences: "",
            samples: &["RegimeExpectedVolatility($close / Ref($close, 1) - 1, states=2, look_back=60)"],
        },
        reading: Reading::Volatility,
    },
];

#[cfg(test)]
mod tests;
