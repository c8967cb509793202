//! Key-encryption keys, and the data keys they wrap.
//!
//! In: keys by name from the environment, wrapped data keys from a store. Out: data keys that can be used. Never knows:
//! messages, stores, where the keys come from.
//!
//! A key-encryption key (KEK) is 32 bytes and never touches a message. A data key (DEK) is random, seals what one
//! interface accepted on one day, and is kept only wrapped: AES-256-GCM under the current KEK, bound to the data key's
//! id, interface and day, so that a wrapped key that was moved to another row does not open.

use std::collections::BTreeMap;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::{Unopened, envelope::DataCipher};
use crate::journal::DataKey;

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of a nonce.
pub(super) const NONCE: usize = 12;
/// Longest name of a key.
const LONGEST_NAME: usize = 64;

/// The key-encryption keys of an installation. One is current and wraps; the others open what they wrapped before.
pub struct KeyRing {
    keys: BTreeMap<String, Aes256Gcm>,
    current: String,
}

impl KeyRing {
    /// A ring of keys by name, each 32 bytes as base64 or hexadecimal text.
    ///
    /// # Errors
    /// Every key that is none, and a current key that is not there: name and problem, never a key.
    pub fn new(keys: &BTreeMap<String, SecretString>, current: Option<&str>) -> Result<Self, Vec<(String, String)>> {
        let mut problems = Vec::new();
        let mut ring = BTreeMap::new();
        for (name, text) in keys {
            match read(name, text) {
                Ok(cipher) => drop(ring.insert(name.clone(), cipher)),
                Err(problem) => problems.push((format!("keys.{name}"), problem)),
            }
        }
        let names = || keys.keys().cloned().collect::<Vec<_>>().join(", ");
        let chosen = match current {
            Some(name) if keys.contains_key(name) => Some(name.to_owned()),
            Some(name) => {
                problems.push(("current".to_owned(), format!("names the key `{name}`; there are: {}", names())));
                None
            }
            None if keys.len() == 1 => keys.keys().next().cloned(),
            None if keys.is_empty() => {
                problems.push(("keys".to_owned(), "must hold at least one key".to_owned()));
                None
            }
            None => {
                problems.push(("current".to_owned(), format!("must say which of these keys wraps: {}", names())));
                None
            }
        };
        match chosen {
            Some(current) if problems.is_empty() => Ok(Self { keys: ring, current }),
            _ => Err(problems),
        }
    }

    /// Name of the key that wraps.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current
    }

    /// A new data key, wrapped, and ready for use.
    pub(super) fn make(&self, place: DataKey) -> Result<(DataKey, DataCipher), Unopened> {
        let mut bytes = Zeroizing::new([0; KEY]);
        random(&mut *bytes)?;
        let key = self.wrap(place, &bytes)?;
        Ok((key, DataCipher::new(&bytes)))
    }

    /// The same data key under the current key.
    pub(super) fn rewrap(&self, key: DataKey) -> Result<DataKey, Unopened> {
        let bytes = self.unwrap(&key)?;
        self.wrap(key, &bytes)
    }

    /// The data key for use.
    pub(super) fn open(&self, key: &DataKey) -> Result<DataCipher, Unopened> {
        self.unwrap(key).map(|bytes| DataCipher::new(&bytes))
    }

    /// The bytes of a data key.
    pub(super) fn unwrap(&self, key: &DataKey) -> Result<Zeroizing<[u8; KEY]>, Unopened> {
        let Some(wrapped) = &key.wrapped else { return Err(Unopened::Destroyed { key: key.id.clone() }) };
        let cipher =
            self.keys.get(&key.kek).ok_or_else(|| Unopened::NoKey { key: key.id.clone(), kek: key.kek.clone() })?;
        let damaged = || Unopened::Damaged { what: format!("the data key {}", key.id) };
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let payload = Payload { msg: sealed, aad: &bound_to(key, &key.kek) };
        let bytes = Zeroizing::new(cipher.decrypt(&(*nonce).into(), payload).map_err(|_| damaged())?);
        bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| damaged())
    }

    fn wrap(&self, key: DataKey, bytes: &[u8; KEY]) -> Result<DataKey, Unopened> {
        let cipher = self.keys.get(&self.current).ok_or(Unopened::Exhausted)?;
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        let payload = Payload { msg: bytes, aad: &bound_to(&key, &self.current) };
        let sealed = cipher.encrypt(&nonce.into(), payload).map_err(|_| Unopened::Exhausted)?;
        let wrapped = [nonce.as_slice(), &sealed].concat();
        Ok(DataKey { kek: self.current.clone(), wrapped: Some(wrapped), ..key })
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.keys.keys().collect();
        f.debug_struct("KeyRing").field("keys", &names).field("current", &self.current).finish()
    }
}

/// Fills with bytes of the operating system. Not by parameter: what a seed could repeat is no key.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), Unopened> {
    SystemRandom::new().fill(bytes).map_err(|_| Unopened::Exhausted)
}

/// What a wrapped data key is bound to.
fn bound_to(key: &DataKey, kek: &str) -> Vec<u8> {
    let mut bound = b"tieline data key 1".to_vec();
    for text in [&key.id, &key.interface, kek] {
        bound.extend((text.len() as u64).to_be_bytes());
        bound.extend(text.as_bytes());
    }
    bound.extend(key.day.to_be_bytes());
    bound
}

/// A key from its text. The problem never quotes it.
fn read(name: &str, text: &SecretString) -> Result<Aes256Gcm, String> {
    if name.is_empty()
        || name.len() > LONGEST_NAME
        || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    {
        return Err(format!("must have a name of letters, digits, `-`, `_` and `.`, at most {LONGEST_NAME} of them"));
    }
    let text = text.expose_secret().trim();
    let mut bytes = Zeroizing::new([0; KEY]);
    let read = if text.len() == 2 * KEY { hexadecimal(text, &mut bytes) } else { from_base64(text, &mut bytes) };
    match read {
        Some(()) if bytes.iter().all(|byte| *byte == bytes[0]) => {
            Err("is 32 times the same byte: make one with `openssl rand -base64 32`".to_owned())
        }
        Some(()) => Ok(Aes256Gcm::new(&(*bytes).into())),
        None => {
            Err("is not 32 bytes as base64 or hexadecimal text: make one with `openssl rand -base64 32`".to_owned())
        }
    }
}

fn hexadecimal(text: &str, bytes: &mut [u8; KEY]) -> Option<()> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(digits[0])? << 4 | digit(digits[1])?;
    }
    Some(())
}

fn from_base64(text: &str, bytes: &mut [u8; KEY]) -> Option<()> {
    let decoded = Zeroizing::new(STANDARD.decode(text).ok()?);
    (decoded.len() == KEY).then(|| bytes.copy_from_slice(&decoded))
}
