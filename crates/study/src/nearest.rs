//! The known name that an unknown one was probably meant to be.

/// The known name most like `name` (Jaro and Winkler, in small letters); of equals the first. `None` only if nothing is
/// known.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let small = name.to_lowercase();
    let mut best = None::<(f64, &str)>;
    for candidate in known {
        let likeness = strsim::jaro_winkler(&small, &candidate.to_lowercase());
        if best.is_none_or(|(found, _)| likeness > found) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_most_alike() {
        assert_eq!(nearest("Sektor", ["industry", "sector"]), Some("sector"));
        assert_eq!(nearest("x", ["b", "a"]), Some("b"));
        assert_eq!(nearest("x", []), None);
    }
}
