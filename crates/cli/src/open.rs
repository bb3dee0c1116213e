//! A page in the browser of the system.

use std::{
    io::ErrorKind,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// The program that opens a file with what the user has chosen for its kind.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// How long an opener may take to say that it can't; one that stays longer has become the browser.
const PATIENCE: (u32, Duration) = (20, Duration::from_millis(50));

/// Open a page in the browser; else the reason why not.
pub(crate) fn open(page: &Path) -> Result<(), String> {
    let quiet = Stdio::null;
    let started = Command::new(OPENER).arg(page).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    let mut opener = started.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            format!("there is no {OPENER} here to open it with; open {} yourself", page.display())
        }
        _ => format!("{OPENER} can't be started: {error}"),
    })?;
    let (tries, pause) = PATIENCE;
    for _ in 0..tries {
        match opener.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => {
                return Err(format!("{OPENER} found no browser; open {} yourself", page.display()));
            }
            Ok(None) => std::thread::sleep(pause),
            Err(error) => return Err(format!("{OPENER}: {error}")),
        }
    }
    Ok(())
}
