//! The modules of a crate, and the names and paths in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    Attribute, Expr, Item, ItemMod, ItemUse, Token, UseTree, punctuated::Punctuated, visit, visit::Visit,
};

/// The names from the root of the crate to an item.
pub(crate) type Place = Vec<String>;

/// The modules of a crate by their places, tests left out.
pub(crate) type Modules = BTreeMap<Place, Module>;

/// What a module says about itself and about others.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The items that it defines, modules among them.
    pub items: BTreeSet<String>,
    /// What it imports or passes on, by the name that it has here, and the path as written.
    pub imports: BTreeMap<String, Vec<String>>,
    /// The paths of `use path::*`.
    pub globs: Vec<Vec<String>>,
    /// Every other path in its code, as written.
    pub paths: BTreeSet<Vec<String>>,
}

/// Read a crate from its folder of sources, from `lib.rs` on.
pub(crate) fn read(folder: &Path) -> Modules {
    let mut modules = Modules::new();
    read_file(&folder.join("lib.rs"), folder, &Place::new(), &mut modules);
    modules
}

/// Read a module from its file; the modules that it declares lie in `folder`.
fn read_file(file: &Path, folder: &Path, place: &Place, modules: &mut Modules) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if !is_test(&parsed.attrs) {
        read_items(&parsed.items, folder, place, modules);
    }
}

fn read_items(items: &[Item], folder: &Path, place: &Place, modules: &mut Modules) {
    let mut module = Module::default();
    for item in items {
        module.visit_item(item);
    }
    modules.insert(place.clone(), module);
    for item in items {
        if let Item::Mod(inner) = item
            && !is_test(&inner.attrs)
        {
            read_inner(inner, folder, place, modules);
        }
    }
}

fn read_inner(inner: &ItemMod, folder: &Path, place: &Place, modules: &mut Modules) {
    let name = inner.ident.to_string();
    let folder = folder.join(&name);
    let place = place.iter().cloned().chain([name.clone()]).collect();
    if let Some((_, items)) = &inner.content {
        return read_items(items, &folder, &place, modules);
    }
    let beside = folder.with_extension("rs");
    let file = if beside.exists() { beside } else { folder.join("mod.rs") };
    read_file(&file, &folder, &place, modules);
}

/// Whether an item is compiled for tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        let words = attribute.meta.require_list().ok().map(|list| list.tokens.to_string());
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg") && words.as_deref() == Some("test")
    };
    attributes.iter().any(is_test)
}

impl Module {
    fn import(&mut self, before: &[String], tree: &UseTree) {
        let path = |name: &dyn ToString| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(tree) => self.import(&path(&tree.ident), &tree.tree),
            UseTree::Group(tree) => tree.items.iter().for_each(|tree| self.import(before, tree)),
            UseTree::Glob(_) => self.globs.push(before.to_vec()),
            // `use path::{self}` imports the path.
            UseTree::Name(tree) if tree.ident == "self" => {
                self.imports.extend(before.last().map(|name| (name.clone(), before.to_vec())));
            }
            UseTree::Name(tree) => _ = self.imports.insert(tree.ident.to_string(), path(&tree.ident)),
            UseTree::Rename(tree) => _ = self.imports.insert(tree.rename.to_string(), path(&tree.ident)),
        }
    }
}

impl<'a> Visit<'a> for Module {
    fn visit_item(&mut self, item: &'a Item) {
        let (name, attributes) = match item {
            Item::Const(item) => (Some(&item.ident), &item.attrs),
            Item::Enum(item) => (Some(&item.ident), &item.attrs),
            Item::Fn(item) => (Some(&item.sig.ident), &item.attrs),
            Item::Macro(item) => (item.ident.as_ref(), &item.attrs),
            Item::Mod(item) => (Some(&item.ident), &item.attrs),
            Item::Static(item) => (Some(&item.ident), &item.attrs),
            Item::Struct(item) => (Some(&item.ident), &item.attrs),
            Item::Trait(item) => (Some(&item.ident), &item.attrs),
            Item::Type(item) => (Some(&item.ident), &item.attrs),
            Item::Union(item) => (Some(&item.ident), &item.attrs),
            Item::Impl(item) => (None, &item.attrs),
            Item::Use(item) => (None, &item.attrs),
            _ => return,
        };
        if is_test(attributes) {
            return;
        }
        self.items.extend(name.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    /// Other modules speak for themselves.
    fn visit_item_mod(&mut self, _: &'a ItemMod) {}

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.import(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// Most macros take expressions, as functions do; what others take is not looked at.
    fn visit_macro(&mut self, called: &'a syn::Macro) {
        if let Ok(arguments) = called.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
    }
}
