//! The operator's listener of a running service, asked over HTTP.
//!
//! In: where it is and who asks. Out: JSON, or why not with a way out. Never knows: what is asked for.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Certificate, Identity, Method, RequestBuilder, Response, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    args::operate::{Reach, Tls},
    failure::Failure,
};

/// Where a service is if nobody says.
const DEFAULT: &str = "http://127.0.0.1:8081";
/// Where `run` and `demo` write down the service they started, below the project.
const NOTE: &str = "target/tieline/service.json";
/// Longest wait for an answer: a bulk decision keeps a pace.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longest answer that is passed on.
const MOST_PASSED: usize = 32 * 1024 * 1024;

/// A service that was started in a project, for whoever operates it from there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    admin: String,
    token_file: Option<PathBuf>,
}

/// A note that is taken away when the service ends.
#[derive(Debug)]
pub(crate) struct Noted(PathBuf);

impl Note {
    /// Writes down a service that was started in the project of this root.
    pub(crate) fn write(root: &Path, admin: &str, token_file: Option<PathBuf>) -> Result<Noted, Failure> {
        let path = root.join(NOTE);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Failure::file("making", folder))?;
        }
        let note = Self { admin: format!("http://{admin}"), token_file };
        let text = serde_json::to_string(&note).map_err(|error| Failure::Other(error.to_string()))?;
        std::fs::write(&path, text).map_err(Failure::file("writing", &path))?;
        Ok(Noted(path))
    }

    /// Whether a service was started in the project around the current folder, and not ended.
    pub(crate) fn exists() -> bool {
        Self::find().is_some()
    }

    /// The note of the project around the current folder.
    fn find() -> Option<Self> {
        let here = std::env::current_dir().ok()?;
        let text = here.ancestors().find_map(|folder| std::fs::read_to_string(folder.join(NOTE)).ok())?;
        serde_json::from_str(&text).ok()
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        // A note that stays behind leads to an address where nobody answers; the message then says so.
        let _gone = std::fs::remove_file(&self.0);
    }
}

/// A way to a service.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Token,
}

/// What a client shows. A file is read anew for each request: a service writes another token at each start.
#[derive(Debug)]
enum Token {
    None,
    Text(String),
    File(PathBuf),
}

impl Token {
    fn text(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Text(text) => Some(text.clone()),
            Self::File(path) => read_token(path).ok(),
        }
    }
}

/// A question that is passed on.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) segments: &'a [&'a str],
    pub(crate) query: &'a [(String, String)],
    /// The asker's own `Authorization`.
    pub(crate) authorization: Option<reqwest::header::HeaderValue>,
    /// JSON.
    pub(crate) body: Option<Vec<u8>>,
    /// Longest wait.
    pub(crate) patience: Duration,
}

/// What came of a request that the service understood.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is done.
    Done(Value),
    /// It is not, and this is why.
    Declined(String),
}

impl Client {
    /// The service that the arguments name.
    pub(crate) fn new(reach: &Reach) -> Result<Self, Failure> {
        let note = Note::find();
        let named =
            reach.admin.clone().map(|admin| if admin.contains("://") { admin } else { format!("http://{admin}") });
        // The token of one service is not shown to another.
        let note = note.filter(|note| named.as_ref().is_none_or(|named| *named == note.admin));
        let base = named.or_else(|| note.as_ref().map(|note| note.admin.clone())).unwrap_or_else(|| DEFAULT.to_owned());
        let base: Url = base.parse().map_err(|_| Failure::Other(format!("{base} is no address of a service")))?;
        if base.cannot_be_a_base() {
            return Err(Failure::Other(format!("{base} is no address of a service")));
        }
        let token = token(reach, note)?;
        let http = http(reach, base.scheme() == "https")?;
        Ok(Self { http, base, token })
    }

    /// The same service for somebody else: nothing of our own is shown.
    pub(crate) fn stranger(&self, reach: &Reach) -> Result<Self, Failure> {
        let reach = Reach { tls: Tls { certificate: None, key: None, ..reach.tls.clone() }, ..reach.clone() };
        Ok(Self { http: http(&reach, self.base.scheme() == "https")?, base: self.base.clone(), token: Token::None })
    }

