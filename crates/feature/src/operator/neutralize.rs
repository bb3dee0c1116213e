//! Residuals of regressions across the instruments of a session.

use std::sync::Arc;

use super::{
    ArgumentFault, Arguments, Binding, Bound, CrossSection, Documentation, Operator, Parameter, Signature,
    cross_section::blank_small_groups,
};
use crate::kernel::cross_section::neutralize;

/// `CsNeutralize(x, y1, y2, y3, y4)`.
struct Neutralize;

impl Operator for Neutralize {
    fn documentation(&self) -> &Documentation {
        &DOCUMENTATION
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[
            Parameter::series("x"),
            Parameter::further_series("y1"),
            Parameter::further_series("y2"),
            Parameter::further_series("y3"),
            Parameter::further_series("y4"),
            Parameter::min(),
            Parameter::within(),
            Parameter::by(),
        ]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let min = arguments.count(0);
        let work = move |section: &CrossSection<'_>, scratch: &mut _, out: &mut [f64]| {
            neutralize(section.inputs, section.groups, scratch, out);
            if min > 1 {
                let complete = out.to_vec();
                blank_small_groups(&complete, section.groups, min, out);
            }
        };
        Ok(Bound::session(work).into())
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    vec![Arc::new(Neutralize)]
}

static DOCUMENTATION: Documentation = Documentation {
    name: "CsNeutralize",
    version: 1,
    meaning: "What of a feature is left beside exposures such as size, beta or the sector, in each session.",
    formula: "the residual of a least-squares regression of x across the session on an intercept (with `by`: one for \
              each group) and up to four exposures; without exposures x - mean",
    missing: "where x or an exposure is, outside `within`, without a group; everywhere in a session whose complete rows \
              are not more than the intercepts and exposures; below `min` complete members",
    source: "the regressions of Barra's risk models; numpy.linalg.lstsq",
    differences: "an exposure that is constant or a combination of earlier ones changes nothing, where lstsq shares the \
                  slope among them: the residual is the same",
    samples: &[
        "CsNeutralize($close / Ref($close, 5) - 1, Log($volume), by=sector)",
        "CsNeutralize($close / Ref($close, 1) - 1, Log($volume), $high / $low)",
        "CsNeutralize($close, $open, $high, $low, $volume, within=$volume > 3e5)",
        "CsNeutralize($close, by=sector, min=2)",
    ],
};
