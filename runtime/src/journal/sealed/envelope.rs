//! The envelope: bytes sealed under a data key, bound to the place they belong to.
//!
//! In: bytes and their [`Place`]. Out: sealed bytes, and back. Never knows: stores, key-encryption keys.
//!
//! ```text
//! F5 54 4C 01 | codec (1) | data key id (16) | nonce (12) | AES-256-GCM ciphertext | tag (16)
//! ```
//!
//! The first byte occurs in no UTF-8 text, so what was kept before encryption was turned on is told apart. Additional
//! data: the header up to the nonce, the kind, and with their lengths the owner (message id) and the part (step, number of
//! the try, contract digest). So bytes that were moved to another row or column, cut, or changed in one bit do not open.
//!
//! Nonces are random: a dead-letter record may be written twice under one key, and several processes may share one, so
//! a counter would have to be durable itself. 96 random bits allow 2^32 seals under one key (NIST SP 800-38D, 8.3); a key
//! is retired long before ([`MOST_SEALS`]).
//!
//! Before sealing, bytes are compressed with LZ4 where that makes them shorter: a microsecond for a kibibyte, in safe Rust.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use uuid::Uuid;

use super::{
    Unopened,
    keys::{NONCE, random},
};

const MAGIC: [u8; 4] = [0xF5, b'T', b'L', 1];
const HEADER: usize = MAGIC.len() + 1 + 16;
const PLAIN: u8 = 0;
const LZ4: u8 = 1;

/// Shorter bytes are not compressed: it would not pay.
const SHORTEST: usize = 96;

/// Sealed text begins so: base64 of the envelope follows.
const TEXT: &str = "\u{1}sealed:";

/// Bytes that an envelope may open to at most: larger than any body that is accepted.
const LARGEST: usize = 1 << 30;

/// Seals under one data key, at most; far from where random nonces could meet.
pub(super) const MOST_SEALS: u64 = 1 << 30;

/// What is sealed: part of what it is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Body = 1,
    Parameters = 2,
    Detail = 3,
    Reply = 4,
    Note = 5,
    Excerpt = 6,
    Sentence = 7,
    Mapped = 8,
    FieldErrors = 9,
    Answer = 10,
    Incident = 11,
    OrderKey = 12,
}

/// Where sealed bytes belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// Message id, or key of an incident.
    pub(super) owner: &'a str,
    pub(super) kind: Kind,
    /// Which one of its kind: a step, a step and its try, a digest.
    pub(super) part: &'a str,
}

/// A data key in use. Wiped when dropped.
pub(super) struct DataCipher(Aes256Gcm);

