//! The texts of synthetic documents: eight fields on each side, one filter, one mapping, one lookup, retry, dead letters.
//!
//! In: numbers. Out: Markdown and TOML. Never knows: files.

/// Number of systems.
pub(crate) const SYSTEMS: usize = 40;

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
    SYSTEM.replace("@NUMBER@", &format!("{number:02}"))
}

/// The Smart ID and text of an interface.
pub(crate) fn interface(number: usize) -> (String, String) {
    let domain = DOMAINS[number % DOMAINS.len()];
    // A domain has two systems of its own and talks to two of its neighbour.
    let (home, round) = (2 * (number % DOMAINS.len()), number / DOMAINS.len());
    let source = format!("{:02}", home + round % 2);
    let target = format!("{:02}", (home + 2 + round / 2 % 2) % SYSTEMS);
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

/// An environment that places every system.
pub(crate) fn environment() -> String {
    let places = (0..SYSTEMS).map(|number| PLACE.replace("@NUMBER@", &format!("{number:02}")));
    std::iter::once(ENVIRONMENT.to_owned()).chain(places).collect()
}
