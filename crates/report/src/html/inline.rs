//! The two marks of a text: `` `code` `` and `**strong**`.

/// A text as HTML: escaped, its marks as elements. A mark that is not closed is shown as it is.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*']) {
        push_escaped(&mut out, &rest[..at]);
        rest = &rest[at..];
        let marked = [("`", "code"), ("**", "strong")].into_iter().find_map(|(mark, element)| {
            let (inner, after) = rest.strip_prefix(mark)?.split_once(mark)?;
            (!inner.is_empty()).then_some((inner, after, element))
        });
        if let Some((inner, after, element)) = marked {
            out.extend(["<", element, ">", &escaped(inner), "</", element, ">"]);
            rest = after;
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    push_escaped(&mut out, rest);
    out
}

/// [`html`] of a text that may not be there.
pub(super) fn option(text: Option<&String>) -> Option<String> {
    text.map(|text| html(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text);
    out
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn knows_code_and_strong_text() {
        assert_eq!(html("use `a<b` **now**"), "use <code>a&lt;b</code> <strong>now</strong>");
        assert_eq!(html("`**x**`"), "<code>**x**</code>");
    }

    #[test]
    fn shows_a_mark_that_is_not_closed() {
        assert_eq!(html("2 * 3 ** 4 ` 5"), "2 * 3 ** 4 ` 5");
        assert_eq!(html("``"), "``");
    }

    proptest! {
        #[test]
        fn no_text_opens_an_element_of_its_own(text in "[<>&\"'`* a-z]{0,40}") {
            let html = html(&text);
            let ours = ["<code>", "</code>", "<strong>", "</strong>"];
            let rest = ours.iter().fold(html, |html, element| html.replace(element, ""));
            prop_assert!(!rest.contains(['<', '>', '"', '\'']), "{rest}");
        }
    }
}
