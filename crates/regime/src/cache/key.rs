//! The key of a fit: the digest of all that it is made of.

use std::fmt;

use backstaff_panel::{Instrument, Session};

use crate::{
    CovarianceForm, FitOptions, GaussianHmm, Observations, Start,
    fit::{Preference, Search},
};

/// Raised whenever the same request could lead to another fit.
const VERSION: u64 = 1;

/// Everything that a fit is made of.
#[derive(Debug, Clone, Copy)]
pub struct FitRequest<'a> {
    /// Whose bars they are.
    pub instrument: &'a Instrument,
    /// The session of each bar.
    pub sessions: &'a [Session],
    /// The observations at these sessions.
    pub observations: &'a Observations,
    /// The options of the fit.
    pub options: &'a FitOptions,
}

/// The digest of a request's whole content: every value, every session, the instrument, every option, the version of
/// the fit. Requests that differ in one bit have different keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FitKey([u8; 32]);

impl FitKey {
    /// The key of a request.
    pub fn of(request: FitRequest<'_>) -> Self {
        // No `..` in what follows: a new option that is forgotten in the key must not compile.
        let FitRequest { instrument, sessions, observations, options } = request;
        let mut hasher = Hasher(blake3::Hasher::new());
        hasher.number(VERSION);
        hasher.bytes(instrument.name().as_bytes());
        hasher.number(sessions.len() as u64);
        for session in sessions {
            hasher.number(i64::from(session.number()) as u64);
        }
        hasher.number(observations.n_series() as u64);
        hasher.bytes(&observations.present().iter().map(|&is| u8::from(is)).collect::<Vec<_>>());
        hasher.floats(observations.filled());
        hasher.options(options);
        Self(*hasher.0.finalize().as_bytes())
    }

    /// A key of the user's own: the digest of any bytes. Requests of equal bytes are then taken for the same, whatever
    /// their content.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for FitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A digest over fields of known lengths, so that no two contents run into the same bytes.
struct Hasher(blake3::Hasher);

impl Hasher {
    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn floats(&mut self, values: &[f64]) {
        self.number(values.len() as u64);
        for value in values {
            self.number(value.to_bits());
        }
    }

    fn options(&mut self, options: &FitOptions) {
        let FitOptions {
            n_states,
            covariance,
            starts,
            max_iterations,
            tolerance,
            variance_floor,
            search,
            preference,
            seed,
        } = options;
        self.number(*n_states as u64);
        self.covariance(*covariance);
        self.number(starts.len() as u64);
        for start in starts {
            self.start(start);
        }
        self.number(*max_iterations as u64);
        self.floats(&[*tolerance, *variance_floor]);
        match *search {
            Search::Exhaustive => self.number(0),
            Search::Screened { iterations, keep } => {
                for number in [1, iterations as u64, keep as u64] {
                    self.number(number);
                }
            }
        }
        self.number(match preference {
            Preference::Sound => 0,
            Preference::Likeliest => 1,
        });
        self.number(*seed);
    }

    fn covariance(&mut self, covariance: CovarianceForm) {
        self.number(match covariance {
            CovarianceForm::Diagonal => 0,
            CovarianceForm::Full => 1,
        });
    }

    fn start(&mut self, start: &Start) {
        match start {
            Start::VolatilityBins => self.number(0),
            Start::ReturnBins => self.number(1),
            Start::KMeans => self.number(2),
            Start::Random(number) => {
                self.number(3);
                self.number(*number);
            }
            Start::Given(model) => {
                let GaussianHmm { start, transition, means, covariances } = &**model;
                self.number(4);
                for values in [start, transition, means] {
                    self.floats(values);
                }
                self.covariance(covariances.form());
                self.floats(covariances.values());
            }
        }
    }
}
