//! Fuzz targets: everything here that reads bytes from outside.
//!
//! In: any bytes. Out: nothing; a target that comes back has held. Never knows: who chooses the bytes. Compiled for tests
//! and for fuzzing only.
//!
//! Each target is a plain function, so that a fuzzer can drive it, and a short run with a seed is a test like any other:
//! it changes what is well formed a little, which reaches further than noise does.

use jiff::Timestamp;

use crate::{
    environment::Environment,
    format::{json, mask, soap, xml},
    http,
    journal::codec,
    transport,
};

/// A target: its name, what it does with bytes, and well-formed examples to begin with.
pub type Target = (&'static str, fn(&[u8]), &'static [&'static str]);

/// All of them.
pub const TARGETS: &[Target] = &[
    (
        "json",
        |bytes| {
            // What was read can be written, and reads back as the same.
            if let Ok(value) = json::read(bytes) {
                assert_eq!(json::read(json::write(&value).as_bytes()).ok(), Some(value));
            }
        },
        &[
            r#"{"a":[1,-2.50,"x\u00e9\n",true,null],"b":{"c":12345678901234567890.123e-5}}"#,
            r#"[[[["\ud83d\ude00"]]]]"#,
        ],
    ),
    (
        "journal codec",
        |bytes| {
            if let Ok(value) = codec::decode(bytes) {
                assert_eq!(codec::decode(&codec::encode(&value)).ok(), Some(value));
            }
        },
        &[r#"{"b":21.50,"a":[1,"x",true,1000]}"#, ""],
    ),
    (
        "xml",
        |bytes| {
            if let Ok(element) = xml::read(bytes) {
                drop(element.to_value());
            }
        },
        &[
            r#"<?xml version="1.0"?><a xmlns:n="urn:x" k="v"><n:b>t &amp; &#233;</n:b><![CDATA[<raw>]]><c/></a>"#,
            "<a><b>1</b><b>2</b></a>",
        ],
    ),
    (
        "soap",
        |bytes| {
            soap::read("BAPI_X", bytes).ok();
        },
        &[
            r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><n:BAPI_X.Response xmlns:n="urn:sap-com:document:sap:rfc:functions"><RETURN><item><TYPE>E</TYPE></item></RETURN></n:BAPI_X.Response></s:Body></s:Envelope>"#,
            r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>"#,
        ],
    ),
    (
        "masked excerpt",
        |bytes| {
            let tree = json::read(bytes).unwrap_or_default();
            let cut = mask::excerpt(bytes, &tree, &["/person/name", "/items/*/iban"], 40);
            assert!(cut.len() <= 400, "an excerpt is short: {}", cut.len());
        },
        &[r#"{"person":{"name":"Ada"},"items":[{"iban":"DE00"},{"iban":"é"}]}"#],
    ),
    (
        "retry-after",
        |bytes| {
            transport::retry_after_ms(&String::from_utf8_lossy(bytes), Timestamp::UNIX_EPOCH);
        },
        &["120", "Wed, 21 Oct 2026 07:28:00 GMT", "18446744073709551615", " 7 "],
    ),
    (
        "environment",
        |bytes| {
            Environment::parse(&String::from_utf8_lossy(bytes)).ok();
        },
        &[
            "[listen]\nhttp = \"127.0.0.1:0\"\n[store]\nsqlite = \"a.db\"\n[systems.Target]\nbase_url = \"http://127.0.0.1:1\"\n",
            "[alerts.Email]\nsecret = \"env:X\"\n",
        ],
    ),
    (
        "token",
        |bytes| http::fuzz::token(&String::from_utf8_lossy(bytes)),
        &[
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJpIiwiZXhwIjoxfQ.c2ln",
            "eyJhbGciOiJub25lIn0.e30.",
        ],
    ),
    (
        "key set",
        http::fuzz::key_set,
        &[
            r#"{"keys":[{"kty":"RSA","kid":"k","use":"sig","n":"AQAB","e":"AQAB"},{"kty":"EC","kid":"e","crv":"P-256","x":"AA","y":"AA"},{"kty":"OKP","kid":"o","crv":"Ed25519","x":"AA"}]}"#,
        ],
    ),
    (
        "traceparent",
        |bytes| http::fuzz::trace(&String::from_utf8_lossy(bytes)),
        &[
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Inputs of a target in a usual run; `FUZZ=100000` runs so many.
    const RUNS: u64 = 3_000;

    /// A well-formed example, changed in a few places.
    fn changed(examples: &[&str], random: &Random) -> Vec<u8> {
        let pick = |most: usize| usize::try_from(random.up_to(most as u64)).unwrap_or(0);
        let mut bytes = examples[pick(examples.len() - 1)].as_bytes().to_vec();
        for _ in 0..=random.up_to(5) {
            let at = pick(bytes.len());
            let until = (at + pick(8)).min(bytes.len());
            match random.up_to(5) {
                0 if at < bytes.len() => bytes[at] ^= 1 << random.up_to(7),
                1 => bytes.insert(at, u8::try_from(random.up_to(255)).unwrap_or(0)),
                2 => drop(bytes.drain(at..until)),
                3 => {
                    let again = bytes[at..until].repeat(1 + pick(200));
                    bytes.splice(at..at, again);
                }
                4 => bytes.truncate(at),
                _ => {
                    let odd =
                        ["\u{0}", "\u{feff}", "9999999999999999999999", "-", "\"", "[", "<!DOCTYPE a [", "\u{1f600}"];
                    bytes.splice(at..at, odd[pick(odd.len() - 1)].bytes());
                }
            }
        }
        bytes
    }

    #[test]
    fn every_target_comes_back_from_whatever_it_is_given() {
        let runs = std::env::var("FUZZ").map_or(RUNS, |text| text.parse().expect("FUZZ is a number"));
        for (name, target, examples) in TARGETS {
            let random = Random::seeded(7);
            examples.iter().for_each(|example| target(example.as_bytes()));
            for run in 0..runs {
                let bytes = changed(examples, &random);
                let held = std::panic::catch_unwind(|| target(&bytes));
                assert!(held.is_ok(), "`{name}`, input {run}: {:?}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}
