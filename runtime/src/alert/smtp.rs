//! E-mail by SMTP submission (RFC 6409), with STARTTLS where the environment does not say otherwise.
//!
//! In: posts. Out: mails that thread by incident and that auto-responders leave alone. Never knows: the outbox.

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::{
    Channel, Links, Undelivered,
    words::{body, subject},
};
use crate::{door::Promise, environment::SmtpTls, journal::Post};

/// A mail relay with sender and recipients.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
    domain: String,
    links: Links,
}

impl Smtp {
    /// A channel over `host` (`name:port`; port 587 if none is given, 465 for TLS at once).
    ///
    /// # Errors
    /// An address or the host cannot be used.
    pub fn new(
        host: &str,
        from: &str,
        to: &[String],
        (tls, login): (SmtpTls, Option<(String, SecretString)>),
        links: Links,
    ) -> Result<Self, String> {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) => (name, port.parse().map_err(|_| format!("host: `{port}` is no port"))?),
            None if tls == SmtpTls::Tls => (host, 465),
            None => (host, 587),
        };
        let parameters = || TlsParameters::new(name.to_owned()).map_err(|error| format!("tls: {error}"));
        let tls = match tls {
            SmtpTls::None => Tls::None,
            SmtpTls::StartTls => Tls::Required(parameters()?),
            SmtpTls::Tls => Tls::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(name).port(port).tls(tls);
        if let Some((user, password)) = login {
            builder = builder.credentials(Credentials::new(user, password.expose_secret().to_owned()));
        }
        let mailbox = |address: &str| address.parse::<Mailbox>().map_err(|error| format!("`{address}`: {error}"));
        let from = mailbox(from)?;
        let to = to.iter().map(|address| mailbox(address)).collect::<Result<_, _>>()?;
        let domain = from.email.domain().to_owned();
        Ok(Self { transport: builder.build(), from, to, domain, links })
    }

    fn mail(&self, post: &Post) -> Result<Message, lettre::error::Error> {
        let incident = &post.incident;
        // All mails of an incident answer the same (never sent) message, so readers show them as one thread.
        let digest = Sha256::digest(format!("{}@{}", incident.dedup_key, incident.first_ms).as_bytes());
        let short: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let thread = format!("<incident-{short}@{}>", self.domain);
        let mut builder = Message::builder()
            .from(self.from.clone())
            .message_id(Some(format!("<alert-{}@{}>", post.id, self.domain)))
            .date_now()
            .in_reply_to(thread.clone())
            .references(thread)
            .header(AutoSubmitted)
            .header(SuppressAutoResponse)
            .subject(subject(incident));
        for mailbox in &self.to {
            builder = builder.to(mailbox.clone());
        }
        builder.header(ContentType::TEXT_PLAIN).body(body(incident, &self.links))
    }

    async fn post(&self, post: &Post) -> Result<(), Undelivered> {
        let failed = |permanent, detail: String| Undelivered { permanent, retry_after_ms: None, detail };
        let mail = self.mail(post).map_err(|error| failed(true, error.to_string()))?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(error.is_permanent(), error.to_string())),
        }
    }
}

impl Channel for Smtp {
    fn tell<'a>(&'a self, post: &'a Post) -> Promise<'a, Result<(), Undelivered>> {
        Box::pin(self.post(post))
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("to", &self.to.len()).finish_non_exhaustive()
    }
}

/// RFC 3834: a machine wrote this.
#[derive(Debug, Clone)]
struct AutoSubmitted;

/// What mail systems that do not know RFC 3834 look at.
#[derive(Debug, Clone)]
struct SuppressAutoResponse;

macro_rules! fixed_header {
    ($ty:ident, $name:literal, $value:literal) => {
        impl Header for $ty {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self)
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value.to_owned())
            }
        }
    };
}

fixed_header!(AutoSubmitted, "Auto-Submitted", "auto-generated");
fixed_header!(SuppressAutoResponse, "X-Auto-Response-Suppress", "All");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{Incident, PostState},
        lifecycle::Reason,
    };

    #[tokio::test]
    async fn mails_thread_and_keep_auto_responders_quiet() {
        let to = ["integration-support@example.org".to_owned()];
        let smtp =
            Smtp::new("127.0.0.1:2525", "tieline@example.org", &to, (SmtpTls::None, None), Links::default()).unwrap();
        let incident = Incident {
            dedup_key: "A/B/EXHAUSTED".to_owned(),
            interface: "A".to_owned(),
            target: "B\r\nBcc: everybody@example.org".to_owned(),
            reason: Reason::Exhausted.into(),
            acknowledged: None,
            firing: true,
            count: 1,
            first_ms: 0,
            last_ms: 0,
            updates: 0,
            told: 1,
            channels: Vec::new(),
            message_id: "m1".to_owned(),
            detail: "no answer".to_owned(),
        };
        let post = Post {
            id: "p1".to_owned(),
            channel: "Email".to_owned(),
            incident,
            state: PostState::Pending,
            tries: 0,
            due_ms: 0,
            created_ms: 0,
            error: String::new(),
        };
        let mail = String::from_utf8(smtp.mail(&post).unwrap().formatted()).unwrap();
        let (headers, _) = mail.split_once("\r\n\r\n").unwrap();
        for line in [
            "Message-ID: <alert-p1@example.org>",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "To: integration-support@example.org",
        ] {
            assert!(headers.contains(line), "{line}\n{headers}");
        }
        assert!(!headers.contains("\r\nBcc:"), "a line break in a name is no header");
        assert!(Smtp::new("host:port", "a@b.org", &[], (SmtpTls::None, None), Links::default()).is_err());
        assert!(Smtp::new("host", "nobody", &[], (SmtpTls::None, None), Links::default()).is_err());
    }
}
