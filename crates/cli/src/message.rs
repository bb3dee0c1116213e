//! Messages as a terminal can show them: whatever a file holds, what is wrong with it fits a screen.

use std::error::Error;

/// The most characters of a value in quotes.
const VALUE: usize = 80;
/// The characters that are kept of a longer one.
const VALUE_KEPT: usize = 60;
/// The most characters of a line.
const LINE: usize = 1_200;
/// The characters that are kept of a longer line: of its beginning, and of its end, which says what to do.
const LINE_KEPT: (usize, usize) = (700, 400);

/// What is said of an error: itself and its causes, as far as they fit a screen.
pub fn told(error: &dyn Error) -> String {
    brief(&with_causes(error))
}

/// An error with its causes; a text that an earlier one contains is left out.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}

/// A message whose long values and lines are cut, which `…` shows.
pub(crate) fn brief(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let line = if line.len() > VALUE { brief_values(line) } else { line.to_owned() };
        brief_line(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A line whose long quotations are cut.
fn brief_values(line: &str) -> String {
    let mut out = String::with_capacity(line.len().min(4 * LINE));
    let mut rest = line;
    while let Some(start) = rest.find(['"', '`']) {
        let quote = rest.as_bytes()[start];
        let Some(length) = quoted(&rest[start + 1..], quote) else { break };
        let value = &rest[start + 1..start + 1 + length];
        out.push_str(&rest[..=start]);
        if value.chars().nth(VALUE).is_none() {
            out.push_str(value);
        } else {
            out.extend(value.chars().take(VALUE_KEPT));
            out.push('…');
        }
        out.push(char::from(quote));
        rest = &rest[start + 2 + length..];
    }
    out + rest
}

/// The bytes up to the closing quote.
fn quoted(text: &str, quote: u8) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == quote && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })
}

fn brief_line(line: String) -> String {
    let n = if line.len() > LINE { line.chars().count() } else { 0 };
    if n <= LINE {
        return line;
    }
    let (first, last) = LINE_KEPT;
    let (first, last) = (line.chars().take(first), line.chars().skip(n - last));
    first.chain(" … ".chars()).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_and_short_messages_stay() {
        let plain = "prices.csv row 7, column \"close\": \"12.5x\" is not a number; did you mean `close`?";
        assert_eq!(brief(plain), plain);
        let long = format!("a.csv row 7: {:?} is not a number; correct it", "9\"".repeat(500_000));
        let told = brief(&long);
        assert!(told.len() < 200 && told.ends_with("…\" is not a number; correct it"), "{told}");
        let unquoted = format!("{} has two bars\nnext line", "삼".repeat(100_000));
        let told = brief(&unquoted);
        assert!(told.chars().count() < 1_300 && told.ends_with(" has two bars\nnext line"), "{told}");
        let open = format!("an odd \" in {}", "x".repeat(200));
        assert_eq!(brief(&open), open);
    }
}
