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
    /// What a plan may rely on to hold less in memory.
    pub(crate) form: Form,
    /// Which part of a family this is, if several computations share one walk.
    pub family: Option<Family>,
    /// The computation.
    pub work: Work,
}

/// What is known of the values of a computation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Nothing.
    General,
    /// Each depends on one other row, and at most its own.
    Shift,
    /// Each is the last of what was published by its session, found without going through what was published earlier.
    Newest,
    /// All rows of a session have one, or with groups all rows of a group of it.
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
    /// Which member this is.
    pub member: Member,
}

/// A member of a family.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Member {
    /// Its number.
    pub index: usize,
    /// A parameter of its own, such as the share of a quantile.
    pub parameter: f64,
}

/// A series that is asked of a computation: which one, and where it goes.
#[derive(Debug)]
pub struct Requested<'a> {
    /// Which member of the family.
    pub member: Member,
    /// One value for each row.
    pub out: &'a mut [f64],
}

/// How a computation walks over the panel.
pub enum Work {
    /// A value depends on the inputs of its own row: inputs, out.
    Rows(Box<RowsWork>),
    /// A value depends on the rows of its own instrument: inputs, sessions of the rows, out.
    Instrument(Box<InstrumentWork>),
    /// The same, for computations that carry on from a state.
    Recursive(Box<dyn Recursion>),
    /// A value depends on the rows of its own session: inputs, scratch, out.
    Session(Box<SessionWork>),
    /// A value depends on what was published about the instrument up to its own session: there are no inputs.
    Facts {
        /// Which facts it reads, without `$$`.
        names: Vec<Arc<str>>,
        /// What was published of each of them, sessions of the rows, out.
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

/// One session's rows, in the order of the instruments.
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
    /// Which of the rows is that of an instrument, if it has one in this session.
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

    /// The same computation as a member of a family.
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

    /// The same computation with conditions as its result.
    pub fn boolean(self) -> Self {
        Self { output: ValueType::Boolean, ..self }
    }

    /// The same computation, which gives all rows of a session, or of a group of it, one value: it writes one for each
    /// group, by its code, or a single one where there are no groups.
    pub(crate) fn common(self) -> Self {
        Self { form: Form::Common, ..self }
    }

    /// The same computation, which reads one other row, and at most its own.
    pub(crate) fn shift(self) -> Self {
        Self { form: Form::Shift, ..self }
    }

    /// The same computation, which finds the newest of what was published.
    pub(crate) fn newest(self) -> Self {
        Self { form: Form::Newest, ..self }
    }

    /// The same computation, over fiscal quarters only.
    pub(crate) fn of_quarters(self) -> Self {
        Self { of_quarters: true, ..self }
    }

    /// The same computation, reading this many later sessions.
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
