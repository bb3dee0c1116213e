//! Faults of an expression, shown in the user's own text.

use std::fmt;

use super::TextSpan;

/// A fault in an expression: what, where, and what to do.
///
/// Its display shows the line of the expression with the place underlined:
///
/// ```text
/// there is no field `$clsoe`
///   --> mom_20d:1:6
///    |
///  1 | Mean($clsoe, 20) / $close - 1
///    |      ^^^^^^
///    = help: did you mean `$close`?
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpressionError {
    feature: String,
    text: String,
    span: TextSpan,
    message: String,
    help: Option<String>,
    lacks_column: bool,
}

/// A fault in a text that is not known yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) span: TextSpan,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) lacks_column: bool,
}

impl Fault {
    pub(crate) fn new(span: TextSpan, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None, lacks_column: false }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The expression names a column that the data don't have; nothing else is known to be wrong with it.
    pub(crate) fn lacks_column(self) -> Self {
        Self { lacks_column: true, ..self }
    }

    /// The fault in the text of a feature.
    pub(crate) fn within(self, feature: &str, text: &str) -> ExpressionError {
        let Self { span, message, help, lacks_column } = self;
        ExpressionError {
            feature: feature.to_owned(),
            text: text.to_owned(),
            span,
            message,
            help,
            lacks_column,
        }
    }
}

impl ExpressionError {
    /// The feature whose expression is at fault.
    pub fn feature(&self) -> &str {
        &self.feature
    }

    /// The expression, as the user wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place in [`ExpressionError::text`].
    pub fn span(&self) -> TextSpan {
        self.span
    }

    /// The fault, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Advice on how to cure the fault.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Whether the data lack a column that the expression names, and nothing else is wrong.
    pub fn lacks_column(&self) -> bool {
        self.lacks_column
    }

    /// Line and column of the place, both counted from 1, the column in characters.
    pub fn line_and_column(&self) -> (usize, usize) {
        let start = floor_boundary(&self.text, self.span.start);
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The line of the place, and how many characters of it to skip and to underline.
    fn excerpt(&self) -> (String, usize, usize) {
        let start = floor_boundary(&self.text, self.span.start);
        let end = floor_boundary(&self.text, self.span.end).max(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let line = &self.text[line_start..line_end];
        let skipped = self.text[line_start..start].chars().count();
        let marked = self.text[start..end.min(line_end)].chars().count().max(1);
        (shorten(line, skipped, marked), skipped.min(CONTEXT), marked.min(4 * CONTEXT))
    }
}

/// How many characters in front of the place are shown at most.
const CONTEXT: usize = 60;

/// The part of a line around the place, one printable character for each of the text's.
fn shorten(line: &str, skipped: usize, marked: usize) -> String {
    let from = skipped.saturating_sub(CONTEXT);
    let length = (skipped - from) + marked.min(4 * CONTEXT) + CONTEXT;
    line.chars().skip(from).take(length).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_and_column();
        let (excerpt, skipped, marked) = self.excerpt();
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{}", self.message)?;
        writeln!(f, " {margin}--> {}:{line}:{column}", self.feature)?;
        writeln!(f, " {margin} |")?;
        writeln!(f, " {number} | {}", excerpt.trim_end())?;
        write!(f, " {margin} | {}{}", " ".repeat(skipped), "^".repeat(marked))?;
        if let Some(help) = &self.help {
            write!(f, "\n {margin} = help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ExpressionError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underlines_the_place_on_its_line() {
        let text = "Mean($close,\n  $clsoe)";
        let error = Fault::new(TextSpan::new(15, 21), "there is no field `$clsoe`")
            .help("did you mean `$close`?")
            .within("mom", text);
        assert_eq!(error.line_and_column(), (2, 3));
        let shown = error.to_string();
        assert!(shown.contains(" 2 |   $clsoe)\n   |   ^^^^^^\n   = help: did you mean"), "{shown}");
    }

    #[test]
    fn counts_characters_not_bytes() {
        let text = "$가격 + $x";
        let at = text.find("$x").unwrap();
        let error = Fault::new(TextSpan::new(at, at + 2), "no").within("f", text);
        assert_eq!(error.line_and_column(), (1, 7));
        assert!(error.to_string().contains("\n   |       ^^"), "{error}");
    }

    #[test]
    fn shows_a_window_of_a_very_long_line() {
        let text = format!("{}?{}", "1+".repeat(5000), "+1".repeat(5000));
        let error = Fault::new(TextSpan::new(10_000, 10_001), "no").within("f", &text);
        assert!(error.to_string().len() < 400);
    }

    #[test]
    fn survives_a_place_outside_the_text() {
        let error = Fault::new(TextSpan::new(7, 9), "ends early").within("f", "é");
        assert!(error.to_string().contains('^'));
    }
}
