//! Business objects: which interfaces carry each, where it comes from and where it goes.
//!
//! In: the catalog. Out: [`Object`]s by key. Never knows: pages, links.

use std::collections::BTreeMap;

use catalog::Catalog;
use catalog::model::{Interface, object_key};

use crate::paths::passes;

/// One business object.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    /// Its name, as the first document that states it spells it.
    pub(crate) name: &'a str,
    /// A document states it; otherwise only Smart IDs name it.
    pub(crate) stated: bool,
    /// Who carries it, by Smart ID.
    pub(crate) interfaces: Vec<&'a Interface>,
}

/// Every object, by its key.
pub(crate) fn index(catalog: &Catalog) -> BTreeMap<String, Object<'_>> {
    let mut index: BTreeMap<String, Object<'_>> = BTreeMap::new();
    for interface in catalog.interfaces() {
        let stated = is_stated(interface);
        for name in &interface.objects {
            let object = index.entry(object_key(name)).or_default();
            if object.name.is_empty() || (stated && !object.stated) {
                object.name = name;
            }
            object.stated |= stated;
            object.interfaces.push(interface);
        }
    }
    index
}

/// Whether the document names its objects itself, and not as its Smart ID would.
pub(crate) fn is_stated(interface: &Interface) -> bool {
    interface.objects != [interface.smart_id.object_name()]
}

/// Systems, each with the number of interfaces.
pub(crate) type Ends<'a> = BTreeMap<&'a str, usize>;

impl<'a> Object<'a> {
    /// Systems that it comes from, and systems that it goes to.
    pub(crate) fn ends(&self) -> (Ends<'a>, Ends<'a>) {
        let (mut from, mut to) = (Ends::new(), Ends::new());
        for interface in &self.interfaces {
            let passes = passes(interface);
            for (side, ends) in [
                (passes.iter().map(|it| it.0).collect::<Vec<_>>(), &mut from),
                (passes.iter().map(|it| it.1).collect(), &mut to),
            ] {
                let mut side = side;
                side.sort_unstable();
                side.dedup();
                for system in side {
                    *ends.entry(system).or_default() += 1;
                }
            }
        }
        (from, to)
    }
}
