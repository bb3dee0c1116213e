//! Counts with their noun.

/// A count with its noun, thousands separated: `1 fold`, `1,234 rows`, `2 entries`.
///
/// ```
/// use backstaff_words::count;
/// assert_eq!(count(0, "fold"), "0 folds");
/// assert_eq!(count(1, "entry"), "1 entry");
/// assert_eq!(count(1_234_567, "row"), "1,234,567 rows");
/// ```
pub fn count(n: usize, noun: &str) -> String {
    format!("{} {}", grouped(n), plural(n, noun))
}

/// The noun of a count, for sentences that say more than both: `rows` of 2 rows, `row` of one.
///
/// ```
/// use backstaff_words::plural;
/// assert_eq!(plural(1, "day"), "day");
/// assert_eq!([plural(2, "day"), plural(0, "history"), plural(3, "index")], ["days", "histories", "indexes"]);
/// ```
pub fn plural(n: usize, noun: &str) -> String {
    if n == 1 {
        return noun.to_owned();
    }
    let vowel = |letter: char| "aeiou".contains(letter);
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(vowel) => format!("{stem}ies"),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// The digits of a count in groups of three.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let texts = [0, 7, 999, 1_000, 12_345, 100_000, 1_000_000].map(grouped);
        assert_eq!(texts, ["0", "7", "999", "1,000", "12,345", "100,000", "1,000,000"]);
    }

    #[test]
    fn nouns_take_the_ending_that_suits_them() {
        for (noun, many) in [("row", "rows"), ("day", "days"), ("entry", "entries"), ("loss", "losses")] {
            assert_eq!((plural(1, noun).as_str(), plural(2, noun).as_str()), (noun, many));
        }
    }
}
