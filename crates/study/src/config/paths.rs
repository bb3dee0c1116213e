//! The files and folders that a study names.

use std::path::PathBuf;

use serde_json::Value;

use super::Config;

/// The keys whose values are paths, wherever they stand. Precomputed files are not among them: `precompute` writes those
/// that a study reads back.
const KEYS: [&str; 6] = ["path", "tables", "table", "files", "file", "scores"];

impl Config {
    /// The files and folders that the study reads as data, layouts and libraries, those of its profiles among them.
    ///
    /// They are found by the names of their keys, so that a new section is covered without a line here.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let mut named = Vec::new();
        let tree = serde_json::to_value(self).expect("a study is a tree of values, as its file is");
        collect(&tree, &mut named);
        named.into_iter().map(|path| self.folder.join(path)).collect()
    }
}

fn collect(value: &Value, named: &mut Vec<String>) {
    let texts = |value: &Value| match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        value => value.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if KEYS.contains(&key.as_str()) {
                    named.extend(texts(value));
                }
                collect(value, named);
            }
        }
        Value::Array(all) => {
            for value in all {
                collect(value, named);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// The examples have every key of a study, so a new key with a path shows here.
    #[test]
    fn every_path_of_the_examples_is_found() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/schema/examples");
        let mut seen = 0;
        for example in fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()) {
            let text = fs::read_to_string(&example).unwrap();
            let config = Config::from_yaml(&text, Path::new("/studies/study.yaml"), None).unwrap();
            let found = config.paths();
            let ends = [".csv", ".parquet", ".db", ".yaml", ".zip", ".gz", ".arrow"];
            let words = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            let words = words.flat_map(|line| line.split([' ', ',', '[', ']', '{', '}']));
            for word in words.filter(|word| ends.iter().any(|end| word.ends_with(end))) {
                let is_read = found.contains(&Path::new("/studies").join(word));
                assert!(is_read || word == "indicators.parquet", "{}: {word}", example.display());
                seen += 1;
            }
        }
        assert!(seen > 5);
    }
}
