//! Alert channels: where they are, and what they ask for.
//!
//! In: a section `alerts.<name>`. Out: a [`Channel`], or mistakes. Never knows: what is told.

use secrecy::SecretString;

use super::read::Section;

/// An alert channel.
#[derive(Debug)]
pub enum Channel {
    /// SAP Alert Notification service, producer API.
    SapAlertNotification {
        /// Base URL of the service key.
        url: String,
        /// OAuth token endpoint of the service key.
        token_url: String,
        /// Client.
        client_id: String,
        /// Its secret.
        client_secret: SecretString,
    },
    /// E-mail.
    Smtp {
        /// Host and port.
        host: String,
        /// Sender.
        from: String,
        /// Recipients.
        to: Vec<String>,
        /// Encryption of the connection.
        tls: SmtpTls,
        /// User, where the server asks for one.
        user: Option<String>,
        /// Its password.
        password: Option<SecretString>,
    },
    /// PagerDuty, Events API v2.
    PagerDuty {
        /// Base URL: `https://events.pagerduty.com`, or `https://events.eu.pagerduty.com`.
        url: String,
        /// Integration key.
        routing_key: SecretString,
    },
    /// Slack, incoming webhook.
    Slack {
        /// Its address, which is the credential.
        webhook: SecretString,
    },
    /// Microsoft Teams, webhook of Workflows.
    Teams {
        /// Its address, which is the credential.
        webhook: SecretString,
    },
}

/// Encryption of an SMTP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// None: only for a relay on the same machine.
    None,
    /// STARTTLS, refused without (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
}

/// Where PagerDuty is unless an environment says otherwise.
const PAGERDUTY: &str = "https://events.pagerduty.com";

#[derive(Clone, Copy)]
enum Kind {
    Ans,
    Smtp,
    PagerDuty,
    Slack,
    Teams,
}

const KINDS: [(&str, Kind); 5] = [
    ("sap-alert-notification", Kind::Ans),
    ("smtp", Kind::Smtp),
    ("pagerduty", Kind::PagerDuty),
    ("slack", Kind::Slack),
    ("teams", Kind::Teams),
];

pub(super) fn read(section: &mut Section<'_>) -> Option<Channel> {
    let Some(kind) = section.choice("kind", &KINDS) else {
        let kinds: Vec<_> = KINDS.iter().map(|(word, _)| format!("{word:?}")).collect();
        section.need("kind", &format!("write {}", kinds.join(" or ")));
        return None;
    };
    Some(match kind {
        Kind::Ans => Channel::SapAlertNotification {
            url: section.required("url"),
            token_url: section.required("token_url"),
            client_id: section.required("client_id"),
            client_secret: section.required_secret("client_secret"),
        },
        Kind::Smtp => Channel::Smtp {
            host: section.required("host"),
            from: section.required("from"),
            to: section.required_texts("to"),
            tls: section
                .choice("tls", &[("none", SmtpTls::None), ("starttls", SmtpTls::StartTls), ("tls", SmtpTls::Tls)])
                .unwrap_or(SmtpTls::StartTls),
            user: section.text("user"),
            password: section.secret("password"),
        },
        Kind::PagerDuty => Channel::PagerDuty {
            url: section.text("url").unwrap_or_else(|| PAGERDUTY.to_owned()),
            routing_key: section.required_secret("routing_key"),
        },
        Kind::Slack => Channel::Slack { webhook: section.required_secret("webhook") },
        Kind::Teams => Channel::Teams { webhook: section.required_secret("webhook") },
    })
}
