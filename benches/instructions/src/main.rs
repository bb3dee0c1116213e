//! One workload by name, so that valgrind can count its instructions: `backstaff-instructions [NAME]`.
//!
//! Without a name it lists the workloads. Inputs come from the seeded generator or from the bundled data. All work is
//! done by one thread, and what prepares it lies outside [`measured`], the function in which valgrind counts
//! (`benches/instructions/gate.py` says how).

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench lists its workloads")]

mod kernel;
mod pipeline;
mod workload;

use std::{error::Error, hint::black_box, process::ExitCode};

use workload::Work;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(name) = std::env::args().nth(1) else {
        for (name, scope) in workload::names() {
            println!("{name} {scope}");
        }
        return Ok(ExitCode::SUCCESS);
    };
    // The main thread is the pool: valgrind counts inside a function by thread.
    rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global()?;
    let Some(work) = workload::prepare(&name) else {
        eprintln!("there is no workload {name}; without a name I list them");
        return Ok(ExitCode::FAILURE);
    };
    measured(&mut *work?)?;
    Ok(ExitCode::SUCCESS)
}

/// The function in which valgrind counts; it must not become part of its caller, nor end in a jump.
#[inline(never)]
fn measured(work: &mut Work<'_>) -> Result<(), Box<dyn Error>> {
    let done = work();
    black_box(&done);
    done
}
