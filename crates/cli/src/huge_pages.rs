//! Large pages for large arrays.
//!
//! Columns of a whole market are hundreds of megabytes; given out in pages of 4 kB, a third of the time of a computation
//! went into the system's page faults. The C library asks the system for pages of 2 MB if its environment says so, and
//! it reads that only when a program starts: so the program starts itself once more.

/// The environment variable from which the C library takes its settings when a program starts, and the settings. `None`
/// where the system chooses the size of pages itself.
///
/// Pages of 2 MB, and blocks of up to 32 MB from memory that is kept for the next ones: given back and taken again, each
/// page would be cleared again. The padding is that of a whole heap of a thread (64 MB), which would be given back each
/// time that its last block goes, thousands of times if that block lies at its edge.
pub const VARIABLE: Option<(&str, &str)> = if cfg!(all(target_os = "linux", target_env = "gnu")) {
    Some((
        "GLIBC_TUNABLES",
        "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:\
         glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=67108864",
    ))
} else {
    None
};

/// Start the program again with large pages, unless that has been done or the user has settings of their own. If that
/// fails, the program goes on with small pages.
#[cfg(unix)]
pub fn ask() {
    use std::os::unix::process::CommandExt as _;

    let Some((variable, settings)) = VARIABLE.filter(|(name, _)| std::env::var_os(name).is_none()) else {
        return;
    };
    if let Ok(program) = std::env::current_exe() {
        let mut again = std::process::Command::new(program);
        if let Some(name) = std::env::args_os().next() {
            again.arg0(name);
        }
        // Returns only if it fails.
        let _ = again.args(std::env::args_os().skip(1)).env(variable, settings).exec();
    }
}

/// Other systems choose the size of pages themselves.
#[cfg(not(unix))]
pub fn ask() {}