    /// Passes a question on, with what its asker shows, if anything; status and body as they come.
    pub(crate) async fn pass(&self, call: Call<'_>) -> Result<(u16, Vec<u8>), Failure> {
        let mut request = self.request(call.method, call.segments).query(call.query).timeout(call.patience);
        if let Some(shown) = call.authorization {
            request = request.header(reqwest::header::AUTHORIZATION, shown);
        }
        if let Some(body) = call.body {
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
        }
        let mut response = self.send(request).await?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_PASSED {
                return Err(Failure::Other(format!("{} answered more than {MOST_PASSED} bytes", self.address())));
            }
        }
        Ok((status, body))
    }

    /// Asks; a 404 or another refusal of the question is an answer too.
    pub(crate) async fn get(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Answer, Failure> {
        self.answer(self.request(Method::GET, segments).query(query)).await
    }

    /// Asks for something that is always there.
    pub(crate) async fn ask(&self, segments: &[&str], query: &[(&str, String)]) -> Result<Value, Failure> {
        match self.get(segments, query).await? {
            Answer::Done(value) => Ok(value),
            Answer::Declined(why) => Err(Failure::Other(why)),
        }
    }

    /// Asks for text of any length, handed over as it comes.
    pub(crate) async fn stream(
        &self,
        segments: &[&str],
        query: &[(&str, String)],
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<Option<String>, Failure> {
        let mut response = self.send(self.request(Method::GET, segments).query(query)).await?;
        if !response.status().is_success() {
            return self.refusal(response).await.map(Some);
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            take(&chunk)?;
        }
        Ok(None)
    }

    /// Decides.
    pub(crate) async fn post(&self, segments: &[&str], body: &Value) -> Result<Answer, Failure> {
        self.answer(self.request(Method::POST, segments).json(body)).await
    }

    fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        let request = self.http.request(method, url);
        match self.token.text() {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let response = self.send(request).await?;
        if response.status().is_success() {
            return response.json().await.map(Answer::Done).map_err(|error| self.unreachable(&error));
        }
        self.refusal(response).await.map(Answer::Declined)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    /// Why the service refused; that we may not ask at all, or that it is in trouble, is a failure.
    async fn refusal(&self, response: Response) -> Result<String, Failure> {
        let status = response.status().as_u16();
        let problem: Option<Value> = response.json().await.ok();
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str()).unwrap_or("it does not say why");
        let fields = problem.as_ref().and_then(|problem| problem["errors"].as_array()).into_iter().flatten();
        let fields = fields.map(|field| {
            let text = |name: &str| field[name].as_str().unwrap_or_default();
            format!("\n  {} {}", text("pointer"), text("detail"))
        });
        let detail = detail.to_owned() + &fields.collect::<String>();
        match status {
            401 | 403 => Err(Failure::Other(format!(
                "{} refused: {detail}\n  help: name a file with a token by --token-file or TIELINE_TOKEN_FILE; a service \
                 on this machine writes one beside its store at each start",
                self.address()
            ))),
            400 | 404 | 409 | 422 => Ok(detail),
            _ => Err(Failure::Other(format!("{} answered {status}: {detail}", self.address()))),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Failure::Other(format!(
            "no service answers at {}: {cause}\n  help: start one with `tieline run` or `tieline demo`, or name the \
             operator's listener of another with --admin URL or TIELINE_ADMIN",
            self.address()
        ))
    }

    /// Where the service is.
    pub(crate) fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }
}

fn token(reach: &Reach, note: Option<Note>) -> Result<Token, Failure> {
    if let Some(path) = &reach.token_file {
        return read_token(path).map(|_| Token::File(path.clone()));
    }
    match std::env::var("TIELINE_TOKEN") {
        Ok(token) if !token.trim().is_empty() => Ok(Token::Text(token.trim().to_owned())),
        // A token file that is gone or somebody else's leaves us what anybody may do.
        _ => Ok(note.and_then(|note| note.token_file).map_or(Token::None, Token::File)),
    }
}

fn read_token(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(Failure::file("reading", path))?;
    Ok(text.trim().to_owned())
}

fn http(reach: &Reach, tls: bool) -> Result<reqwest::Client, Failure> {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let read = |path: &PathBuf| std::fs::read(path).map_err(Failure::file("reading", path));
    let unusable = |path: &PathBuf, error: reqwest::Error| Failure::Other(format!("{}: {error}", path.display()));
    let mut builder = reqwest::Client::builder().no_proxy().timeout(PATIENCE).connect_timeout(Duration::from_secs(5));
    match &reach.tls.ca {
        Some(path) => {
            let authorities = Certificate::from_pem_bundle(&read(path)?).map_err(|error| unusable(path, error))?;
            builder = builder.tls_certs_only(authorities);
        }
        // Without TLS nobody needs the authorities of the system, which need not be there.
        None if !tls => builder = builder.tls_certs_only([]),
        None => {}
    }
    if let (Some(certificate), Some(key)) = (&reach.tls.certificate, &reach.tls.key) {
        let mut pem = read(certificate)?;
        pem.push(b'\n');
        pem.extend(read(key)?);
        builder = builder.identity(Identity::from_pem(&pem).map_err(|error| unusable(certificate, error))?);
    }
    builder.build().map_err(|error| Failure::Other(format!("making an HTTP client: {error}")))
}
