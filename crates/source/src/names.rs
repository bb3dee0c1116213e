//! Names of columns: how they are spelled, compared, found and suggested.

/// The usual names of the column of instruments, the likeliest first, as [`folded`] writes them.
pub(crate) const INSTRUMENT: [&str; 8] =
    ["symbol", "ticker", "instrument", "asset", "code", "stockcode", "sid", "tscode"];

/// The usual names of the column of a row's date, the likeliest first, as [`folded`] writes them.
pub(crate) const DATE: [&str; 8] =
    ["date", "datetime", "timestamp", "time", "tradedate", "tradingdate", "session", "ts"];

/// The names that programs give to a column without one, such as the index of a data frame.
pub(crate) const UNNAMED: [&str; 4] = ["", "index", "unnamed0", "indexlevel0"];

pub(crate) use backstaff_words::nearest;

/// A column's name as we spell it: lower case, words joined by `_`, never beginning with a digit.
///
/// `Adj Close` is `adj_close`, `marketCap` is `market_cap`, `52w%` is `_52w`.
pub fn field_name(source: &str) -> String {
    let mut name = String::with_capacity(source.len());
    let mut previous = ' ';
    for letter in source.trim().chars() {
        if letter.is_ascii_alphanumeric() {
            let new_word =
                letter.is_ascii_uppercase() && (previous.is_ascii_lowercase() || previous.is_ascii_digit());
            let after_gap = !previous.is_ascii_alphanumeric() && !name.is_empty();
            if (new_word || after_gap) && !name.ends_with('_') {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
        } else if letter == '_' && name.is_empty() {
            name.push('_');
        }
        previous = letter;
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// Whether a text is spelled as [`field_name`] spells names.
pub(crate) fn is_field_name(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
}

/// A name without case and separators: the form in which names are compared.
pub(crate) fn folded(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The place of the column that has the likeliest of some usual names, which are [`folded`].
pub(crate) fn find_usual(names: &[String], usual: &[&str]) -> Option<usize> {
    usual.iter().find_map(|usual| names.iter().position(|name| folded(name) == *usual))
}

/// The place of a column by its name: as it is written, else whatever its case and separators.
pub(crate) fn find_named(names: &[String], wanted: &str) -> Option<usize> {
    let exact = names.iter().position(|name| name == wanted);
    exact.or_else(|| names.iter().position(|name| folded(name) == folded(wanted)))
}

/// The suggestion that ends an error's message; empty if no known name is similar.
pub(crate) fn hint<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(wanted, known).map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_names_in_one_way() {
        for (source, name) in [
            ("Adj Close", "adj_close"),
            ("Adj. Close", "adj_close"),
            ("marketCap", "market_cap"),
            ("PE", "pe"),
            ("turnover_rate (%)", "turnover_rate"),
            ("52w high", "_52w_high"),
            ("_score", "_score"),
            ("x__y", "x_y"),
        ] {
            assert_eq!(field_name(source), name, "{source}");
            assert!(is_field_name(name));
        }
        assert!(!is_field_name("Close") && !is_field_name("1x") && !is_field_name(""));
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(hint("closee", ["open", "close"].into_iter()), "; did you mean \"close\"?");
        assert_eq!(hint("date", ["name", "date_added"].into_iter()), "; did you mean \"date_added\"?");
        assert_eq!(hint("turnover", ["open", "close"].into_iter()), "");
    }
}
