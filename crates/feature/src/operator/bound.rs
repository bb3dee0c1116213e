//! A computation with its parameters fixed.

use std::{fmt, sync::Arc};

use backstaff_panel::{Axis, Fact, Session};

use crate::{LookBack, ValueType, kernel::cross_section::Scratch};

/// A computation over series, with its parameters fixed.
#[derive(Debug)]
pub struct Bound {
    /// How many earlier sessions of its inputs a value reads.
    pub look_back: LookBack,
    /// How many later sessions of its inputs a value reads; only labels may.
    pub look_ahead: usize,
    /// The type of the result.
    pub output: ValueType,
    /// Whether the input after the series says who takes part; set by the call.
    pub(crate) has_universe: bool,
    /// Whether the rows must be fiscal quarters.
    pub(crate) of_quarters: bool,
    /// The property of the values that lets a plan hold less in memory.
    pub(crate) form: Form,
    /// The family that shares one walk, and this computation's place in it; `None`: the computation is alone.
    pub family: Option<Family>,
    /// The computation itself.
    pub work: Work,
}

/// A property of the values of a computation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Nothing is known of the values.
    General,
    /// Each value depends on one other row, and at most its own.
    Shift,
    /// Each value is the last one published by its session, and earlier publications need not be read to find it.
    Newest,
    /// All rows of a session have one value, or with groups all rows of a group of it.
    Common,
}

/// Computations that share one walk over their inputs: the outputs of one indicator, or statistics of one window.
///
/// Members with equal names over equal inputs are computed together by the work of any of them. A member's values must
/// have the same bits whichever others are asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Family {
    /// Spells out everything that the members share: what is computed, and with which parameters.
    pub name: String,
    /// The member that this computation is.
    pub member: Member,
}

/// A member of a family.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Member {
    /// The number of the member in its family.
    pub index: usize,
    /// A parameter of the member, such as the share of a quantile.
    pub parameter: f64,
}

/// A series that a computation has to give: which member of its family, and where it goes.
#[derive(Debug)]
pub struct Requested<'a> {
    /// The member of the family.
    pub member: Member,
    /// The values, one for each row.
    pub out: &'a mut [f64],
}

/// The walk of a computation over the panel, and its work on the way.
pub enum Work {
    /// A value depends on the inputs of its own row: inputs, out.
    Rows(Box<RowsWork>),
    /// A value depends on the rows of its own instrument: inputs, sessions of the rows, out.
    Instrument(Box<InstrumentWork>),
    /// A value depends on the rows of its own instrument, through a state.
    Recursive(Box<dyn Recursion>),
    /// A value depends on the rows of its own session: inputs, scratch, out.
    Session(Box<SessionWork>),
    /// A value depends on what was published about the instrument up to its own session: there are no inputs.
    Facts {
        /// The names of the facts, without `$$`.
        names: Vec<Arc<str>>,
        /// The publications of each fact, sessions of the rows, out.
        work: Box<FactsWork>,
    },
}

