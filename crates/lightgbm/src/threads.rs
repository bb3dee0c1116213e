//! How many threads a call uses, and what may run beside it.
//!
//! OpenMP keeps a pool of workers for each thread that ever opened a team. Two such pools on the same cores spin
//! against each other: training from a second thread was measured at half the speed. So one thread of ours, started
//! when first needed, is the only one that opens teams. Besides, LightGBM keeps the number of threads in a global
//! variable, so calls on one thread and calls on several must never overlap: the [`Gate`] sees to that.

use std::{
    num::NonZeroUsize,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{LightGbmError, ffi::Api};

/// How many threads one call into LightGBM may use. The result is the same for any number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threads(NonZeroUsize);

impl Threads {
    /// One thread, the caller's: any number of such calls run at the same time.
    pub const ONE: Self = Self(NonZeroUsize::MIN);

    /// Up to `n` threads: the call waits until all others are done, and they wait for it.
    pub const fn new(n: NonZeroUsize) -> Self {
        Self(n)
    }

    /// The number of threads.
    pub const fn count(self) -> usize {
        self.0.get()
    }

    /// Do `work` with this many threads.
    ///
    /// `work` must neither wait for another call of this kind nor hand work to other threads.
    pub(crate) fn run<T: Send>(
        self,
        api: &'static Api,
        work: impl FnOnce() -> Result<T, LightGbmError> + Send,
    ) -> Result<T, LightGbmError> {
        static GATE: Gate = Gate::new();
        if self == Self::ONE {
            let _pass = GATE.share(|| api.set_max_threads(1));
            api.silence();
            work()
        } else {
            team_thread()?.install(|| {
                let _pass = GATE.own(|| api.set_max_threads(self.count()));
                api.silence();
                work()
            })
        }
    }
}

/// The one thread that opens OpenMP teams.
fn team_thread() -> Result<&'static ThreadPool, LightGbmError> {
    static POOL: OnceLock<Result<ThreadPool, String>> = OnceLock::new();
    POOL.get_or_init(|| {
        ThreadPoolBuilder::new()
            .num_threads(1)
            .thread_name(|_| "lightgbm".to_owned())
            .build()
            .map_err(|error| error.to_string())
    })
    .as_ref()
    .map_err(|message| LightGbmError::Thread { message: message.clone() })
}

/// Lets either any number of sharers in, or one owner.
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    sharers: usize,
    owned: bool,
    waiting_owners: usize,
}

/// Entry through a [`Gate`], given back when dropped.
struct Pass<'a>(&'a Gate);

impl Gate {
    const fn new() -> Self {
        Self {
            state: Mutex::new(State { sharers: 0, owned: false, waiting_owners: 0 }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Enter beside others; `first` runs before the first of them starts.
    fn share(&self, first: impl FnOnce()) -> Pass<'_> {
        let mut state = self.lock();
        while state.owned || state.waiting_owners > 0 {
            state = self.wait(state);
        }
        if state.sharers == 0 {
            first();
        }
        state.sharers += 1;
        Pass(self)
    }

    /// Enter alone; `first` runs before the work starts.
    fn own(&self, first: impl FnOnce()) -> Pass<'_> {
        let mut state = self.lock();
        state.waiting_owners += 1;
        while state.owned || state.sharers > 0 {
            state = self.wait(state);
        }
        state.waiting_owners -= 1;
        state.owned = true;
        first();
        Pass(self)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if state.owned {
            state.owned = false;
        } else {
            state.sharers -= 1;
        }
        drop(state);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    #[test]
    fn an_owner_is_always_alone() {
        let gate = Gate::new();
        let (inside, setups) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (gate, inside, setups) = (&gate, &inside, &setups);
                scope.spawn(move || {
                    for _ in 0..500 {
                        if n < 2 {
                            let _pass = gate.own(|| {
                                setups.fetch_add(1, SeqCst);
                            });
                            assert_eq!(inside.fetch_add(1, SeqCst), 0);
                            inside.fetch_sub(1, SeqCst);
                        } else {
                            let _pass = gate.share(|| ());
                            inside.fetch_add(1, SeqCst);
                            std::thread::yield_now();
                            inside.fetch_sub(1, SeqCst);
                        }
                    }
                });
            }
        });
        assert_eq!(setups.load(SeqCst), 1000);
        assert_eq!(inside.load(SeqCst), 0);
    }
}
