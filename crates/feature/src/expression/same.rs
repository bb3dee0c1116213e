//! The comparison of two texts by their tokens.

use super::token::tokens;

/// Whether two texts consist of the same tokens: spaces, line breaks and comments make no difference.
pub(crate) fn same_tokens(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (tokens(one), tokens(other)) else { return false };
    one.iter().map(|(token, _)| token).eq(other.iter().map(|(token, _)| token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_comments_make_no_difference() {
        assert!(same_tokens("$close/Ref($close,5)-1", "$close / Ref($close, 5) - 1 # a week"));
        assert!(!same_tokens("$close / Ref($close, 5)", "$close / Ref($close, 6)"));
        assert!(!same_tokens("$close (", "$close §"));
    }
}
