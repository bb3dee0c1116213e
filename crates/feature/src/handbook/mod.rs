//! The handbook of the operators: an index, and a page for each family, made from what operators say about themselves.

mod entry;
mod index;
mod markdown;

use std::fmt::Write as _;

use self::markdown::{anchor, escaped};
use crate::operator::{Operator, Registry};

/// A page of the handbook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The path of its file from the folder of the documentation, with `/`.
    pub path: String,
    /// The text of the page, in Markdown.
    pub text: String,
}

/// A family of operators and its page.
struct Family<'a> {
    name: &'static str,
    operators: Vec<&'a dyn Operator>,
}

/// The pages that describe all operators of a registry: the index first, then the families in the registry's order.
///
/// ```
/// use backstaff_feature::{handbook, operator::Registry};
///
/// let pages = handbook::pages(&Registry::standard());
/// assert_eq!(pages[0].path, "operators.md");
/// assert!(pages[0].text.contains("(operators/windows.md#mean)"));
/// assert!(pages.iter().any(|page| page.path == "operators/windows.md"));
/// ```
pub fn pages(registry: &Registry) -> Vec<Page> {
    let families = registry.families().into_iter().map(|(name, operators)| {
        let operators = operators.into_iter().map(|operator| &**operator).collect();
        Family { name, operators }
    });
    let families = families.collect::<Vec<_>>();
    let index = Page { path: INDEX.to_owned(), text: index::text(&families) };
    [index].into_iter().chain(families.iter().map(Family::page)).collect()
}

/// The file of the index.
const INDEX: &str = "operators.md";

impl Family<'_> {
    /// The file of its page, as the index links to it.
    fn path(&self) -> String {
        format!("operators/{}.md", anchor(self.name))
    }

    fn page(&self) -> Page {
        let mut text = format!("# {}\n\n", escaped(self.name));
        let names = self.operators.iter().map(|operator| operator.documentation().name);
        let links = names.map(|name| format!("[{}](#{})", escaped(name), anchor(name)));
        let _ = writeln!(text, "{}\n", links.collect::<Vec<_>>().join(", "));
        text.push_str("The [index](../operators.md) lists all families and says how to read an entry.\n");
        for operator in &self.operators {
            entry::describe(&mut text, *operator);
        }
        Page { path: self.path(), text }
    }

    /// A link from the index to the entry of a member.
    fn link(&self, operator: &dyn Operator) -> String {
        let name = operator.documentation().name;
        format!("[{}]({}#{})", escaped(name), self.path(), anchor(name))
    }
}
