//! The help line of an unknown name.

pub(crate) use backstaff_words::nearest;

/// The help line for an unknown name, if a known one is near it.
pub(crate) fn did_you_mean<'a>(
    sigil: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, known).map(|found| format!("did you mean `{sigil}{found}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_written_as_the_reader_would_write_it() {
        assert_eq!(did_you_mean("$", "clsoe", ["open", "close"]).unwrap(), "did you mean `$close`?");
        assert_eq!(did_you_mean("", "xyz", ["open", "close"]), None);
    }
}
