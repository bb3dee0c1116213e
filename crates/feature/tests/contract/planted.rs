//! Operators that break a contract: each test must be seen to fail.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use backstaff_feature::{
    Catalog, LookBack,
    operator::{
        ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, Recursion, Registry,
        Requested, Signature,
    },
};
use backstaff_panel::Session;

use crate::subject::Subject;

struct Planted(fn() -> Bound);

static DOCUMENTATION: Documentation = Documentation {
    name: "Planted",
    version: 1,
    meaning: "Breaks a contract.",
    formula: "",
    missing: "",
    source: "",
    differences: "",
    samples: &["Planted($close)"],
};

impl Operator for Planted {
    fn documentation(&self) -> &Documentation {
        &DOCUMENTATION
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature = Signature::new(&[Parameter::series("x")]);
        &SIGNATURE
    }

    fn bind(&self, _: &Arguments) -> Result<Binding, ArgumentFault> {
        Ok(self.0().into())
    }
}

fn subject(bound: fn() -> Bound) -> Subject {
    let registry = Registry::standard().with(Arc::new(Planted(bound))).unwrap();
    let catalog = Catalog::with_operators(registry)
        .with("innocent", "Mean($close, 5)")
        .and_then(|catalog| catalog.with("planted", "Mean(Planted($close), 2)"));
    Subject::new(&catalog.unwrap(), &["innocent".into(), "planted".into()])
}

pub(crate) fn reads_the_next_session() -> Subject {
    subject(|| {
        Bound::instrument(LookBack::Sessions(0), |inputs, _, out| {
            for (t, out) in out.iter_mut().enumerate() {
                *out = inputs[0].get(t + 1).copied().unwrap_or(f64::NAN);
            }
        })
    })
}

/// A scale that is taken from the end of the history leaks in the last bits only.
pub(crate) fn reads_the_last_session() -> Subject {
    subject(|| {
        Bound::instrument(LookBack::Recursive, |inputs, _, out| {
            let pivot = inputs[0].iter().rev().copied().find(|value| value.is_finite()).unwrap_or(0.0);
            for (out, &value) in out.iter_mut().zip(inputs[0]) {
                *out = (value - pivot) + pivot;
            }
        })
    })
}

pub(crate) fn remembers_more_than_it_says() -> Subject {
    subject(|| {
        Bound::instrument(LookBack::Sessions(3), |inputs, _, out| {
            let mut sum = 0.0;
            for (t, out) in out.iter_mut().enumerate() {
                let present = |value: f64| if value.is_finite() { value } else { 0.0 };
                sum += present(inputs[0][t]);
                if t >= 3 {
                    sum -= present(inputs[0][t - 3]);
                }
                *out = sum;
            }
        })
    })
}

pub(crate) fn counts_its_calls() -> Subject {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    subject(|| {
        Bound::instrument(LookBack::Sessions(0), |_, _, out| {
            out.fill(f64::from(CALLS.fetch_add(1, Ordering::Relaxed)));
        })
    })
}

pub(crate) fn divides_by_all_rows() -> Subject {
    subject(|| {
        Bound::session(|section, _, out| {
            for (out, &value) in out.iter_mut().zip(section.inputs[0]) {
                *out = value / section.inputs[0].len() as f64;
            }
        })
    })
}

pub(crate) fn is_no_condition() -> Subject {
    let registry = Registry::standard()
        .with(Arc::new(Planted(|| Bound::rows(|inputs, out| out.copy_from_slice(inputs[0])).boolean())));
    let catalog = Catalog::with_operators(registry.unwrap()).with("planted", "Planted($close)");
    Subject::new(&catalog.unwrap(), &["planted".into()])
}

pub(crate) fn forgets_its_state() -> Subject {
    struct Forgetful;
    impl Recursion for Forgetful {
        fn start(&self) -> Vec<f64> {
            Vec::new()
        }

        fn run(&self, _: &mut Vec<f64>, inputs: &[&[f64]], _: &[Session], requested: &mut [Requested<'_>]) {
            let mut sum = 0.0;
            for (out, value) in requested[0].out.iter_mut().zip(inputs[0]) {
                sum += if value.is_nan() { 0.0 } else { *value };
                *out = sum;
            }
        }
    }
    subject(|| Bound::recursive(Forgetful))
}
