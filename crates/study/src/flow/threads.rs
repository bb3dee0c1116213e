//! Pools of threads, which rest between two pieces of work: to make one takes longer than a small computation.

use std::{
    mem, process,
    sync::{Mutex, TryLockError},
};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::StudyError;

/// The most pools that rest.
const MOST: usize = 4;

/// The pools that rest now.
static RESTING: Mutex<Resting> = Mutex::new(Resting { process: 0, pools: Vec::new() });

/// Pools that nobody uses.
struct Resting {
    /// The process that made them. A process that was forked off has their memory, but none of their threads.
    process: u32,
    pools: Vec<(usize, ThreadPool)>,
}

/// Do some work on a pool of this many threads. Nobody else works on it meanwhile: work that waits for other work never
/// finds it below itself on one stack.
///
/// # Errors
///
/// Those of the work; if no thread can be made.
pub fn on_threads<T: Send>(
    threads: usize,
    work: impl FnOnce() -> Result<T, StudyError> + Send,
) -> Result<T, StudyError> {
    let rested = resting(|resting| {
        let place = resting.pools.iter().position(|(count, _)| *count == threads)?;
        Some(resting.pools.remove(place).1)
    });
    let pool = match rested.flatten() {
        Some(pool) => pool,
        None => ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| StudyError::Internal { what: format!("no threads: {error}") })?,
    };
    // A pool whose work panics is dropped on the way, and rests no more.
    let result = pool.install(work);
    resting(|resting| {
        if resting.pools.len() == MOST {
            // The one that has rested longest.
            resting.pools.remove(0);
        }
        resting.pools.push((threads, pool));
    });
    result
}

/// Look at the pools of this process. `None` if another thread looks at them: it may be one that was there when this
/// process was forked off, and is no more.
fn resting<T>(look: impl FnOnce(&mut Resting) -> T) -> Option<T> {
    let mut resting = match RESTING.try_lock() {
        Ok(resting) => resting,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return None,
    };
    let own = process::id();
    if resting.process != own {
        // To drop them would be to wake threads that are not there.
        mem::forget(mem::take(&mut resting.pools));
        resting.process = own;
    }
    Some(look(&mut resting))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_pool_serves_one_piece_of_work_at_a_time() {
        for _ in 0..3 {
            let all = || {
                let own = rayon::broadcast(|_| thread::current().id());
                let worker = || Ok((rayon::current_num_threads(), thread::current().id()));
                let (count, other) = on_threads(3, worker)?;
                assert!(count == 3 && own.len() == 3 && !own.contains(&other));
                Ok(())
            };
            on_threads(3, all).unwrap();
        }
    }
}
