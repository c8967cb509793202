//! Formats: what bodies, headers and settings are written in.
//!
//! In: any bytes. Out: nothing. Never knows: where they come from.

use super::Target;
use crate::{
    convert,
    environment::Environment,
    format::{json, mask, scrub::Scrubber, soap, xml},
    http,
    value::{Record, Value},
};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "json",
        run: |bytes| {
            // What was read can be written, and reads back as the same.
            if let Ok(value) = json::read(bytes) {
                assert_eq!(json::read(json::write(&value).as_bytes()).ok(), Some(value));
            }
        },
        examples: &[
            r#"{"a":[1,-2.50,"x\u00e9\n",true,null],"b":{"c":12345678901234567890.123e-5}}"#,
            r#"[[[["\ud83d\ude00"]]]]"#,
        ],
    },
    Target {
        name: "xml",
        run: |bytes| {
            if let Ok(element) = xml::read(bytes) {
                drop(element.to_value());
            }
        },
        examples: &[
            r#"<?xml version="1.0"?><a xmlns:n="urn:x" k="v"><n:b>t &amp; &#233;</n:b><![CDATA[<raw>]]><c/></a>"#,
            "<a><b>1</b><b>2</b></a>",
        ],
    },
    Target {
        name: "soap",
        run: |bytes| drop(soap::read("BAPI_X", bytes)),
        examples: &[
            r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><n:BAPI_X.Response xmlns:n="urn:sap-com:document:sap:rfc:functions"><RETURN><item><TYPE>E</TYPE></item></RETURN></n:BAPI_X.Response></s:Body></s:Envelope>"#,
            r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>"#,
        ],
    },
    Target {
        name: "masked-excerpt",
        run: |bytes| {
            let tree = json::read(bytes).unwrap_or_default();
            let cut = mask::excerpt(bytes, &tree, &["/person/name", "/items/*/iban"], 40);
            assert!(cut.len() <= 400, "an excerpt is short: {}", cut.len());
        },
        examples: &[r#"{"person":{"name":"Ada"},"items":[{"iban":"DE00"},{"iban":"é"}]}"#],
    },
    Target {
        name: "scrubbed-text",
        run: |bytes| {
            // The first line is a secret, the rest a text that may quote it.
            let text = String::from_utf8_lossy(bytes);
            let (secret, quoting) = text.split_once('\n').unwrap_or((&text, ""));
            let mut record = Record::new();
            record.put("name", &secret);
            let tree = Value::Record(record);
            let mut scrubber = Scrubber::default();
            scrubber.add(&tree, &["/name"]);
            drop(scrubber.clean(quoting));
        },
        examples: &["Ada Lovelace\nno customer `Ada Lovelace` is known", "é\ncafé"],
    },
    Target {
        name: "conversions",
        run: |bytes| {
            // The first line is a pattern of dates, the rest a value.
            let text = String::from_utf8_lossy(bytes);
            let (pattern, value) = text.split_once('\n').unwrap_or(("%Y-%m-%d", &text));
            let date = convert::parse_date(value, pattern);
            convert::parse_time(value, pattern).ok();
            convert::parse_instant(value, pattern).ok();
            if let Ok(date) = date {
                convert::format_date(date, pattern).ok();
            }
            convert::to_integer(value).ok();
            convert::to_decimal(value).ok();
            convert::split(value, pattern, 1).ok();
            drop(convert::truncate(value, 3));
        },
        examples: &["%Y-%m-%d\n2026-02-28", "%d.%m.%Y %H:%M\n28.02.2026 23:59", "%Y%m%d\n-12345.678901"],
    },
    Target {
        name: "environment",
        run: |bytes| drop(Environment::parse(&String::from_utf8_lossy(bytes))),
        examples: &[
            "[listen]\nhttp = \"127.0.0.1:0\"\n[store]\nsqlite = \"a.db\"\n[systems.Target]\nbase_url = \"http://127.0.0.1:1\"\n",
            "[alerts.Email]\nsecret = \"env:X\"\n[admin]\nhttp = \"127.0.0.1:0\"\n",
        ],
    },
    Target {
        name: "token",
        run: |bytes| http::fuzz::token(&String::from_utf8_lossy(bytes)),
        examples: &[
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJpIiwiZXhwIjoxfQ.c2ln",
            "eyJhbGciOiJub25lIn0.e30.",
        ],
    },
    Target {
        name: "key-set",
        run: http::fuzz::key_set,
        examples: &[
            r#"{"keys":[{"kty":"RSA","kid":"k","use":"sig","n":"AQAB","e":"AQAB"},{"kty":"EC","kid":"e","crv":"P-256","x":"AA","y":"AA"},{"kty":"OKP","kid":"o","crv":"Ed25519","x":"AA"}]}"#,
        ],
    },
    Target {
        name: "traceparent",
        run: |bytes| http::fuzz::trace(&String::from_utf8_lossy(bytes)),
        examples: &[
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ],
    },
];
