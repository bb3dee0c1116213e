//! Interruptions: Ctrl-C, and the request to end that the system sends (SIGTERM).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    arguments::{Command, regime::RegimeCommand},
    exit,
    terminal::say,
};

/// The time that a command has to finish what it is at: whoever sends SIGTERM kills after ten seconds.
const GRACE: Duration = Duration::from_secs(8);

/// The same for a command of whose work nothing is kept before it is whole.
const SHORT_GRACE: Duration = Duration::from_millis(500);

/// Whether the program was asked to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listen for signals.
    pub(crate) fn listen(command: &Command) -> Self {
        let stop = Self::default();
        let (asked, keeps_work) = (stop.clone(), keeps_work(command));
        if ctrlc::set_handler(move || asked.ask(keeps_work)).is_err() {
            say("warning: interruptions are not handled");
        }
        stop
    }

    /// Whether the program was asked to stop.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn ask(&self, keeps_work: bool) {
        if self.0.swap(true, Ordering::SeqCst) {
            leave();
        }
        if keeps_work {
            say("stopping after what is being computed now; press again to stop at once");
        }
        let grace = if keeps_work { GRACE } else { SHORT_GRACE };
        thread::spawn(move || {
            thread::sleep(grace);
            leave();
        });
    }
}

/// Whether what a command has finished before it is stopped is kept.
fn keeps_work(command: &Command) -> bool {
    match command {
        Command::Regime(regime) => matches!(regime.command, RegimeCommand::Report { .. }),
        Command::Run(_)
        | Command::Demo
        | Command::Update(_)
        | Command::Precompute(_)
        | Command::Orders(_)
        | Command::Report(_)
        | Command::Prove(_)
        | Command::Bench(_)
        | Command::Shard(_)
        | Command::Db(_) => true,
        Command::Init(_)
        | Command::Compute(_)
        | Command::Features(_)
        | Command::Factor(_)
        | Command::Qrun(_)
        | Command::Qlib(_)
        | Command::Runs(_)
        | Command::Compare(_)
        | Command::Status(_)
        | Command::Why(_)
        | Command::Cache(_)
        | Command::Schema { .. }
        | Command::Completions { .. } => false,
    }
}

/// Leave at once: nothing half-written can be seen, so that is safe.
#[expect(clippy::exit, reason = "who interrupts twice, or waits in vain, does not want to wait")]
fn leave() -> ! {
    std::process::exit(exit::INTERRUPTED.into())
}
