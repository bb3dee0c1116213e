//! The proof must be able to fail: operators that look ahead are planted, and it must name them.

use std::sync::Arc;

use backstaff_feature::{
    Catalog, LookBack, Plan, Schema,
    operator::{
        ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, Registry, Signature,
    },
};
use backstaff_panel::{
    Encoding,
    testing::{MarketSpec, market},
};

use super::{Perturbation, compare_columns, perturb};

/// An operator that declares a look-back and reads the next row.
struct Peek;

static DOCUMENTATION: Documentation = Documentation {
    name: "Peek",
    version: 1,
    meaning: "The next session's value, under a false flag.",
    formula: "a[t + 1]",
    missing: "at the end",
    source: "nobody",
    differences: "",
    samples: &["Peek($close)"],
};

impl Operator for Peek {
    fn documentation(&self) -> &Documentation {
        &DOCUMENTATION
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[Parameter::series("a")]);
        &SIGNATURE
    }

    fn bind(&self, _: &Arguments) -> Result<Binding, ArgumentFault> {
        let work = |inputs: &[&[f64]], _: &[_], out: &mut [f64]| {
            let next = inputs[0].iter().copied().skip(1).chain([f64::NAN]);
            out.iter_mut().zip(next).for_each(|(out, next)| *out = next);
        };
        Ok(Bound::instrument(LookBack::Sessions(1), work).into())
    }
}

#[test]
fn a_planted_leak_is_named_with_its_column_and_date() {
    let panel = market(MarketSpec::default());
    let registry = Registry::standard().with(Arc::new(Peek)).unwrap();
    let catalog = Catalog::with_operators(registry)
        .with("honest", "Mean($close, 5)")
        .unwrap()
        .with("leaky", "Mean(Peek($close), 5)")
        .unwrap();
    let features = catalog.resolve(&["honest", "leaky"], &Schema::of(&panel)).unwrap();
    let plan = Plan::new(&features);
    let last = 200;
    let (axis, kept) = panel.axis().between(0..last + 1);
    let before = plan.compute(&panel, Encoding::F32, &()).unwrap();
    for perturbation in Perturbation::ALL {
        let changed = perturb(&panel, last, perturbation).unwrap();
        let after = plan.compute(&changed, Encoding::F32, &()).unwrap();
        let (_, changed_kept) = changed.axis().between(0..last + 1);
        let leak = |at: usize| {
            compare_columns(
                &axis,
                features[at].name(),
                &before[at].select(&kept),
                &after[at].select(&changed_kept),
            )
        };
        assert_eq!(leak(0), None, "{perturbation}");
        let leak = leak(1).unwrap_or_else(|| panic!("{perturbation} does not show the leak"));
        assert_eq!((leak.kind, leak.name.as_str()), ("column", "leaky"));
        assert_eq!(leak.session, axis.calendar().session(last).to_string(), "{perturbation}");
        assert!(leak.instrument.is_some() && leak.n_moved > 0);
    }
}
