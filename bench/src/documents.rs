//! The texts of synthetic documents: eight fields on each side, one filter, one mapping, one lookup, retry, dead letters.
//!
//! In: numbers. Out: Markdown and TOML. Never knows: files.

/// Fewer systems than this make no landscape.
const FEWEST: usize = 40;

/// Number of systems of so many interfaces: fifteen to a hundred, as large companies have them.
pub(crate) fn systems(interfaces: usize) -> usize {
    (interfaces * 15 / 100).max(FEWEST)
}

const DOMAINS: [&str; 20] = [
    "PROC",
    "SALES",
    "SUPPLYCHAIN",
    "FIN",
    "HR",
    "LOG",
    "MFG",
    "QM",
    "PM",
    "CRM",
    "SRM",
    "TAX",
    "TREASURY",
    "LEGAL",
    "IT",
    "RD",
    "MKT",
    "SERVICE",
    "EHS",
    "MDM",
];

const OBJECTS: [&str; 10] =
    ["ORDER", "INVOICE", "DELIVERY", "CUSTOMER", "PRICE", "STOCK", "PAYMENT", "CONTRACT", "EMPLOYEE", "ASSET"];

const SYSTEM: &str = include_str!("../documents/system.md");
const INTERFACE: &str = include_str!("../documents/interface.md");
const ENVIRONMENT: &str = include_str!("../documents/environment.toml");
const PLACE: &str = include_str!("../documents/environment-system.toml");

/// A system with one read and one write.
pub(crate) fn system(number: usize) -> String {
    SYSTEM.replace("@NUMBER@", &format!("{number:03}"))
}

/// The Smart ID and text of an interface in a landscape of so many systems.
pub(crate) fn interface(number: usize, systems: usize) -> (String, String) {
    let (home, round) = (number % DOMAINS.len(), number / DOMAINS.len());
    let domain = DOMAINS[home];
    // A domain sends from all of its systems to its next three neighbours: every other time to their hub.
    let neighbour = (home + 1 + round % 3) % DOMAINS.len();
    let source = format!("{:03}", of_domain(home, round, systems));
    let target = format!("{:03}", of_domain(neighbour, if round % 2 == 0 { 0 } else { round / 2 }, systems));
    let object = OBJECTS[round % OBJECTS.len()];
    let smart_id = format!("{domain}-S{source}-S{target}-{object}-{number:04}-V1");
    let text = INTERFACE
        .replace("@ID@", &smart_id)
        .replace("@DOMAIN@", domain)
        .replace("@SOURCE@", &source)
        .replace("@TARGET@", &target)
        .replace("@NUMBER@", &format!("{number:04}"));
    (smart_id, text)
}

/// A system of a domain, the first being its hub; the domains take turns.
fn of_domain(domain: usize, turn: usize, systems: usize) -> usize {
    let own = (systems - domain).div_ceil(DOMAINS.len());
    domain + DOMAINS.len() * (turn % own)
}

/// An environment that places every system.
pub(crate) fn environment(systems: usize) -> String {
    let places = (0..systems).map(|number| PLACE.replace("@NUMBER@", &format!("{number:03}")));
    std::iter::once(ENVIRONMENT.to_owned()).chain(places).collect()
}
