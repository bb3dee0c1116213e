//! A computation with its parameters fixed.

use std::fmt;

use backstaff_panel::Session;

use crate::{LookBack, Type, kernel::cross_section::Scratch};

/// A computation over series, with its parameters fixed.
#[derive(Debug)]
pub struct Bound {
    /// How many earlier sessions of its inputs a value reads.
    pub look_back: LookBack,
    /// How many later sessions of its inputs a value reads; only labels may.
    pub look_ahead: usize,
    /// The type of the result.
    pub output: Type,
    /// Whether the input after the series says who takes part; set by the call.
    pub(crate) has_universe: bool,
    /// The computation.
    pub work: Work,
}

/// How a computation walks over the panel.
pub enum Work {
    /// A value depends on the inputs of its own row: inputs, out.
    Rows(Box<RowsWork>),
    /// A value depends on the rows of its own instrument: inputs, sessions of the rows, out.
    Instrument(Box<InstrumentWork>),
    /// A value depends on the rows of its own session: inputs, scratch, out.
    Session(Box<SessionWork>),
}

type RowsWork = dyn Fn(&[&[f64]], &mut [f64]) + Send + Sync;
type InstrumentWork = dyn Fn(&[&[f64]], &[Session], &mut [f64]) + Send + Sync;
type SessionWork = dyn Fn(&CrossSection<'_>, &mut Scratch, &mut [f64]) + Send + Sync;

/// One session's rows, in the order of the instruments.
#[derive(Clone, Copy, Debug)]
pub struct CrossSection<'a> {
    /// The input series; NaN outside the universe.
    pub inputs: &'a [&'a [f64]],
    /// The group of each row, if there are groups.
    pub groups: Option<&'a [u32]>,
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
        Self::new(look_back, Work::Instrument(Box::new(work)))
    }

    /// A number for each row from the rows of its session.
    pub fn session(
        work: impl Fn(&CrossSection<'_>, &mut Scratch, &mut [f64]) + Send + Sync + 'static,
    ) -> Self {
        Self::new(LookBack::Sessions(0), Work::Session(Box::new(work)))
    }

    fn new(look_back: LookBack, work: Work) -> Self {
        Self { look_back, look_ahead: 0, output: Type::Number, has_universe: false, work }
    }

    /// The same computation with conditions as its result.
    pub fn boolean(self) -> Self {
        Self { output: Type::Boolean, ..self }
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
            Self::Session(_) => "Session",
        })
    }
}
