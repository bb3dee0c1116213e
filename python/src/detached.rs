//! Work without Python's lock, which Ctrl-C ends.

use std::{
    any::Any,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use backstaff_study::{
    StudyError,
    progress::{Event, Observer},
};
use pyo3::prelude::*;

use crate::error::exception;

/// The time between two questions whether the user has pressed Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(50);

/// Whether the work was asked to stop.
#[derive(Debug, Default)]
struct Listener(AtomicBool);

impl Observer for Listener {
    fn observe(&self, _: &Event<'_>) {}

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Do some work on another thread, while this one waits without Python's lock and looks for signals, whose handlers
/// Python runs on its main thread alone.
///
/// # Errors
///
/// Those of the work; what a handler of a signal raises, such as `KeyboardInterrupt`, once the work has ended.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&dyn Observer) -> Result<T, StudyError> + Send,
) -> PyResult<T> {
    let listener = Listener::default();
    let (outcome, raised) = py.detach(|| {
        thread::scope(|scope| {
            let (done, waiting) = mpsc::channel::<()>();
            let listener = &listener;
            let worker = scope.spawn(move || {
                // Dropped when the work ends, however it ends.
                let _done = done;
                work(listener)
            });
            let mut raised = None;
            while waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                if raised.is_none() {
                    raised = Python::attach(signal);
                    listener.0.store(raised.is_some(), Ordering::Relaxed);
                }
            }
            (worker.join(), raised)
        })
    });
    if let Some(raised) = raised {
        return Err(raised);
    }
    let outcome = outcome.unwrap_or_else(|panic| Err(StudyError::Internal { what: said(&*panic) }));
    outcome.map_err(|error| exception(&error))
}

/// What a handler of a signal raises, if a signal has come.
fn signal(py: Python<'_>) -> Option<PyErr> {
    py.check_signals().err()
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}
