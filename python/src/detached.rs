//! Work without Python's lock, which Ctrl-C ends.

use std::{
    any::Any,
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use backstaff_study::{
    StudyError,
    progress::{Event, Observer, Outcome},
};
use pyo3::prelude::*;

use crate::error::exception;

/// The time between two questions whether the user has pressed Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(50);

/// What is heard of the work, and whether it was asked to stop.
#[derive(Debug, Default)]
struct Listener {
    is_cancelled: AtomicBool,
    heard: Mutex<Heard>,
}

/// What is heard of the work and was not shown yet.
#[derive(Debug, Default)]
struct Heard {
    /// The stages that have ended: the name, whether anything was computed, the seconds.
    ended: Vec<(&'static str, bool, f64)>,
    /// The stage that is being worked at, and the share of it that is done.
    now: Option<(String, f64)>,
}

impl Listener {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Show what was heard since the last time; what that or a signal raises.
    fn show(&self, py: Python<'_>, show: Option<&Py<PyAny>>) -> Option<PyErr> {
        let raised = py.check_signals();
        let Heard { ended, now } = mem::take(&mut *self.heard());
        let has_news = !ended.is_empty() || now.is_some();
        let shown = raised.and_then(|()| match show.filter(|_| has_news) {
            Some(show) => show.call1(py, (ended, now)).map(|_| ()),
            None => Ok(()),
        });
        shown.err()
    }
}

impl Observer for Listener {
    fn observe(&self, event: &Event<'_>) {
        let mut heard = self.heard();
        match event {
            Event::Started { stage, .. } => heard.now = Some(((*stage).to_owned(), 0.0)),
            Event::Advanced { stage, share, .. } => heard.now = Some(((*stage).to_owned(), *share)),
            Event::Finished(record) => {
                heard.ended.push((record.name, record.outcome == Outcome::Computed, record.seconds));
                heard.now = None;
            }
            _ => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
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
    shown(py, None, work)
}

/// The same, while `show` is called with the stages that have ended and the one that is being worked at.
///
/// # Errors
///
/// Those of [`detached`], and what `show` raises.
pub(crate) fn shown<T: Send>(
    py: Python<'_>,
    show: Option<&Py<PyAny>>,
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
                    raised = Python::attach(|py| listener.show(py, show));
                    listener.is_cancelled.store(raised.is_some(), Ordering::Relaxed);
                }
            }
            (worker.join(), raised)
        })
    });
    if let Some(raised) = raised.or_else(|| listener.show(py, show)) {
        return Err(raised);
    }
    let outcome = outcome.unwrap_or_else(|panic| Err(StudyError::Internal { what: said(&*panic) }));
    outcome.map_err(|error| exception(&error))
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}
