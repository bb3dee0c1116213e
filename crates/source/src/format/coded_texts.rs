//! A column of texts, each distinct one kept once.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

/// A text for each row, as a code into the distinct texts in the order of their first appearance.
#[derive(Clone, Default, Debug)]
pub(crate) struct CodedTexts {
    pub codes: Vec<u32>,
    pub names: Vec<String>,
    known: HashMap<String, u32>,
    /// For each code, the code that followed it last: where rows go by date, instruments come in the same order again.
    followers: Vec<u32>,
}

impl CodedTexts {
    /// The code of an empty cell.
    pub(crate) const MISSING: u32 = u32::MAX;

    /// An empty column with memory for this many rows.
    pub(crate) fn with_capacity(n_rows: usize) -> Self {
        Self { codes: Vec::with_capacity(n_rows), ..Self::default() }
    }

    /// A column of codes that were given before, and the text of each code.
    pub(crate) fn from_codes(codes: Vec<u32>, names: Vec<String>) -> Self {
        let known = names.iter().enumerate().map(|(code, name)| (name.clone(), code as u32)).collect();
        Self { codes, known, followers: (0..names.len() as u32).collect(), names }
    }

    /// A column with the same text in every row.
    pub(crate) fn constant(name: String, n_rows: usize) -> Self {
        Self {
            codes: vec![0; n_rows],
            known: HashMap::from([(name.clone(), 0)]),
            followers: vec![0],
            names: vec![name],
        }
    }

    /// The text of a row; an empty cell has none.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        self.names.get(self.codes[row] as usize).map(String::as_str)
    }

    /// The code of a text; a text without one gets the next code.
    pub(crate) fn code<T: ?Sized + Hash + Eq + ToString>(&mut self, text: &T) -> u32
    where
        String: Borrow<T>,
    {
        if let Some(&code) = self.known.get(text) {
            return code;
        }
        let code = self.names.len() as u32;
        self.names.push(text.to_string());
        self.known.insert(text.to_string(), code);
        self.followers.push(code);
        code
    }

    /// The same rows with other texts; rows whose texts become one get one code.
    pub(crate) fn renamed(self, rename: impl Fn(&str) -> String) -> Self {
        let mut texts = Self::default();
        let codes = self.names.iter().map(|name| texts.code(rename(name).as_str())).collect::<Vec<_>>();
        let code = |old: u32| codes.get(old as usize).copied().unwrap_or(Self::MISSING);
        texts.codes = self.codes.into_iter().map(code).collect();
        texts
    }

    /// Add a row. Neighbours are often equal, or follow each other as they did before, which saves the look-up.
    pub(crate) fn push(&mut self, text: &str) {
        let is = |code: u32| self.names[code as usize] == text;
        let code = match self.codes.last() {
            _ if text.is_empty() => Self::MISSING,
            Some(&last) if last != Self::MISSING => {
                let follower = self.followers[last as usize];
                if is(last) {
                    last
                } else if is(follower) {
                    follower
                } else {
                    let code = self.code(text);
                    self.followers[last as usize] = code;
                    code
                }
            }
            _ => self.code(text),
        };
        self.codes.push(code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_become_one_get_one_code() {
        let mut texts = CodedTexts::default();
        for text in ["5", "05", "", "7", "5"] {
            texts.push(text);
        }
        let texts = texts.renamed(|text| format!("{text:0>2}"));
        assert_eq!(
            (texts.names, texts.codes),
            (vec!["05".into(), "07".into()], vec![0, 0, CodedTexts::MISSING, 1, 0])
        );
    }

    #[test]
    fn codes_follow_the_first_appearance_and_an_empty_cell_has_none() {
        let mut texts = CodedTexts::default();
        for text in ["B", "A", "", "B", "A", "A", "C", "B"] {
            texts.push(text);
        }
        assert_eq!(texts.names, ["B", "A", "C"]);
        assert_eq!(texts.codes, [0, 1, CodedTexts::MISSING, 0, 1, 1, 2, 0]);
        assert_eq!((texts.text(0), texts.text(2)), (Some("B"), None));
    }
}
