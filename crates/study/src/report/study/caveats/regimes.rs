//! Caveats about regimes and their settings.

use backstaff_report::Caveat;

use super::Case;

/// The meaning of the comparison with constant exposures.
pub(super) fn constant(case: Case<'_>) -> Option<Caveat> {
    case.results.regimes.as_ref()?;
    Some(Caveat::note(
        "The comparison that counts is the one with constant exposures",
        "It holds what the strategy held on average, so it has the same share of stocks, bonds and cash. What is left is \
         timing. Its weights are known only afterwards: it is a yardstick, not something to trade.",
    ))
}

/// Several settings on the same sessions: the best of them is flattered by the choice.
pub(super) fn several_settings(case: Case<'_>) -> Option<Caveat> {
    let n = case.results.spread.len();
    (n > 1).then(|| {
        let text = format!(
            "{n} settings were run on the same sessions; the best of them is flattered by the choice. The spread is shown \
             whole below."
        );
        Caveat::caution("One history, several settings", text)
    })
}

/// Fits that ended at the most iterations rather than converge.
pub(super) fn unconverged(case: Case<'_>) -> Option<Caveat> {
    let instruments = case.results.regimes.iter().flat_map(|regimes| &regimes.instruments);
    let fits = instruments.flat_map(|instrument| &instrument.history.fits);
    let (all, odd) = fits.fold((0, 0), |(all, odd), fit| (all + 1, odd + usize::from(!fit.converged)));
    (odd > 0).then(|| {
        let text = format!("{odd} of {all} fits ended at the limit of iterations rather than by themselves.");
        Caveat::caution("Fits that did not converge", text)
    })
}
