//! Every public item of the machine has a docstring with an example: what an embedder
//! meets is read from the sources, so that a new item can't be forgotten.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::{Attribute, Expr, Ident, ImplItem, Item, Lit, Meta, TraitItem, UseTree, Visibility};
use weave_tests::file;

#[test]
fn every_public_item_of_the_machine_has_an_example() {
    let sources = file::root().join("crates/weave-vm/src");
    let mut tree = Tree::default();
    tree.read(&[], &sources.join("lib.rs"), &sources);
    let found = tree.public_items();
    // What an embedder begins with is among them, by module and by re-export.
    for known in ["Vm", "Vm::run", "Step::arg", "Scope::text", "HostObject", "profile::Profile", "walk::walk"] {
        assert!(found.iter().any(|item| item.name == known), "{known} is not found");
    }
    let bare: Vec<_> = found.iter().filter(|item| !item.is_shown()).map(|item| &*item.name).collect();
    assert!(bare.is_empty(), "{} of {} public items have no example: {bare:#?}", bare.len(), found.len());
}

/// The modules of a crate, by their path.
#[derive(Default)]
struct Tree {
    modules: BTreeMap<Vec<String>, Module>,
}

struct Module {
    items: Vec<Item>,
    /// Whether a path from outside leads to it.
    is_public: bool,
}

/// An item that a path from outside leads to.
struct Public {
    name: String,
    docs: String,
    /// For a method of a trait: the docs of the trait, which may show it.
    around: Option<(String, String)>,
}

impl Public {
    fn is_shown(&self) -> bool {
        has_example(&self.docs)
            || self.around.as_ref().is_some_and(|(method, docs)| {
                !self.docs.is_empty() && code_of(docs).any(|line| line.contains(&format!("{method}(")))
            })
    }
}

