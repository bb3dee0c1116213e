//! The known name that an unknown one was probably meant to be.

/// The least [`similarity`] of a name that is suggested. A slip in one of three letters keeps it; names that share no
/// more than some letters don't reach it, so that a message never sends a reader to a name of another thing.
pub const NEAR: f64 = 0.8;

/// How alike two names are, from 0 to 1 (Jaro and Winkler), whatever their case. Equal beginnings count more than
/// equal ends.
///
/// - Source: Winkler (1990), "String comparator metrics and enhanced decision rules in the Fellegi-Sunter model of
///   record linkage".
///
/// ```
/// use backstaff_words::similarity;
/// assert_eq!(similarity("Close", "close"), 1.0);
/// assert_eq!(similarity("open", "xyz"), 0.0);
/// ```
pub fn similarity(name: &str, other: &str) -> f64 {
    strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase())
}

/// The known name most like `name`, if their [`similarity`] is at least [`NEAR`] or `name` is one of its words.
///
/// Of equally similar names the first in their order is taken, so that the answer does not depend on the order of
/// `known`.
///
/// ```
/// use backstaff_words::nearest;
/// assert_eq!(nearest("MEAN", ["Mean", "Med"]), Some("Mean"));
/// assert_eq!(nearest("sector", ["industry", "market_sector"]), Some("market_sector"));
/// assert_eq!(nearest("turnover", ["open", "close"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let small = name.to_lowercase();
    let mut best = None::<(f64, &str)>;
    for candidate in known {
        let similarity = likeness(&small, &candidate.to_lowercase());
        let better =
            best.is_none_or(|(found, of)| similarity > found || (similarity == found && candidate < of));
        if similarity >= NEAR && better {
            best = Some((similarity, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// What ends a message about an unknown name: the [`nearest`] known one as a question, or nothing.
///
/// ```
/// use backstaff_words::did_you_mean;
/// assert_eq!(did_you_mean("clsoe", ["open", "close"]), "; did you mean `close`?");
/// assert_eq!(did_you_mean("turnover", ["open", "close"]), "");
/// ```
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// A word that stands at the end of a long name is as good as a slip, though it has no letter at its place.
fn likeness(name: &str, known: &str) -> f64 {
    let is_word = known.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name);
    strsim::jaro_winkler(name, known).max(if is_word { NEAR } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_nearest_name_and_only_a_near_one() {
        assert_eq!(nearest("clsoe", ["open", "close"]), Some("close"));
        assert_eq!(nearest("Sektor", ["industry", "sector"]), Some("sector"));
        assert_eq!(nearest("xyz", ["open", "close"]), None);
        assert_eq!(nearest("close", []), None);
    }

    #[test]
    fn the_slips_of_people_are_near() {
        let slips = [
            ("date", "date_added"),
            ("datum", "date"),
            ("close", "adj_close"),
            ("close", "price of close"),
            ("SPX", "SPY"),
            ("monthy", "monthly"),
            ("num_leavs", "num_leaves"),
            ("tecnical", "technical"),
        ];
        for (name, meant) in slips {
            assert_eq!(nearest(name, [meant]), Some(meant), "{}", similarity(name, meant));
        }
    }

    #[test]
    fn names_of_other_things_are_far() {
        for (name, other) in
            [("turnover", "close"), ("volume", "open"), ("AAPL", "MSFT"), ("yearly", "never")]
        {
            assert_eq!(nearest(name, [other]), None, "{}", similarity(name, other));
        }
    }

    #[test]
    fn similarities_are_winklers() {
        // Winkler (1990), table of pairs, to three digits.
        for (name, other, expected) in
            [("SHACKLEFORD", "SHACKELFORD", 0.982), ("MARTHA", "MARHTA", 0.961), ("DIXON", "DICKSONX", 0.813)]
        {
            assert!((similarity(name, other) - expected).abs() < 0.0006, "{name} {other}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_the_known_names_does_not_matter(name in "[a-d]{1,5}", known in prop::collection::vec("[a-d]{1,5}", 0..6)) {
            let forward = nearest(&name, known.iter().map(String::as_str));
            prop_assert_eq!(forward, nearest(&name, known.iter().rev().map(String::as_str)));
        }

        #[test]
        fn a_known_name_is_its_own_nearest(known in prop::collection::vec("[a-z]{1,5}", 1..6)) {
            prop_assert_eq!(nearest(&known[0], known.iter().map(String::as_str)), Some(known[0].as_str()));
        }
    }
}