type RowsWork = dyn Fn(&[&[f64]], &mut [f64]) + Send + Sync;
type InstrumentWork = dyn Fn(&[&[f64]], &[Session], &mut [Requested<'_>]) + Send + Sync;
type FactsWork = dyn Fn(&[&[Fact]], &[Session], &mut [f64]) + Send + Sync;
type SessionWork = dyn Fn(&CrossSection<'_>, &mut Scratch, &mut [f64]) + Send + Sync;

/// A computation whose value depends on all rows of an instrument so far, through a state.
///
/// Cutting the rows in two, and going on with the state that the first part left, gives the bits of one run.
pub trait Recursion: Send + Sync {
    /// The state before the first row: numbers that say all about the rows so far. Its length may change as rows come.
    fn start(&self) -> Vec<f64>;

    /// Take more rows: inputs, sessions of the rows, and what is asked for. The state must not depend on what is.
    fn run(
        &self,
        state: &mut Vec<f64>,
        inputs: &[&[f64]],
        sessions: &[Session],
        requested: &mut [Requested<'_>],
    );
}

/// The rows of one session, in the order of the instruments.
#[derive(Clone, Copy, Debug)]
pub struct CrossSection<'a> {
    /// The input series; NaN outside the universe.
    pub inputs: &'a [&'a [f64]],
    /// The group of each row, if there are groups.
    pub groups: Option<&'a [u32]>,
    /// Whose rows they are.
    pub(crate) axis: &'a Axis,
    /// The position of the session in the calendar.
    pub(crate) position: usize,
}

impl CrossSection<'_> {
    /// The row of an instrument, if it has one in this session.
    pub fn row_of(&self, instrument: &str) -> Option<usize> {
        let row = self.axis.row(self.axis.find(instrument)?, self.position)?;
        self.axis.by_session().rows(self.position).binary_search(&u32::try_from(row).ok()?).ok()
    }
}

impl Bound {
    /// A number for each row from the same row of the inputs.
    pub fn rows(work: impl Fn(&[&[f64]], &mut [f64]) + Send + Sync + 'static) -> Self {
        Self::new(LookBack::Sessions(0), Work::Rows(Box::new(work)))
    }

    /// A number for each row from the rows of its instrument.
    pub fn instrument(
        look_back: LookBack,
        work: impl Fn(&[&[f64]], &[Session], &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        let one = move |inputs: &[&[f64]], sessions: &[Session], requested: &mut [Requested<'_>]| {
            for requested in requested {
                work(inputs, sessions, requested.out);
            }
        };
        Self::new(look_back, Work::Instrument(Box::new(one)))
    }

    /// Numbers for each row from the rows of its instrument, for several members of a family in one walk.
    pub fn family(
        look_back: LookBack,
        family: Family,
        work: impl Fn(&[&[f64]], &[Session], &mut [Requested<'_>]) + Send + Sync + 'static,
    ) -> Self {
        Self { family: Some(family), ..Self::new(look_back, Work::Instrument(Box::new(work))) }
    }

    /// A number for each row from all rows of its instrument so far, through a state.
    pub fn recursive(recursion: impl Recursion + 'static) -> Self {
        Self::new(LookBack::Recursive, Work::Recursive(Box::new(recursion)))
    }

    /// Make the computation a member of a family.
    pub fn in_family(self, family: Family) -> Self {
        Self { family: Some(family), ..self }
    }

    /// A number for each row from the rows of its session; made common, one for each group of the session.
    pub fn session(
        work: impl Fn(&CrossSection<'_>, &mut Scratch, &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        Self::new(LookBack::Sessions(0), Work::Session(Box::new(work)))
    }

    /// A number for each row from what was published about its instrument up to its session.
    pub fn facts(
        names: Vec<Arc<str>>,
        work: impl Fn(&[&[Fact]], &[Session], &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        Self::new(LookBack::Sessions(0), Work::Facts { names, work: Box::new(work) })
    }

    /// Ask for this computation's own values.
    pub(crate) fn request<'a>(&self, out: &'a mut [f64]) -> Requested<'a> {
        let member = self.family.as_ref().map_or(Member { index: 0, parameter: 0.0 }, |family| family.member);
        Requested { member, out }
    }

    fn new(look_back: LookBack, work: Work) -> Self {
        Self {
            look_back,
            look_ahead: 0,
            output: ValueType::Number,
            has_universe: false,
            of_quarters: false,
            form: Form::General,
            family: None,
            work,
        }
    }

    /// Declare that the results are conditions.
    pub fn boolean(self) -> Self {
        Self { output: ValueType::Boolean, ..self }
    }

    /// Declare that all rows of a session, or of a group of it, have one value: the work then writes one for each
    /// group, by its code, or a single one where there are no groups.
    pub(crate) fn common(self) -> Self {
        Self { form: Form::Common, ..self }
    }

    /// Declare that a value reads one other row, and at most its own.
    pub(crate) fn shift(self) -> Self {
        Self { form: Form::Shift, ..self }
    }

    /// Declare that a value is the newest publication.
    pub(crate) fn newest(self) -> Self {
        Self { form: Form::Newest, ..self }
    }

    /// Declare that the rows must be fiscal quarters.
    pub(crate) fn of_quarters(self) -> Self {
        Self { of_quarters: true, ..self }
    }

    /// Declare that a value reads this many later sessions.
    pub fn ahead(self, look_ahead: usize) -> Self {
        Self { look_ahead, ..self }
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rows(_) => "Rows",
            Self::Instrument(_) => "Instrument",
            Self::Recursive(_) => "Recursive",
            Self::Session(_) => "Session",
            Self::Facts { .. } => "Facts",
        })
    }
}
