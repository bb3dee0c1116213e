//! The price at which orders are executed.

/// At which price of the next session orders are executed. The session of the signal is never on offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Execution {
    /// The opening price of the next session.
    #[default]
    NextOpen,
    /// The closing price of the next session.
    NextClose,
}
