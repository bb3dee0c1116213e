//! A history in pieces, each going on from the states that the one before left.

use std::ops::Range;

use backstaff_panel::{Column, Encoding, Panel};

use super::{Plan, Progress, ResumeFrom, States};
use crate::FeatureError;

/// A piece of a history, computed as an append would compute it.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// The sessions that the piece was computed from: its own, and before them those that its features look back on.
    pub panel: &'a Panel,
    /// The position of the panel's first session in the calendar of the whole.
    pub first: usize,
    /// The piece's own sessions, as positions in the calendar of the whole; values of the others mean nothing.
    pub sessions: Range<usize>,
    /// The columns of the panel's rows, one for each feature, in their order.
    pub columns: &'a [Column],
}

impl Plan {
    /// Compute a history in pieces that end at these cuts (ascending positions of the panel's calendar) and at its end.
    ///
    /// Each piece sees no later session, and of the earlier ones only those that [`Feature::carry`] says it must read;
    /// the rest it knows through the states that the piece before left. So the pieces' own sessions have the bits of a
    /// computation of the whole, or some operator keeps a state that does not say all: for proofs and tests.
    ///
    /// ```
    /// use backstaff_feature::{Catalog, FeatureError, Plan, Schema};
    /// use backstaff_panel::{Encoding, testing};
    ///
    /// let panel = testing::market(testing::MarketSpec { mortal: 0.0, ..testing::MarketSpec::default() });
    /// let catalog = Catalog::new().with("smooth", "EMA($close, 20) / Ref($close, 5)")?;
    /// let plan = Plan::new(&catalog.resolve(&["smooth"], &Schema::of(&panel))?);
    /// let whole = &plan.compute(&panel, Encoding::F64, &())?[0];
    /// plan.in_pieces(&panel, Encoding::F64, &(), &[20, 40], |piece| {
    ///     for position in piece.sessions {
    ///         let here = piece.panel.axis().row(0, position - piece.first).map(|row| piece.columns[0].get(row));
    ///         let there = panel.axis().row(0, position).map(|row| whole.get(row));
    ///         assert_eq!(here.map(f64::to_bits), there.map(f64::to_bits));
    ///     }
    ///     Ok::<(), FeatureError>(())
    /// })?;
    /// # Ok::<(), FeatureError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the panel lacks a column that a feature reads; those of `take`.
    ///
    /// # Panics
    ///
    /// If a feature can't go on from a cut ([`Feature::carry`] is `None`).
    ///
    /// [`Feature::carry`]: crate::Feature::carry
    pub fn in_pieces<E: From<FeatureError>>(
        &self,
        panel: &Panel,
        encoding: Encoding,
        progress: &dyn Progress,
        cuts: &[usize],
        mut take: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let reads = self.append_reads.expect("every feature can go on from a cut");
        let mut states = None::<Vec<States>>;
        let mut start = 0;
        for end in cuts.iter().copied().chain([panel.axis().n_sessions()]) {
            let first = panel.axis().back(start, reads);
            let part = panel.between(first..end);
            let from = states.as_deref().map(|states| ResumeFrom { position: start - first, states });
            let resumed = self.resume(&part, encoding, progress, from, &[end - first])?;
            take(Piece { panel: &part, first, sessions: start..end, columns: &resumed.columns })?;
            states = resumed.states.into_iter().next();
            start = end;
        }
        Ok(())
    }
}
