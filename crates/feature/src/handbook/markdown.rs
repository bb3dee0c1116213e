//! Texts and anchors in Markdown.

/// The anchor that Markdown gives a heading.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// A text in which Markdown sees no markup of its own but that of code.
pub(super) fn escaped(text: &str) -> String {
    let mut in_code = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        in_code ^= c == '`';
        if !in_code && matches!(c, '*' | '<' | '_' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A text as code in the cell of a table, where a bar would end the cell even in code.
pub(super) fn code_in_table(code: &str) -> String {
    format!("`{}`", code.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_headings() {
        assert_eq!(anchor("Indicators with TA-Lib's names"), "indicators-with-ta-libs-names");
        assert_eq!(anchor("ta.PLUS_DI"), "taplus_di");
    }

    #[test]
    fn markup_is_escaped_outside_of_code() {
        assert_eq!(escaped("|a| < `a * b`"), "\\|a\\| \\< `a * b`");
        assert_eq!(code_in_table("a | b"), "`a \\| b`");
    }
}
