//! The workloads by name.

use std::{error::Error, fmt};

use crate::{kernel, pipeline};

/// What is counted, prepared and ready to go.
pub(crate) type Work<'a> = dyn FnMut() -> Result<(), Box<dyn Error>> + 'a;

/// A workload ready to go, or why it could not be prepared.
pub(crate) type Prepared = Result<Box<Work<'static>>, Box<dyn Error>>;

/// Where instructions count.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// In the function `measured` alone.
    Function,
    /// In the whole process: the work starts threads of its own, and valgrind counts inside a function by thread.
    Process,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Function => "function",
            Self::Process => "process",
        })
    }
}

/// One of the larger pieces.
pub(crate) struct Workload {
    /// The name by which it is asked for and stands in the baseline.
    pub name: &'static str,
    /// Where its instructions count.
    pub scope: Scope,
    /// Makes its inputs.
    pub prepare: fn() -> Prepared,
}

/// The names of all workloads with their scopes, in the order in which they are counted.
pub(crate) fn names() -> impl Iterator<Item = (&'static str, Scope)> {
    let kernels = kernel::NAMES.iter().map(|name| (*name, Scope::Function));
    kernels.chain(pipeline::WORKLOADS.iter().map(|workload| (workload.name, workload.scope)))
}

/// The workload of a name; `None` if there is none.
pub(crate) fn prepare(name: &str) -> Option<Prepared> {
    if kernel::NAMES.contains(&name) {
        return Some(kernel::prepare(name));
    }
    let workload = pipeline::WORKLOADS.iter().find(|workload| workload.name == name)?;
    Some((workload.prepare)())
}
