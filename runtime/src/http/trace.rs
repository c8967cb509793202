//! W3C Trace Context, version 00.
//!
//! In: the caller's header. Out: a valid `traceparent`, the caller's trace or a new one. Never knows: exporters.

use crate::random::Random;

/// Keeps the caller's trace under a new span; starts a trace where there is none or a broken one.
pub(super) fn traceparent(header: Option<&str>, random: &Random) -> String {
    let bytes = random.bytes();
    let span = hex(&bytes[..8]);
    match header.and_then(parse) {
        Some((trace, flags)) => format!("00-{trace}-{span}-{flags}"),
        None => format!("00-{}-{span}-01", hex(&random.bytes())),
    }
}

/// Trace id and flags of a valid header. A later version may have more parts.
fn parse(header: &str) -> Option<(&str, &str)> {
    let mut parts = header.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let fits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let not_zero = |text: &str| text.bytes().any(|byte| byte != b'0');
    let is_valid = fits(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && fits(trace, 32)
        && not_zero(trace)
        && fits(span, 16)
        && not_zero(span)
        && fits(flags, 2);
    is_valid.then_some((trace, flags))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
