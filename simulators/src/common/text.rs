//! In: header and URL text. Out: its decoded parts.
//! Never knows: what the parts mean.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Decodes `%41` sequences; malformed ones stay as they are, bytes that are no UTF-8 become U+FFFD.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match hex.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Decodes `a=b&c=d` as HTML forms and queries write it.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (percent_decode(&name.replace('+', " ")), percent_decode(&value.replace('+', " ")))
        })
        .collect()
}

/// The value of the first pair with this name.
pub(crate) fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The credentials of an `Authorization` value of the given scheme, in any case.
pub(crate) fn strip_scheme<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let (name, rest) = value.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// User and password of a Basic `Authorization` value.
pub(crate) fn basic(value: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(strip_scheme(value, "basic")?).ok()?).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// Escapes text for XML and HTML content.
pub(crate) fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_headers_decode() {
        for (input, expect) in [("a%20b", "a b"), ("%zz", "%zz"), ("%4", "%4"), ("%E2%82%AC", "€"), ("%ff", "\u{fffd}")]
        {
            assert_eq!(percent_decode(input), expect);
        }
        assert_eq!(
            pairs("a=1+2&b=%26&c"),
            [("a".into(), "1 2".into()), ("b".into(), "&".into()), ("c".into(), String::new())]
        );
        assert_eq!(basic("basic dXNlcjpwOnc="), Some(("user".into(), "p:w".into())));
        assert_eq!(basic("Bearer x"), None);
        assert_eq!(escape_xml("<a&\">"), "&lt;a&amp;&quot;&gt;");
    }

    proptest::proptest! {
        #[test]
        fn any_text_decodes(text: String) {
            let _ = pairs(&text);
            let _ = basic(&text);
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            proptest::prop_assert_eq!(percent_decode(&encoded), text);
        }
    }
}
