//! Fits as bytes, to the bit.

use super::FitKey;
use crate::{
    CovarianceForm, Covariances, Fit, GaussianHmm,
    fit::{StartResult, StateFit},
};

/// The first bytes of a stored fit, raised whenever their form changes.
const HEAD: &[u8; 8] = b"hmmfit 1";
/// The bytes of a digest.
const DIGEST: usize = 32;

/// The bytes of the fit of a key: a head, the key, counts and numbers in little-endian order, a digest of all that.
pub(super) fn to_bytes(key: &FitKey, fit: &Fit) -> Vec<u8> {
    // No `..` here: a new part of a fit that is forgotten must not compile.
    let Fit { model, log_likelihood, history, iterations, converged, states, starts, n_present } = fit;
    let mut out = Writer(Vec::with_capacity(512));
    out.0.extend_from_slice(HEAD);
    out.0.extend_from_slice(key.as_bytes());
    out.number(model.n_states());
    out.number(model.n_series());
    out.flag(model.covariances.form() == CovarianceForm::Full);
    for values in [&model.start, &model.transition, &model.means] {
        out.floats(values);
    }
    out.floats(model.covariances.values());
    out.floats(&[*log_likelihood]);
    out.number(history.len());
    out.floats(history);
    out.number(*iterations);
    out.flag(*converged);
    for &StateFit { weight, is_degenerate, is_empty } in states {
        out.floats(&[weight]);
        out.flag(is_degenerate);
        out.flag(is_empty);
    }
    out.number(starts.len());
    for &StartResult { log_likelihood, iterations, converged, is_sound } in starts {
        out.floats(&[log_likelihood]);
        out.number(iterations);
        out.flag(converged);
        out.flag(is_sound);
    }
    out.number(*n_present);
    let digest = *blake3::hash(&out.0).as_bytes();
    out.0.extend_from_slice(&digest);
    out.0
}

/// The fit of a key, unless the bytes are damaged, of another form or of another key.
pub(super) fn from_bytes(key: &FitKey, bytes: &[u8]) -> Option<Fit> {
    let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    let body = body.strip_prefix(HEAD)?.strip_prefix(key.as_bytes())?;
    if *blake3::hash(&bytes[..bytes.len() - DIGEST]).as_bytes() != *digest {
        return None;
    }
    let mut rest = Reader(body);
    let (k, d, is_full) = (rest.number()?, rest.number()?, rest.flag()?);
    let start = rest.floats(k)?;
    let transition = rest.floats(k.checked_mul(k)?)?;
    let means = rest.floats(k.checked_mul(d)?)?;
    let covariances = if is_full {
        Covariances::Full(rest.floats(k.checked_mul(d)?.checked_mul(d)?)?)
    } else {
        Covariances::Diagonal(rest.floats(k.checked_mul(d)?)?)
    };
    let model = GaussianHmm::new(start, transition, means, covariances).ok()?;
    let log_likelihood = rest.float()?;
    let n_history = rest.number()?;
    let history = rest.floats(n_history)?;
    let (iterations, converged) = (rest.number()?, rest.flag()?);
    let states = (0..k).map(|_| {
        Some(StateFit { weight: rest.float()?, is_degenerate: rest.flag()?, is_empty: rest.flag()? })
    });
    let states = states.collect::<Option<Vec<_>>>()?;
    let n_starts = rest.number()?;
    let mut starts = Vec::new();
    for _ in 0..n_starts {
        starts.push(StartResult {
            log_likelihood: rest.float()?,
            iterations: rest.number()?,
            converged: rest.flag()?,
            is_sound: rest.flag()?,
        });
    }
    let n_present = rest.number()?;
    let fit = Fit { model, log_likelihood, history, iterations, converged, states, starts, n_present };
    rest.0.is_empty().then_some(fit)
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: usize) {
        self.0.extend_from_slice(&(number as u64).to_le_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    fn floats(&mut self, values: &[f64]) {
        self.0.extend(values.iter().flat_map(|value| value.to_bits().to_le_bytes()));
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.take()?)).ok()
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take::<1>()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn float(&mut self) -> Option<f64> {
        Some(f64::from_bits(u64::from_le_bytes(self.take()?)))
    }

    fn floats(&mut self, count: usize) -> Option<Vec<f64>> {
        if count > self.0.len() / size_of::<f64>() {
            return None;
        }
        (0..count).map(|_| self.float()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        FitOptions, Missing, Observations, Start, fit,
        testing::{companion, market},
    };

    fn fits() -> Vec<Fit> {
        let (one, two) = (market(120), companion(&market(120)));
        let options = |covariance| FitOptions {
            covariance,
            max_iterations: 20,
            ..FitOptions::new(3).with_starts(Start::first(4))
        };
        let single = Observations::univariate(&one, Missing::Skip).unwrap();
        let both = Observations::from_columns(&[&one, &two], Missing::Skip).unwrap();
        vec![
            fit(&single, &options(CovarianceForm::Diagonal)).unwrap(),
            fit(&both, &options(CovarianceForm::Diagonal)).unwrap(),
            fit(&both, &options(CovarianceForm::Full)).unwrap(),
        ]
    }

    #[test]
    fn a_fit_comes_back_to_the_bit() {
        let key = FitKey::of_bytes(b"a");
        for fit in fits() {
            assert_eq!(from_bytes(&key, &to_bytes(&key, &fit)), Some(fit));
        }
    }

    #[test]
    fn damage_and_foreign_keys_give_nothing() {
        let key = FitKey::of_bytes(b"a");
        let bytes = to_bytes(&key, &fits()[0]);
        assert_eq!(from_bytes(&FitKey::of_bytes(b"b"), &bytes), None);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(from_bytes(&key, &damaged), None, "byte {at}");
            assert_eq!(from_bytes(&key, &bytes[..at]), None, "cut at {at}");
        }
        assert_eq!(from_bytes(&key, &[&bytes[..], b"more"].concat()), None);
    }
}
