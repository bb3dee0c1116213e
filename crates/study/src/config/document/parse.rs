//! From a tree to a type, with all mistakes at once.

use serde::de::DeserializeOwned;

use super::{Node, Problem, deserialize::NodeError};

/// More mistakes than anybody reads at once.
const MOST: usize = 50;

/// What a tree says, taken for a type; else every mistake in it.
pub fn parse<T: DeserializeOwned>(root: &Node) -> Result<T, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut rest = root.clone();
    // What a part says once something was taken out of it is no mistake of the text.
    let mut thinned = Vec::new();
    loop {
        let NodeError { steps, message, place } = match T::deserialize(&rest) {
            Ok(value) if problems.is_empty() => return Ok(value),
            Ok(_) => return Err(problems),
            Err(error) => error,
        };
        if !thinned.contains(&steps) {
            let place = place.or_else(|| root.place_of(&steps));
            problems.push(Problem { key: steps.to_string(), message, place });
        }
        let parent = super::Steps(steps.0[..steps.0.len().saturating_sub(1)].to_vec());
        if problems.len() >= MOST || !rest.remove(&steps.0) {
            return Err(problems);
        }
        thinned.push(parent);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::{super::read, *};

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Small {
        name: String,
        codes: Vec<String>,
        share: f64,
        count: Option<u32>,
        inner: BTreeMap<String, Inner>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        kind: Kind,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case", deny_unknown_fields)]
    enum Kind {
        Plain,
        Trees { rounds: u32 },
    }

    fn small(text: &str) -> Result<Small, Vec<Problem>> {
        parse(&read(text).map_err(|problem| vec![problem])?)
    }

    #[test]
    fn texts_are_what_is_written() {
        let read =
            small("name: 1e5\ncodes: [005930, NO, 1.10, 'a b', 0x1F, ~x]\nshare: 1\ninner:\n").unwrap();
        assert_eq!(read.name, "1e5");
        assert_eq!(read.codes, ["005930", "NO", "1.10", "a b", "0x1F", "~x"]);
        assert_eq!((read.share, read.count), (1.0, None));
    }

    #[test]
    fn reads_kinds_by_name_and_with_rules() {
        let read = small("inner: {a: {kind: plain}, b: {kind: {trees: {rounds: 5}}}}").unwrap();
        assert_eq!(read.inner["a"].kind, Kind::Plain);
        assert_eq!(read.inner["b"].kind, Kind::Trees { rounds: 5 });
    }

    #[test]
    fn all_mistakes_are_found_with_their_places() {
        let problems = small(
            "name: [a]\nshare: much\ncuont: 3\ninner:\n  a: {kind: {treees: {rounds: 5}}}\n  b: {}\n  c: {kind: {trees: {rounds: -1}}}\n",
        )
        .unwrap_err();
        let told =
            problems.iter().map(|p| (p.key.as_str(), p.place.as_ref().unwrap().line)).collect::<Vec<_>>();
        assert_eq!(
            told,
            [
                ("name", 1),
                ("share", 2),
                ("cuont", 3),
                ("inner.a.kind.treees", 5),
                ("inner.b", 6),
                ("inner.c.kind.trees.rounds", 7),
            ]
        );
        let messages = problems.iter().map(|p| p.message.as_str()).collect::<Vec<_>>();
        assert!(messages[2].contains("did you mean `count`?"), "{}", messages[2]);
        assert!(messages[3].contains("did you mean `trees`?"), "{}", messages[3]);
        assert!(messages[4].contains("`kind`"), "{}", messages[4]);
    }

    #[test]
    fn what_is_no_yaml_is_one_mistake_with_its_place() {
        let problems = small("name: [a\nshare: 1\n").unwrap_err();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].place.is_some());
    }
}
