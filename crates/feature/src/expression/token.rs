//! From characters to tokens.

use super::{TextSpan, error::Fault};

/// The smallest parts of an expression.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    Number(f64),
    /// A field: `$close` or `${any text}`.
    Field(String),
    /// A fact with its publication date: `$$roe_q` or `$${any text}`.
    Fact(String),
    /// A text in quotes: `'SPY'` or `"SPY"`.
    Text(String),
    /// An operator's, parameter's or feature's name, without dots.
    Name(String),
    /// An operator sign, bracket or separator.
    Sign(&'static str),
    End,
}

/// Longer signs first, so that `**` isn't read as `*` twice.
const SIGNS: [&str; 22] = [
    "**", "<=", ">=", "==", "!=", "+", "-", "*", "/", "<", ">", "&", "|", "!", "~", "(", ")", ",", "=", ".",
    "[", "]",
];

/// Cut a text into tokens; the last one is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, TextSpan)>, Fault> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (token, length) = if c.is_ascii_digit() || starts_fraction(rest) {
            number(rest, at)?
        } else if c == '$' {
            column(rest, at)?
        } else if c == '\'' || c == '"' {
            quoted(rest, c, at)?
        } else if starts_name(c) {
            let length = name_length(rest);
            (Token::Name(rest[..length].to_owned()), length)
        } else {
            sign(rest, at)?
        };
        found.push((token, TextSpan::new(at, at + length)));
        at += length;
    }
    found.push((Token::End, TextSpan::new(text.len(), text.len())));
    Ok(found)
}

/// Whether a text can be written as a bare name in an expression.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(starts_name) && name_length(text) == text.len()
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}

fn starts_fraction(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn digits(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(text.len())
}

/// A number: digits, a fraction, an exponent; `_` may separate digits.
fn number(text: &str, at: usize) -> Result<(Token, usize), Fault> {
    let mut length = digits(text);
    if text[length..].starts_with('.') {
        length += 1;
        length += digits(&text[length..]);
    }
    if text[length..].starts_with(['e', 'E']) {
        let signed = 1 + usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[length + signed..]);
        if exponent > 0 {
            length += signed + exponent;
        }
    }
    if let Some(c) = text[length..].chars().next().filter(|&c| starts_name(c)) {
        let span = TextSpan::new(at, at + length + c.len_utf8());
        return Err(Fault::new(span, "a name cannot begin with a digit")
            .help("put an operator between the number and the name"));
    }
    let value = text[..length].replace('_', "").parse::<f64>();
    match value {
        Ok(value) if value.is_finite() => Ok((Token::Number(value), length)),
        _ => Err(Fault::new(TextSpan::new(at, at + length), "this number is too large")),
    }
}

/// Read the name of a field or of a fact.
fn column(text: &str, at: usize) -> Result<(Token, usize), Fault> {
    let (sigil, token, what, example): (_, fn(String) -> Token, _, _) = if text.starts_with("$$") {
        ("$$", Token::Fact, "a fact", "$$roe_q")
    } else {
        ("$", Token::Field, "a field", "$close")
    };
    let first = sigil.len();
    let place = |length: usize| TextSpan::new(at, at + length);
    if text[first..].starts_with('{') {
        let Some(end) = text.find('}') else {
            let message = format!("this `{sigil}{{` is never closed");
            return Err(Fault::new(place(first + 1), message).help(format!("write `{sigil}{{name}}`")));
        };
        return Ok((token(text[first + 1..end].to_owned()), end + 1));
    }
    let mut length = first + name_length(&text[first..]);
    // A dot belongs to the name if a name follows it: `$spy.close`.
    while length > first && text[length..].starts_with('.') && text[length + 1..].starts_with(starts_name) {
        length += 1 + name_length(&text[length + 1..]);
    }
    if length == first {
        let message = format!("`{sigil}` is not followed by the name of {what}");
        return Err(Fault::new(place(first), message).help(format!("write for example `{example}`")));
    }
    Ok((token(text[first..length].to_owned()), length))
}

/// Read a text in quotes. There are no escapes: a text that holds one kind of quote is written in the other.
fn quoted(text: &str, quote: char, at: usize) -> Result<(Token, usize), Fault> {
    match text[1..].find([quote, '\n']) {
        Some(end) if text[1 + end..].starts_with(quote) => {
            Ok((Token::Text(text[1..=end].to_owned()), end + 2))
        }
        _ => Err(Fault::new(TextSpan::new(at, at + 1), format!("this {quote} is never closed"))),
    }
}

fn sign(text: &str, at: usize) -> Result<(Token, usize), Fault> {
    for sign in SIGNS {
        if text.starts_with(sign) {
            return Ok((Token::Sign(sign), sign.len()));
        }
    }
    let c = text.chars().next().unwrap_or(' ');
    let fault = Fault::new(TextSpan::new(at, at + c.len_utf8()), format!("{c:?} has no meaning here"));
    Err(match c {
        '%' => fault.help("there is no remainder; use `/`"),
        '^' => fault.help("write `**` for a power"),
        _ => fault,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Token> {
        tokens(text).unwrap().into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn reads_numbers_fields_names_and_signs() {
        assert_eq!(
            kinds("Mean($close,1_000)**.5e-1 # comment\n>= x"),
            vec![
                Token::Name("Mean".into()),
                Token::Sign("("),
                Token::Field("close".into()),
                Token::Sign(","),
                Token::Number(1000.0),
                Token::Sign(")"),
                Token::Sign("**"),
                Token::Number(0.05),
                Token::Sign(">="),
                Token::Name("x".into()),
                Token::End,
            ]
        );
    }

    #[test]
    fn reads_odd_field_names() {
        assert_eq!(
            kinds("$spy.close ${pe ratio}")[..2],
            [Token::Field("spy.close".into()), Token::Field("pe ratio".into())]
        );
    }

    #[test]
    fn refuses_what_is_no_token() {
        for text in ["$", "$$", "$$.x", "${x", "$${x", "3x", "1e999", "a % b", "'x", "'x\n'", "\u{0}"] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_facts_and_texts() {
        assert_eq!(
            kinds("$$roe_q $${net income_q} 'SPY' \"O'X\" ''")[..5],
            [
                Token::Fact("roe_q".into()),
                Token::Fact("net income_q".into()),
                Token::Text("SPY".into()),
                Token::Text("O'X".into()),
                Token::Text(String::new()),
            ]
        );
    }
}
