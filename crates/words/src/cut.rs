//! Long values in messages.

use std::borrow::Cow;

/// The characters of a value that a message shows.
const MOST: usize = 60;

/// A value as a message shows it: its beginning and `…` if it is long.
///
/// ```
/// use backstaff_words::cut;
/// assert_eq!(cut("12.5x"), "12.5x");
/// assert_eq!(cut(&"a".repeat(1000)), "a".repeat(60) + "…");
/// ```
pub fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_never_cut_in_two() {
        let long = "삼".repeat(61);
        assert_eq!(cut(&long), "삼".repeat(60) + "…");
        let just = "삼".repeat(60);
        assert_eq!(cut(&just), just);
    }
}
