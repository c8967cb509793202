//! W3C Trace Context, version 00.
//!
//! In: headers and random bytes. Out: contexts. Never knows: spans.

use super::traces;
use crate::random::Random;

/// A valid `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
    pub(crate) flags: u8,
}

impl Context {
    /// Whoever started the trace wants it recorded.
    pub(crate) const fn is_sampled(self) -> bool {
        self.flags & 1 == 1
    }
}

/// Reads a `traceparent`. A later version may have more parts. One that is not valid counts as none.
pub(crate) fn parse(header: &str) -> Option<Context> {
    let mut parts = header.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if bytes::<1>(version)? == [0xff] || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let (trace, span, [flags]) = (bytes::<16>(trace)?, bytes::<8>(span)?, bytes::<1>(flags)?);
    let there = trace != [0; 16] && span != [0; 8];
    there.then_some(Context { trace, span, flags })
}

/// Exactly so many bytes in lower-case hexadecimal.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let fits = text.len() == 2 * N && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2).filter(|_| fits)?, 16).ok()?;
    }
    Some(bytes)
}

/// A span of its own in the trace of another; what is no trace stays as it is.
pub(crate) fn child(traceparent: &str, random: &Random) -> String {
    parse(traceparent).map_or_else(|| traceparent.to_owned(), |context| write(context.trace, random, context.flags))
}

/// A new trace, sampled as the environment says.
pub(crate) fn root(random: &Random) -> String {
    let trace = random.bytes();
    let percent = traces().map_or(100, |queue| queue.sample_percent);
    write(trace, random, u8::from(is_kept(trace, percent)))
}

/// The last eight bytes of the trace's id decide, as in OpenTelemetry's own sampler: all services with the same share keep
/// the same traces.
fn is_kept(trace: [u8; 16], percent: u8) -> bool {
    let [.., a, b, c, d, e, f, g, h] = trace;
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1;
    percent >= 100 || number < (1 << 63) / 100 * u64::from(percent)
}

fn write(trace: [u8; 16], random: &Random, flags: u8) -> String {
    // Zero is no id.
    let (trace, span) = (u128::from_be_bytes(trace).max(1), random.next().max(1));
    format!("00-{trace:032x}-{span:016x}-{flags:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_traces_is_kept() {
        let random = Random::seeded(1);
        let kept = |percent| (0..10_000).filter(|_| is_kept(random.bytes(), percent)).count();
        assert_eq!((kept(0), kept(100)), (0, 10_000));
        assert!((800..1_200).contains(&kept(10)), "{}", kept(10));
    }

    #[test]
    fn children_stay_in_the_trace_and_keep_its_flags() {
        let random = Random::seeded(1);
        let caller = parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").unwrap();
        let ours = parse(&child("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", &random)).unwrap();
        assert_eq!((ours.trace, ours.is_sampled()), (caller.trace, false));
        assert_ne!(ours.span, caller.span);
        assert_eq!(child("no trace", &random), "no trace");
        assert!(parse(&root(&random)).unwrap().is_sampled(), "without an exporter every trace begins sampled");
    }
}