impl DataCipher {
    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(&(*bytes).into()))
    }

    /// Seals under a fresh nonce.
    pub(super) fn seal(&self, key: Uuid, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, Unopened> {
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        self.seal_with(nonce, key, place, plain)
    }

    /// Seals under a given nonce, which no other bytes may have under this key.
    pub(super) fn seal_with(
        &self,
        nonce: [u8; NONCE],
        key: Uuid,
        place: Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, Unopened> {
        let packed = if plain.len() < SHORTEST { None } else { Some(lz4_flex::compress_prepend_size(plain)) };
        let packed = packed.filter(|packed| packed.len() < plain.len());
        let (codec, message) = packed.as_deref().map_or((PLAIN, plain), |packed| (LZ4, packed));
        let mut sealed = Vec::with_capacity(HEADER + NONCE + message.len() + 16);
        sealed.extend(MAGIC);
        sealed.push(codec);
        sealed.extend(key.as_bytes());
        let payload = Payload { msg: message, aad: &bound_to(&sealed, place) };
        let ciphertext = self.0.encrypt(&nonce.into(), payload).map_err(|_| Unopened::Exhausted)?;
        sealed.extend(nonce);
        sealed.extend(ciphertext);
        Ok(sealed)
    }

    /// Opens what [`DataCipher::seal`] sealed for this place.
    pub(super) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let damaged = || Unopened::Damaged { what: format!("the {} of {}", name(place.kind), place.owner) };
        let (header, rest) = sealed.split_at_checked(HEADER).ok_or_else(damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let payload = Payload { msg: ciphertext, aad: &bound_to(header, place) };
        let message = self.0.decrypt(&(*nonce).into(), payload).map_err(|_| damaged())?;
        match header[MAGIC.len()] {
            PLAIN => Ok(message),
            LZ4 => unpack(&message).ok_or_else(damaged),
            _ => Err(damaged()),
        }
    }
}

/// The data key that bytes are sealed under; `None` if they are not sealed.
pub(super) fn key_of(bytes: &[u8]) -> Option<Uuid> {
    let rest = bytes.strip_prefix(&MAGIC)?.get(1..)?;
    rest.first_chunk::<16>().map(|id| Uuid::from_bytes(*id))
}

/// Sealed bytes as text, for columns and filters that hold text.
pub(super) fn to_text(sealed: &[u8]) -> String {
    format!("{TEXT}{}", STANDARD_NO_PAD.encode(sealed))
}

/// The sealed bytes of a text; `None` if it is not sealed.
pub(super) fn from_text(text: &str) -> Option<Vec<u8>> {
    let sealed = STANDARD_NO_PAD.decode(text.strip_prefix(TEXT)?).ok()?;
    key_of(&sealed).map(|_| sealed)
}

/// Whether a text claims to be sealed.
pub(super) fn is_sealed_text(text: &str) -> bool {
    text.starts_with(TEXT)
}

pub(super) const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Body => "body",
        Kind::Parameters => "parameters",
        Kind::Detail => "detail",
        Kind::Reply => "recorded reply",
        Kind::Note => "reason of a try",
        Kind::Excerpt => "excerpt of a reply",
        Kind::Sentence => "sentence of the dead-letter record",
        Kind::Mapped => "mapped body",
        Kind::FieldErrors => "field errors",
        Kind::Answer => "answer",
        Kind::Incident => "incident",
        Kind::OrderKey => "order key",
    }
}

fn unpack(message: &[u8]) -> Option<Vec<u8>> {
    let size = message.first_chunk::<4>().map(|size| u32::from_le_bytes(*size))?;
    // Authentic bytes are ours; the limit holds even against a stolen key.
    (usize::try_from(size).ok()? <= LARGEST).then(|| lz4_flex::decompress_size_prepended(message).ok())?
}

fn bound_to(header: &[u8], place: Place<'_>) -> Vec<u8> {
    let mut bound = Vec::with_capacity(header.len() + 17 + place.owner.len() + place.part.len());
    bound.extend(header);
    bound.push(place.kind as u8);
    for text in [place.owner, place.part] {
        bound.extend((text.len() as u64).to_be_bytes());
        bound.extend(text.as_bytes());
    }
    bound
}

/// For fuzz targets: what is sealed opens as it was, and not at all once a bit of it is another; whatever else comes does
/// not open.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn fuzz(bytes: &[u8]) {
    let cipher = DataCipher::new(&[7; 32]);
    let place = Place { owner: "m-1", kind: Kind::Body, part: "" };
    assert!(cipher.open(place, bytes).is_err(), "opened what was never sealed");
    key_of(bytes);
    from_text(&String::from_utf8_lossy(bytes));
    // Only the nonce has to be new in the field; here the same bytes are to give the same run.
    let Ok(mut sealed) = cipher.seal_with([9; NONCE], Uuid::nil(), place, bytes) else { return };
    assert_eq!(cipher.open(place, &sealed).ok().as_deref(), Some(bytes), "opened as something else");
    let at =
        bytes.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte))) % sealed.len();
    sealed[at] ^= 1 << (bytes.len() % 8);
    assert!(cipher.open(place, &sealed).is_err(), "opened although bit {} of byte {at} is another", bytes.len() % 8);
}
