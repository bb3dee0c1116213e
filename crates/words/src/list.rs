//! Lists of names.

/// The first names of a list, at most `most`, and how many more there are: `` `a`, `b` and 3 more``.
///
/// ```
/// use backstaff_words::some_of;
/// assert_eq!(some_of(["a", "b", "c"], 2), "`a`, `b` and 1 more");
/// assert_eq!(some_of(["a"], 2), "`a`");
/// ```
pub fn some_of<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let mut names = names.into_iter();
    let shown = names.by_ref().take(most).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_and_counted() {
        assert_eq!(some_of(["a", "b", "c", "d"], 2), "`a`, `b` and 2 more");
        assert_eq!(some_of(["a", "b"], 2), "`a`, `b`");
        assert_eq!(some_of([], 2), "");
    }
}
