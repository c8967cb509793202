//! Where every page lives.
//!
//! In: a catalog. Out: [`Routes`] (the path of each page, decided once) and [`At`] (relative links from one page to
//! the others). Never knows: what stands on a page.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};

use catalog::Catalog;
use catalog::model::object_key;

/// Paths of all pages with a name of their own. Paths are ASCII, lower case, and differ even where file names ignore case.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    interfaces: HashMap<String, String>,
    systems: HashMap<String, String>,
    domains: BTreeMap<String, String>,
    teams: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
    objects: BTreeMap<String, String>,
}

impl Hash for Routes {
    fn hash<H: Hasher>(&self, to: &mut H) {
        // The order of a hash map is another one each time.
        let sorted = |map: &HashMap<String, String>| map.iter().map(|(a, b)| (a.clone(), b.clone())).collect();
        let (interfaces, systems): (BTreeMap<_, _>, BTreeMap<_, _>) = (sorted(&self.interfaces), sorted(&self.systems));
        (interfaces, systems, &self.domains, &self.teams, &self.fields, &self.objects).hash(to);
    }
}

impl Routes {
    /// Decides the paths. The order of the catalog decides who keeps a contested name.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let mut routes = Self::default();
        let mut taken = Slugs::default();
        for interface in catalog.interfaces() {
            let path = page("interfaces", &taken.take(&interface.smart_id.text));
            routes.interfaces.insert(interface.smart_id.text.clone(), path);
        }
        let mut taken = Slugs::default();
        for system in catalog.systems() {
            let path = page("systems", &taken.take(&system.name));
            routes.systems.insert(system.name.clone(), path);
        }
        routes.domains = pages("domains", catalog.interfaces().iter().map(|it| it.domain.as_str()));
        let owners =
            catalog.interfaces().iter().flat_map(|it| [&it.owners.business, &it.owners.technical, &it.owners.support]);
        let stewards = catalog.systems().iter().map(|system| &system.owner);
        routes.teams = pages("teams", owners.chain(stewards).filter_map(|name| name.as_deref()));
        let keys: Vec<String> =
            catalog.interfaces().iter().flat_map(|it| &it.objects).map(|name| object_key(name)).collect();
        routes.objects = pages("objects", keys.iter().map(String::as_str));
        routes.fields = pages("fields", crate::fields::names(catalog));
        routes
    }

    /// Page of an interface.
    pub(crate) fn interface(&self, smart_id: &str) -> Option<String> {
        self.interfaces.get(smart_id).cloned()
    }

    /// Page of a system.
    pub(crate) fn system(&self, name: &str) -> Option<String> {
        self.systems.get(name).cloned()
    }

    /// Page of a domain.
    pub(crate) fn domain(&self, name: &str) -> Option<String> {
        self.domains.get(name).cloned()
    }

    /// Page of an owner.
    pub(crate) fn team(&self, name: &str) -> Option<String> {
        self.teams.get(name).cloned()
    }

    /// Page of a field name.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        self.fields.get(name).cloned()
    }

    /// Page of a business object, by its key.
    pub(crate) fn object(&self, key: &str) -> Option<String> {
        self.objects.get(key).cloned()
    }

    /// All field names, sorted.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Keys of all business objects, sorted.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().map(String::as_str)
    }

    /// Names of all domains, sorted.
    pub(crate) fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.keys().map(String::as_str)
    }

    /// Names of all owners, sorted.
    pub(crate) fn teams(&self) -> impl Iterator<Item = &str> {
        self.teams.keys().map(String::as_str)
    }
}

/// The place of one page, from which relative links go out.
#[derive(Debug, Clone)]
pub(crate) struct At {
    /// The way up to the root: `` or `../../`.
    pub(crate) root: String,
}

impl At {
    /// The page with this path.
    pub(crate) fn new(path: &str) -> Self {
        Self { root: "../".repeat(path.matches('/').count()) }
    }

    /// The relative link to another page of the site.
    pub(crate) fn to(&self, path: &str) -> String {
        [self.root.as_str(), path].concat()
    }
}

/// Slugs that were given out.
#[derive(Debug, Default)]
pub(crate) struct Slugs {
    taken: HashSet<String>,
}

impl Slugs {
    /// A slug for `name` that nobody else has.
    pub(crate) fn take(&mut self, name: &str) -> String {
        let wanted = slug(name);
        let mut candidate = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(candidate.clone()) {
            candidate = format!("{wanted}-{number}");
            number += 1;
        }
        candidate
    }
}

/// `T&E-CMB_CHINA-V1` → `t-e-cmb-china-v1`: ASCII letters and digits, everything else one hyphen, at most 80 characters.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if slug.len() >= 80 {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let trimmed = slug.trim_end_matches('-');
    if trimmed.is_empty() {
        // Names without a single ASCII letter still need a stable address.
        format!("x{:08x}", fnv1a(name))
    } else {
        trimmed.to_owned()
    }
}

/// The path of a page with a folder of its own.
fn page(folder: &str, slug: &str) -> String {
    format!("{folder}/{slug}/index.html")
}

/// Pages of these names, in one folder.
fn pages<'a>(folder: &str, names: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut taken = Slugs::default();
    sorted.into_iter().map(|name| (name.to_owned(), page(folder, &taken.take(name)))).collect()
}

/// FNV-1a, 32 bit: small, stable between builds and machines.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_and_different() {
        let mut slugs = Slugs::default();
        for (name, expected) in [
            ("T&E-CMB_CHINA-WP2-INVOICES-V1", "t-e-cmb-china-wp2-invoices-v1"),
            ("t e cmb china wp2 invoices v1", "t-e-cmb-china-wp2-invoices-v1-2"),
            ("../../etc/passwd", "etc-passwd"),
            ("系统", "x8b3d9a3c"),
            ("", "x811c9dc5"),
        ] {
            let got = slugs.take(name);
            if name == "系统" {
                assert!(got.starts_with('x') && got.is_ascii(), "{got}");
            } else {
                assert_eq!(got, expected);
            }
        }
        assert!(slug(&"long ".repeat(100)).len() <= 80);
    }

    #[test]
    fn links_are_relative_to_the_page() {
        assert_eq!(At::new("index.html").to("a/index.html"), "a/index.html");
        let deep = At::new("interfaces/x/document/index.html");
        assert_eq!(deep.to("assets/site.css"), "../../../assets/site.css");
    }
}