impl Tree {
    /// Reads a module and those below it; `folder` is where those have their files.
    fn read(&mut self, path: &[String], source: &Path, folder: &Path) {
        let text = fs::read_to_string(source).unwrap_or_else(|e| panic!("{}: {e}", source.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", source.display()));
        for item in &parsed.items {
            let Item::Mod(inner) = item else { continue };
            if inner.content.is_some() || is_for_tests(&inner.attrs) {
                continue;
            }
            let name = inner.ident.to_string();
            let below = folder.join(&name);
            let files: [PathBuf; 2] = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
            let file = files.iter().find(|f| f.exists()).unwrap_or_else(|| panic!("no file of {}", below.display()));
            let path: Vec<String> = path.iter().cloned().chain([name]).collect();
            self.read(&path, file, &below);
        }
        self.modules.insert(path.to_vec(), Module { items: parsed.items, is_public: path.is_empty() });
    }

    /// Everything that a path from outside leads to, methods of its types included.
    fn public_items(&mut self) -> Vec<Public> {
        self.open(&[]);
        let mut found = Vec::new();
        let mut types = BTreeMap::new();
        for (path, module) in self.modules.iter().filter(|(_, m)| m.is_public) {
            for item in &module.items {
                match item {
                    Item::Use(u) if is_public(&u.vis) => {
                        let mut names = Vec::new();
                        leaves(&u.tree, Vec::new(), &mut names);
                        for (name, target) in names {
                            add(&named(path, &name), self.resolve(path, &target), &mut found, &mut types);
                        }
                    }
                    item => {
                        if let Some((ident, vis, _)) = parts(item)
                            && is_public(vis)
                        {
                            add(&named(path, &ident.to_string()), item, &mut found, &mut types);
                        }
                    }
                }
            }
        }
        for module in self.modules.values() {
            for item in &module.items {
                let Item::Impl(i) = item else { continue };
                let syn::Type::Path(of) = &*i.self_ty else { continue };
                let of = of.path.segments.last().expect("a type has a name").ident.to_string();
                let Some(name) = types.get(&of).filter(|_| i.trait_.is_none()) else { continue };
                methods(name, &i.items, &mut found);
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Marks the public modules below a public one.
    fn open(&mut self, path: &[String]) {
        let module = self.modules.get_mut(path).expect("a module of the tree");
        module.is_public = true;
        let public = module.items.iter().filter_map(|item| match item {
            Item::Mod(m) if is_public(&m.vis) && m.content.is_none() => Some(m.ident.to_string()),
            _ => None,
        });
        for name in public.collect::<Vec<_>>() {
            let below: Vec<String> = path.iter().cloned().chain([name]).collect();
            self.open(&below);
        }
    }

    /// The item that a re-export means, through other re-exports.
    fn resolve(&self, from: &[String], target: &[String]) -> &Item {
        let (name, path) = target.split_last().expect("a path");
        let mut at = from.to_vec();
        for part in path {
            match part.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                name => at.push(name.to_owned()),
            }
        }
        let module =
            self.modules.get(&at).unwrap_or_else(|| panic!("{target:?} leads out of the crate: document it here"));
        for item in &module.items {
            if parts(item).is_some_and(|(ident, ..)| ident == name) {
                return item;
            }
            if let Item::Use(u) = item {
                let mut names = Vec::new();
                leaves(&u.tree, Vec::new(), &mut names);
                if let Some((_, next)) = names.iter().find(|(known, _)| known == name) {
                    return self.resolve(&at, next);
                }
            }
        }
        panic!("{target:?} is not found")
    }
}

/// Adds an item, and a trait's methods; remembers the name of a type.
fn add(name: &str, item: &Item, found: &mut Vec<Public>, types: &mut BTreeMap<String, String>) {
    let Some((ident, _, attrs)) = parts(item) else { return };
    if is_for_tests(attrs) {
        return;
    }
    let docs = docs(attrs);
    if let Item::Trait(i) = item {
        for member in &i.items {
            let TraitItem::Fn(f) = member else { continue };
            if !is_hidden(&f.attrs) {
                let method = f.sig.ident.to_string();
                let name = format!("{name}::{method}");
                found.push(Public { name, docs: self::docs(&f.attrs), around: Some((method, docs.clone())) });
            }
        }
    }
    if let Item::Struct(_) | Item::Enum(_) | Item::Union(_) = item {
        // The shortest path is the one that people write.
        let known = types.entry(ident.to_string()).or_insert_with(|| name.to_owned());
        if name.len() < known.len() {
            name.clone_into(known);
        }
    }
    found.push(Public { name: name.to_owned(), docs, around: None });
}

fn methods(of: &str, items: &[ImplItem], found: &mut Vec<Public>) {
    for item in items {
        let (vis, attrs, ident) = match item {
            ImplItem::Fn(f) => (&f.vis, &f.attrs, &f.sig.ident),
            ImplItem::Const(c) => (&c.vis, &c.attrs, &c.ident),
            _ => continue,
        };
        if is_public(vis) && !is_hidden(attrs) {
            found.push(Public { name: format!("{of}::{ident}"), docs: docs(attrs), around: None });
        }
    }
}

fn named(module: &[String], name: &str) -> String {
    module.iter().map(|part| format!("{part}::")).chain([name.to_owned()]).collect()
}

/// The names that a `use` brings, and the paths that they mean.
fn leaves(tree: &UseTree, mut before: Vec<String>, out: &mut Vec<(String, Vec<String>)>) {
    let name = match tree {
        UseTree::Path(p) => {
            before.push(p.ident.to_string());
            return leaves(&p.tree, before, out);
        }
        UseTree::Group(g) => return g.items.iter().for_each(|t| leaves(t, before.clone(), out)),
        UseTree::Glob(_) => panic!("{before:?}::*: name what is re-exported"),
        UseTree::Name(n) => {
            before.push(n.ident.to_string());
            n.ident.to_string()
        }
        UseTree::Rename(r) => {
            before.push(r.ident.to_string());
            r.rename.to_string()
        }
    };
    out.push((name, before));
}

/// The name, visibility and attributes of an item that may need an example.
fn parts(item: &Item) -> Option<(&Ident, &Visibility, &[Attribute])> {
    Some(match item {
        Item::Struct(i) => (&i.ident, &i.vis, &i.attrs),
        Item::Enum(i) => (&i.ident, &i.vis, &i.attrs),
        Item::Trait(i) => (&i.ident, &i.vis, &i.attrs),
        Item::Fn(i) => (&i.sig.ident, &i.vis, &i.attrs),
        Item::Type(i) => (&i.ident, &i.vis, &i.attrs),
        Item::Const(i) => (&i.ident, &i.vis, &i.attrs),
        Item::Static(i) => (&i.ident, &i.vis, &i.attrs),
        Item::Union(i) => (&i.ident, &i.vis, &i.attrs),
        _ => return None,
    })
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

/// Whether it is there under `cfg(test)` or `cfg(doctest)` only.
fn is_for_tests(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|a| match &a.meta {
        Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string().ends_with("test"),
        _ => false,
    })
}

fn is_hidden(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|a| match &a.meta {
        Meta::List(list) if list.path.is_ident("doc") => list.tokens.to_string() == "hidden",
        _ => false,
    })
}

fn docs(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|a| match &a.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Str(s) => Some(format!("{}\n", s.value())),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect()
}

/// Whether a docstring says something, and shows it in a block that runs.
fn has_example(docs: &str) -> bool {
    let says = docs.lines().next().is_some_and(|line| !line.trim().is_empty() && !line.trim().starts_with("```"));
    says && code_of(docs).any(|line| !line.trim().is_empty() && !line.trim().starts_with("# "))
}

/// The lines of the blocks of a docstring that run as tests.
fn code_of(docs: &str) -> impl Iterator<Item = &str> {
    let mut runs = None;
    docs.lines().filter(move |line| {
        let Some(tag) = line.trim().strip_prefix("```") else { return runs == Some(true) };
        let known: BTreeSet<&str> = ["", "rust", "should_panic"].into();
        runs = if runs.is_none() { Some(known.contains(tag)) } else { None };
        false
    })
}

#[test]
fn examples_are_told_from_other_text() {
    assert!(has_example(" Adds one.\n\n ```\n assert_eq!(1 + 1, 2);\n ```\n"));
    assert!(!has_example(" Adds one.\n"));
    assert!(!has_example(" ```\n assert_eq!(1 + 1, 2);\n ```\n"), "no sentence");
    assert!(!has_example(" Adds one.\n\n ```text\n 1 + 1\n ```\n"), "nothing runs");
    assert!(!has_example(" Adds one.\n\n ```compile_fail\n 1 + \"\"\n ```\n"), "nothing runs");
    assert!(!has_example(" Adds one.\n\n ```\n # let x = 1;\n ```\n"), "nothing is seen");
    assert_eq!(code_of(" a\n ```\n b\n ```\n c\n").collect::<Vec<_>>(), [" b"]);
}
