//! Loaders: where columns come from.

use std::path::PathBuf;

use backstaff_study::config::{Problem, document::Tree};

use super::instance::{Place, value};
use crate::alpha::{self, Named};

/// Where columns come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Loader {
    /// From expressions over the provider's fields.
    Expressions(Vec<Group>),
    /// From a table with a date, an instrument, and a column for each feature.
    Table {
        /// The file of each group; without a name the file has both levels of Qlib's columns.
        files: Vec<(Option<String>, PathBuf)>,
        /// How rows of several files meet.
        join: String,
    },
    /// From expressions in 64 bits, and from a table of published values: the handler of quantlab.
    Quantlab {
        /// The names of all features in order.
        names: Vec<String>,
        /// Those that are computed from prices, and the label.
        computed: Vec<Group>,
        /// Those that are published, each with its column in the table.
        published: Vec<Named>,
    },
    /// From several loaders, whose columns stand beside each other.
    Nested {
        /// The loaders; of a column that two have, the later one counts.
        loaders: Vec<Loader>,
        /// How their rows meet: `left` keeps those of the first.
        join: String,
    },
}

impl Loader {
    /// The columns of a group that are computed, in their order.
    pub fn computed(&self, group: &str) -> Vec<&Named> {
        match self {
            Self::Expressions(groups) | Self::Quantlab { computed: groups, .. } => {
                let of = groups.iter().filter(|own| own.name.as_deref() == Some(group));
                of.flat_map(|own| &own.columns).collect()
            }
            Self::Table { .. } => Vec::new(),
            Self::Nested { loaders, .. } => {
                loaders.iter().flat_map(|loader| loader.computed(group)).collect()
            }
        }
    }
}

/// Columns of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// `feature`, `label`, or another name; `None` for columns without one.
    pub name: Option<String>,
    /// The columns.
    pub columns: Vec<Named>,
}

const LOADERS: [&str; 5] =
    ["QlibDataLoader", "StaticDataLoader", "NestedDataLoader", "Alpha158DL", "Alpha360DL"];

/// Columns of a named group.
pub(super) fn group(name: &str, columns: Vec<Named>) -> Group {
    Group { name: Some(name.to_owned()), columns }
}

/// A loader of columns.
pub(super) fn loader(place: &Place<'_>) -> Result<Loader, Problem> {
    let instance = place.instance()?;
    let config = instance.argument("config");
    match instance.class {
        "QlibDataLoader" => {
            let config = config.ok_or_else(|| place.problem("needs `kwargs: {config: ...}`"))?;
            Ok(Loader::Expressions(groups(&config)?))
        }
        "Alpha158DL" | "Alpha360DL" => {
            let features = if instance.class == "Alpha158DL" {
                alpha::alpha158(&alpha::Config::default())
            } else {
                alpha::alpha360()
            };
            let mut all = vec![group("feature", features)];
            for own in config.map_or_else(|| Ok(Vec::new()), |config| groups(&config))? {
                match all.iter_mut().find(|group| group.name == own.name) {
                    Some(known) => *known = own,
                    None => all.push(own),
                }
            }
            Ok(Loader::Expressions(all))
        }
        "StaticDataLoader" => {
            let config = config.ok_or_else(|| place.problem("needs `kwargs: {config: FILE}`"))?;
            let join =
                instance.argument("join").and_then(|join| join.node.as_text()).unwrap_or("outer").to_owned();
            let file = |place: &Place<'_>| match place.node.as_text() {
                Some(text) => Ok(PathBuf::from(text)),
                None => Err(place.problem("must be the path of a table")),
            };
            let files = match &config.node.value {
                Tree::Map(entries) => entries
                    .iter()
                    .map(|entry| {
                        let place = Place { key: config.below(&entry.key), node: &entry.value };
                        Ok((Some(entry.key.clone()), file(&place)?))
                    })
                    .collect::<Result<_, Problem>>()?,
                _ => vec![(None, file(&config)?)],
            };
            Ok(Loader::Table { files, join })
        }
        "NestedDataLoader" => {
            let list = instance
                .argument("dataloader_l")
                .ok_or_else(|| place.problem("needs `kwargs: {dataloader_l: [...]}`"))?;
            let join =
                instance.argument("join").and_then(|join| join.node.as_text()).unwrap_or("left").to_owned();
            let loaders = list.items().iter().map(loader).collect::<Result<_, _>>()?;
            Ok(Loader::Nested { loaders, join })
        }
        _ => Err(instance.unknown("loader", &LOADERS, "")),
    }
}

/// What a loader of expressions is configured with: groups with columns each, or columns without a group.
fn groups(config: &Place<'_>) -> Result<Vec<Group>, Problem> {
    let Tree::Map(entries) = &config.node.value else {
        return Ok(vec![Group { name: None, columns: columns(config)? }]);
    };
    entries
        .iter()
        .map(|entry| {
            let place = Place { key: config.below(&entry.key), node: &entry.value };
            // Alpha158's own settings stand where columns may stand.
            let columns = match &entry.value.value {
                Tree::Map(_) => alpha::alpha158(
                    &alpha::Config::read(&value(&entry.value)).map_err(|why| place.problem(why))?,
                ),
                _ => columns(&place)?,
            };
            Ok(Group { name: Some(entry.key.clone()), columns })
        })
        .collect()
}

/// `[expressions, names]`, or expressions alone, each of which then names its column.
pub(super) fn columns(place: &Place<'_>) -> Result<Vec<Named>, Problem> {
    let text = |place: &Place<'_>| {
        place.node.as_text().map(str::to_owned).ok_or_else(|| place.problem("must be an expression"))
    };
    let items = place.items();
    let is_pair = items.len() == 2 && items.iter().all(|item| matches!(item.node.value, Tree::List(_)));
    if !is_pair {
        return items.iter().map(|item| text(item).map(|text| Named::new(&text, text.clone()))).collect();
    }
    let (expressions, names) = (items[0].items(), items[1].items());
    if expressions.len() != names.len() {
        return Err(place.problem(format!(
            "has {} expressions and {} names",
            expressions.len(),
            names.len()
        )));
    }
    expressions
        .iter()
        .zip(&names)
        .map(|(expression, name)| Ok(Named::new(&text(name)?, text(expression)?)))
        .collect()
}
