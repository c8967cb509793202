//! Keys that stand in the wrong place: known, but not here.
//!
//! In: an unknown key and the table it was found under. Out: the sentence that says where it belongs. Never knows: documents.

use super::{Kind, Table, interface, system};

/// Where the key belongs, if exactly one place of the same document has it.
pub(super) fn home(key: &str, found: &Table) -> Option<String> {
    let document = [&interface::INTERFACE, &system::SYSTEM].into_iter().find(|root| holds(root, found))?;
    if document.find(key).is_some() {
        return Some(format!("`{key}` belongs to the top level of the document: write it without indentation"));
    }
    let mut places = document.keys.iter().filter(|place| below(place.kind).is_some_and(|it| it.find(key).is_some()));
    match (places.next(), places.next()) {
        (Some(only), None) => Some(format!("`{key}` belongs under `{}`", only.name)),
        _ => None,
    }
}

/// Whether one table is the other, or stands somewhere below it. Tables are told apart by what they say they are.
fn holds(table: &Table, wanted: &Table) -> bool {
    table.what == wanted.what || table.keys.iter().filter_map(|key| below(key.kind)).any(|it| holds(it, wanted))
}

/// What stands below a key of this kind.
const fn below(kind: Kind) -> Option<&'static Table> {
    match kind {
        Kind::Record(table) | Kind::Records(table) | Kind::Named(table) => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_wrong_place_is_told_where_it_belongs() {
        let says = |key, found| home(key, found).unwrap_or_default();
        assert!(says("retention", &interface::ERRORS).contains("top level"));
        assert!(says("sla", &interface::OUTCOME).contains("top level"));
        assert_eq!(says("dead_letter", &interface::INTERFACE), "`dead_letter` belongs under `errors`");
        assert_eq!(says("latency_p95", &interface::TRIGGER), "`latency_p95` belongs under `sla`");
        assert_eq!(says("name", &interface::INTERFACE), "", "several places have it");
        assert_eq!(says("retenshun", &interface::ERRORS), "");
    }
}
