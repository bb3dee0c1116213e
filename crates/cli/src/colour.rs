//! Colours and links of texts for terminals. Streams take them away where nobody sees them: in files and pipes, on dumb
//! terminals, and where `NO_COLOR` is set.

use std::{fmt::Write as _, path::Path};

use anstyle::{AnsiColor, Style};

/// What a word is painted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Something went wrong, or must not be believed.
    Bad,
    /// Something to look at.
    Careful,
    /// Something that the numbers support.
    Good,
    /// What an answer is about.
    Strong,
    /// What one may skip.
    Faint,
}

impl Paint {
    fn style(self) -> Style {
        match self {
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Careful => AnsiColor::Yellow.on_default(),
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
        }
    }

    /// A text in this paint.
    pub(crate) fn on(self, text: &str) -> String {
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}

/// A file's path that a terminal may open by a click.
pub(crate) fn link(path: &Path) -> String {
    let shown = path.display();
    let Ok(whole) = std::path::absolute(path) else { return shown.to_string() };
    let mut address = String::from("file://");
    for byte in whole.display().to_string().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    format!("\u{1b}]8;;{address}\u{1b}\\{shown}\u{1b}]8;;\u{1b}\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_only_the_text_is_left() {
        let text = format!("{} at {}", Paint::Bad.on("error:"), link(Path::new("a b/report.html")));
        assert!(text.contains("a%20b/report.html") && text.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), "error: at a b/report.html");
    }
}
