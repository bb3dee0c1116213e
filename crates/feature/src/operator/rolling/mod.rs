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

use super::{
    ArgumentFault, Arguments, Binding, Bound, Documentation, Family, Member, Operator, Parameter, Requested,
    Signature,
};
use crate::{
    LookBack,
    kernel::{
        Asked, Window,
        rolling::{self, Line, Order, Shape, Spread, Total},
    },
};

/// The difference of moments from those of pandas and Qlib.
const RUNNING: &str = "pandas, and so Qlib, moves running sums along, which keep the rounding of what has left the window; here a \
                       window is computed by itself. A length of 0 begins with the instrument's first session, not with a \
                       query's";
/// The difference of a growing window from Qlib's.
const EXPANDING: &str =
    "a length of 0 begins with the instrument's first session; in Qlib with the first one of the query";
/// The difference of lines from Qlib's.
const LINES: &str = "Qlib updates sums as the window moves, which cancel where prices are high and keep the rounding of what has \
                     left; here a window is computed by itself";

type Kernel = fn(&[f64], &[Session], Window, &mut [f64]);

/// A statistic of one series over a window: `Name(x, length, min=1)`.
#[derive(Clone, Copy)]
struct Rolling {
    documentation: Documentation,
    /// The shortest window that can have a value.
    shortest: usize,
    statistic: Statistic,
}

/// The statistic, and the family that it is computed with.
#[derive(Clone, Copy)]
enum Statistic {
    Alone(Kernel),
    Total(Total),
    Spread(Spread),
    Shape(Shape),
    Line(Line),
    Order(Order),
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
        let length = arguments.count(0);
        if length != 0 && length < self.shortest {
            let message = format!("needs a window of at least {} sessions, not {length}", self.shortest);
            return Err(ArgumentFault::new("length", format!("`{}` {message}", self.documentation.name)));
        }
        let window = window(length, arguments.count(1))?;
        let bound = match self.statistic {
            Statistic::Alone(kernel) => Bound::instrument(look_back(window), move |inputs, sessions, out| {
                kernel(inputs[0], sessions, window, out);
            }),
            Statistic::Total(total) => {
                family("total", &[Total::Sum, Total::Mean], total, window, rolling::totals)
            }
            Statistic::Spread(spread) => {
                family("spread", &[Spread::Variance, Spread::Std], spread, window, rolling::spreads)
            }
            Statistic::Shape(shape) => {
                family("shape", &[Shape::Skew, Shape::Kurt], shape, window, rolling::shapes)
            }
            Statistic::Order(order) => order::ordered(order, window),
            Statistic::Line(line) => {
                family("line", &[Line::Slope, Line::Rsquare, Line::Residual], line, window, rolling::lines)
            }
        };
        Ok(bound.into())
    }
}

/// A statistic of one series whose family is summed in one walk, for windows of all lengths.
fn family<S: Copy + PartialEq + Send + Sync>(
    name: &str,
    all: &'static [S],
    statistic: S,
    window: Window,
    kernel: fn(&[f64], &[Session], &mut [Asked<'_, S>]),
) -> Bound {
    Bound::family(
        look_back(window),
        member(name, all, statistic, window),
        move |inputs, sessions, requested| {
            kernel(inputs[0], sessions, &mut asked(all, window, requested));
        },
    )
}

/// The statistic of this window as a member of the family of all windows that need as many observations.
pub(super) fn member<S: Copy + PartialEq>(name: &str, all: &[S], statistic: S, window: Window) -> Family {
    // Expanding windows have families of their own, because they read all rows.
    let kind = if window.is_expanding() { "expanding" } else { "rolling" };
    let index = all.iter().position(|other| *other == statistic).unwrap_or_default();
    Family {
        name: format!("{kind} {name}, min={}", window.min_observations()),
        member: Member { index, parameter: window.length() as f64 },
    }
}

/// The windows and statistics that the members of a family ask of the kernel; `window` is that of one of them.
pub(super) fn asked<'a, S: Copy>(
    all: &[S],
    window: Window,
    requested: &'a mut [Requested<'_>],
) -> Vec<Asked<'a, S>> {
    let asked = |requested: &'a mut Requested<'_>| {
        let Member { index, parameter } = requested.member;
        let window = Window::new(parameter as usize, window.min_observations());
        let window = window.expect("each member has checked its window");
        Asked { window, statistic: all[index], out: &mut *requested.out }
    };
    requested.iter_mut().map(asked).collect()
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
