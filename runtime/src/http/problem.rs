//! Refusals: problem details (RFC 9457) with an error id.
//!
//! In: what was refused and why. Out: a response. Never knows: how it was found out. Details never repeat what a
//! caller sent, except through messages that violations allow.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use crate::{
    descriptor::{Interface, Method},
    door::Refusal,
    format::json,
    message::Violations,
    value::{Record, Value},
};

/// Why a request is not served.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) detail: String,
    pub(crate) violations: Box<Violations>,
    pub(crate) retry_after_s: Option<u64>,
    /// `WWW-Authenticate`, `Allow`…
    pub(crate) headers: Vec<(HeaderName, String)>,
}

impl Problem {
    pub(crate) fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), violations: Box::default(), retry_after_s: None, headers: Vec::new() }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    pub(crate) fn invalid(violations: Violations) -> Self {
        let count = violations.iter().len() + violations.more();
        let detail = if count == 1 { "1 field is wrong".to_owned() } else { format!("{count} fields are wrong") };
        Self { violations: Box::new(violations), ..Self::new(400, detail) }
    }

    pub(crate) fn method_not_allowed(methods: &[Method]) -> Self {
        let allow = methods.iter().map(|method| name(*method)).collect::<Vec<_>>().join(", ");
        Self::new(405, "this path takes other methods").with_header(header::ALLOW, allow)
    }

    /// The answer, with the document's own words for the status where it has some.
    pub(crate) fn into_response(self, interface: Option<&'static Interface>, error_id: &str) -> Response<Full<Bytes>> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = self.body(status, interface, error_id);
        let mut response = Response::new(Full::new(Bytes::from(json::write(&Value::Record(body)))));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(name, value);
            }
        }
        response
    }

    fn body(&self, status: StatusCode, interface: Option<&'static Interface>, error_id: &str) -> Record {
        let text = |text: &str| Value::Text(text.to_owned());
        let own_words = interface.and_then(|interface| {
            let (_, words) = interface.responses.iter().find(|(of, _)| *of == self.status)?;
            Some((format!("urn:tieline:{}:{}", interface.smart_id, self.status), *words))
        });
        let mut body = Record::new();
        match own_words {
            Some((kind, words)) => {
                body.put("type", &kind);
                body.put("title", &text(words));
            }
            None => {
                body.put("type", &text("about:blank"));
                body.put("title", &text(status.canonical_reason().unwrap_or("Error")));
            }
        }
        body.put("status", &i64::from(self.status));
        body.put("detail", &self.detail);
        body.put("errorId", &text(error_id));
        body.put("retryable", &matches!(self.status, 408 | 429 | 500 | 502..=504));
        if !self.violations.is_empty() {
            let errors = self.violations.iter().map(|violation| {
                let mut error = Record::new();
                error.put("pointer", &violation.pointer);
                error.put("detail", &violation.detail);
                Value::Record(error)
            });
            body.put("errors", &Value::List(errors.collect()));
        }
        body
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(violations) => Self::invalid(violations),
            Refusal::KeyReused => Self::new(422, "the idempotency key was used before with another body"),
            Refusal::Unavailable { retry_after_s, reason } => {
                Self::new(503, reason).retry_after(u64::from(retry_after_s))
            }
            Refusal::Failed { status, reason, detail } => Self::new(status, format!("{reason}: {detail}")),
        }
    }
}

const fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}
