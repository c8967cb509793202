//! Questions and decisions that are handed on to a service.
//!
//! In: a path below `live/api/`. Out: what the service is asked, if pages may ask it. Never knows: what a service
//! answers. What holds content unmasked is not among it: that is for the terminal of an admin.

use reqwest::Method;

/// What pages may ask; `*` stands for one name or id.
const LOOKS: &[&str] =
    &["whoami", "messages", "messages/*", "dead-letters", "alerts", "audit", "systems", "interfaces"];
/// What pages may decide.
const DECISIONS: &[&str] = &[
    "messages/*/retry",
    "messages/*/replay",
    "messages/*/discard",
    "messages/*/resolve",
    "messages/*/skip",
    "alerts/*/acknowledge",
    "interfaces/*/pause",
    "interfaces/*/resume",
    "systems/*/pause",
    "systems/*/resume",
];

/// The decoded segments of a path that pages may ask for.
pub(super) fn segments(method: &Method, path: &str) -> Option<Vec<String>> {
    let decoded: Option<Vec<String>> = path
        .split('/')
        .map(|part| percent_encoding::percent_decode_str(part).decode_utf8().ok().map(|text| text.into_owned()))
        .collect();
    // A segment that names a folder would lead elsewhere.
    let decoded = decoded.filter(|parts| parts.iter().all(|part| !matches!(part.as_str(), "" | "." | "..")))?;
    let known = match *method {
        Method::GET => LOOKS,
        Method::POST => DECISIONS,
        _ => return None,
    };
    let fits = |pattern: &&str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        pattern.len() == decoded.len()
            && pattern.iter().zip(&decoded).all(|(wanted, part)| *wanted == "*" || wanted == part)
    };
    known.iter().any(fits).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_pages_may_ask_is_handed_on() {
        let cases: &[(Method, &str, Option<&[&str]>)] = &[
            (Method::GET, "messages/7", Some(&["messages", "7"])),
            (Method::GET, "messages/7/body", None),
            (Method::GET, "dead-letters/export", None),
            (Method::GET, "metrics", None),
            (Method::GET, "messages/..", None),
            (Method::GET, "messages/%2e%2e", None),
            (Method::GET, "messages//", None),
            (Method::POST, "systems/SAP%20SRM7/pause", Some(&["systems", "SAP SRM7", "pause"])),
            (Method::POST, "alerts/A%2FB%2FC/acknowledge", Some(&["alerts", "A/B/C", "acknowledge"])),
            (Method::POST, "bulk/discard", None),
            (Method::POST, "messages/7", None),
            (Method::DELETE, "messages/7", None),
        ];
        for (method, path, expect) in cases {
            let got = segments(method, path);
            let expect = expect.map(|parts| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
            assert_eq!(got, expect, "{method} {path}");
        }
    }
}
