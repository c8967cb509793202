//! In: a client and the kind of token a caller wants to show. Out: the token, good or bad in exactly one way.
//! Never knows: the callers' payloads.

use serde_json::json;

use super::keys::{self, SigningKey};
use super::{Client, DEFAULT_LIFETIME, Idp};
use crate::common::random::lock;

/// What a caller shows as its credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A good token with the client's scopes.
    Valid,
    /// No `Authorization` header at all.
    None,
    /// Expired a day ago; all else is right.
    Expired,
    /// Made for another audience.
    WrongAudience,
    /// Without any scope this client has.
    WrongScope,
    /// From another issuer, though signed with the right key.
    WrongIssuer,
    /// Signed with a key that the identity provider does not publish.
    UnknownKey,
    /// `alg: none`, no signature.
    Unsigned,
    /// No JWT at all.
    Garbage,
}

impl Idp {
    /// A token of the given kind for `client`; `None` for [`Token::None`].
    #[must_use]
    pub fn token(&self, client: Client, kind: Token) -> Option<String> {
        let scopes: Vec<String> = client.scopes().iter().map(ToString::to_string).collect();
        let mut claims = self.claims(client, &scopes);
        match kind {
            Token::Valid => {}
            Token::None => return None,
            Token::Expired => {
                let now = self.core.clock.now_s();
                claims["iat"] = json!(now - 90_000);
                claims["exp"] = json!(now - 86_400);
            }
            Token::WrongAudience => claims["aud"] = json!("another-application"),
            Token::WrongScope => claims["scope"] = json!("unrelated.read"),
            Token::WrongIssuer => claims["iss"] = json!("http://issuer.example.org"),
            Token::Unsigned => return Some(keys::unsigned(&claims)),
            Token::Garbage => return Some("not-a-token".to_owned()),
            Token::UnknownKey => {
                return SigningKey::generate("unpublished".to_owned()).ok().map(|key| key.sign(&claims));
            }
        }
        Some(self.sign(&claims))
    }

    /// A token as the token endpoint issues it, the provider's knobs applied.
    pub(super) fn mint(&self, client: Client, scopes: &[String]) -> String {
        let mut claims = self.claims(client, scopes);
        {
            let state = lock(&self.state);
            if let Some(audience) = &state.audience {
                claims["aud"] = json!(audience);
            }
            let now = self.core.clock.now_s();
            let life = i64::try_from(state.lifetime.as_secs()).unwrap_or(i64::MAX / 4);
            claims["exp"] = json!(if state.expired { now - 60 } else { now + life });
        }
        self.sign(&claims)
    }

    fn claims(&self, client: Client, scopes: &[String]) -> serde_json::Value {
        let now = self.core.clock.now_s();
        json!({
            "iss": self.issuer(), "sub": client.id(), "client_id": client.id(), "aud": client.audience(),
            "scope": scopes.join(" "), "iat": now,
            "exp": now + i64::try_from(DEFAULT_LIFETIME.as_secs()).unwrap_or_default(),
            "jti": self.core.random.uuid(),
        })
    }

    fn sign(&self, claims: &serde_json::Value) -> String {
        lock(&self.state).keys.last().map(|key| key.sign(claims)).unwrap_or_default()
    }
}
