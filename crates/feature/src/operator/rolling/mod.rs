//! Operators over the last sessions of an instrument.
//!
//! To add one: an entry in the table of a file here; `order.rs` is the one to imitate.

mod extreme;
mod mean;
mod moment;
mod order;
mod regression;
mod shift;

use std::sync::Arc;

use backstaff_panel::Session;

use super::{ArgumentFault, Arguments, Binding, Bound, Documentation, Operator, Parameter, Signature};
use crate::{LookBack, kernel::Window};

/// How moments differ from those of others.
const RUNNING: &str = "pandas, and so Qlib, moves running sums along, which keep the rounding of what has left the window; here a \
                       window is computed by itself. A length of 0 begins with the instrument's first session, not with a \
                       query's";
/// How a window that grows differs from Qlib's.
const EXPANDING: &str =
    "a length of 0 begins with the instrument's first session; in Qlib with the first one of the query";
/// How lines differ from Qlib's.
const LINES: &str = "Qlib updates sums as the window moves, which cancel where prices are high and keep the rounding of what has \
                     left; here a window is computed by itself";

type Kernel = fn(&[f64], &[Session], Window, &mut [f64]);

/// A statistic of one series over a window: `Name(x, length, min=1)`.
#[derive(Clone, Copy)]
struct Rolling {
    documentation: Documentation,
    /// The shortest window that can have a value.
    shortest: usize,
    kernel: Kernel,
}

impl Operator for Rolling {
    fn documentation(&self) -> &Documentation {
        &self.documentation
    }

    fn signature(&self) -> &Signature {
        const SIGNATURE: Signature =
            Signature::new(&[Parameter::series("x"), Parameter::window(), Parameter::min()]);
        &SIGNATURE
    }

    fn bind(&self, arguments: &Arguments) -> Result<Binding, ArgumentFault> {
        let (length, kernel) = (arguments.count(0), self.kernel);
        if length != 0 && length < self.shortest {
            let message = format!("needs a window of at least {} sessions, not {length}", self.shortest);
            return Err(ArgumentFault::new("length", format!("`{}` {message}", self.documentation.name)));
        }
        let window = window(length, arguments.count(1))?;
        let work = move |inputs: &[&[f64]], sessions: &[Session], out: &mut [f64]| {
            kernel(inputs[0], sessions, window, out);
        };
        Ok(Bound::instrument(look_back(window), work).into())
    }
}

pub(super) fn operators() -> Vec<Arc<dyn Operator>> {
    let tables = [extreme::TABLE, mean::TABLE, moment::TABLE, order::TABLE, regression::TABLE];
    let mut all =
        tables.into_iter().flatten().map(|&entry| Arc::new(entry) as Arc<dyn Operator>).collect::<Vec<_>>();
    all.extend([
        Arc::new(mean::Mean) as Arc<dyn Operator>,
        Arc::new(order::Quantile),
        Arc::new(shift::Ref),
        Arc::new(shift::Delta),
    ]);
    all
}

/// The window of these parameters.
pub(super) fn window(length: usize, min: usize) -> Result<Window, ArgumentFault> {
    Window::new(length, min).map_err(|error| ArgumentFault::new("min", error.to_string()))
}

/// How far back a window reads.
pub(super) fn look_back(window: Window) -> LookBack {
    match window.length() {
        0 => LookBack::Recursive,
        length => LookBack::Sessions(length - 1),
    }
}
