//! The known name that an unknown one was probably meant to be.

/// The known name nearest to `name`, if one is near.
///
/// Near is a similarity (Jaro and Winkler) of at least 0.8 between the names in small letters; of equals the first in
/// the order of names, so that the answer does not depend on the order of `known`.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let small = name.to_lowercase();
    let mut best = None::<(f64, &str)>;
    for candidate in known {
        let similarity = strsim::jaro_winkler(&small, &candidate.to_lowercase());
        let better =
            best.is_none_or(|(found, of)| similarity > found || (similarity == found && candidate < of));
        if similarity >= 0.8 && better {
            best = Some((similarity, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The help line for an unknown name.
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
    fn finds_the_nearest_name_and_only_a_near_one() {
        assert_eq!(nearest("clsoe", ["open", "close"]), Some("close"));
        assert_eq!(nearest("MEAN", ["Mean", "Med"]), Some("Mean"));
        assert_eq!(nearest("xyz", ["open", "close"]), None);
    }
}
