//! The boundary behind which libraries decode foreign bytes: a panic of theirs becomes an error that names the file.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    path::Path,
    sync::Once,
};

use crate::error::SourceError;

thread_local! {
    /// Whether this thread is behind a boundary, where panics are told as errors.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Do a step of decoding that only calls a library, on this thread alone. Work of ours stays outside: a mistake of ours
/// must show as what it is.
///
/// # Errors
///
/// That of the work, or [`SourceError::Undecodable`] where it panicked.
pub fn behind_boundary<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    silence_once();
    let before = IS_QUIET.replace(true);
    // What the library left half-done is dropped with the error, and never looked at again.
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.set(before);
    result.unwrap_or_else(|payload| {
        Err(SourceError::Undecodable { path: path.to_owned(), message: message(&*payload) })
    })
}

/// Put a hook before the present one that says nothing of panics behind a boundary.
fn silence_once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let former = panic::take_hook();
        panic::set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
            if !IS_QUIET.get() {
                former(panic);
            }
        }));
    });
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "the decoder gave up".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_names_the_file() {
        let gives_up = || -> Result<(), SourceError> { panic!("index {} is out of range", 7) };
        let failed = behind_boundary(Path::new("a.parquet"), gives_up);
        let text = failed.unwrap_err().to_string();
        assert!(text.contains("a.parquet") && text.contains("index 7 is out of range"), "{text}");
        assert!(!IS_QUIET.get());
        assert_eq!(behind_boundary(Path::new("b"), || Ok(1)).unwrap(), 1);
    }
}
