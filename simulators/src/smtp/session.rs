//! In: one connection. Out: SMTP replies, and accepted mails put into the sink.
//! Never knows: why a fault was planned.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{Mail, SmtpSink};
use crate::common::faults::{Call, Effect};
use crate::common::journal::Entry;
use crate::common::random::lock;

/// Longest command line; RFC 5321 §4.5.3.1.4 says 512, AUTH needs more.
const MAX_LINE: usize = 12_288;

/// Why a session stops.
enum End {
    Closed,
    StartTls,
}

type Step = Result<(), std::io::Error>;

/// Serves a connection, through `STARTTLS` if the client asks for it.
pub(super) async fn run(sink: Arc<SmtpSink>, acceptor: TlsAcceptor, stream: TcpStream) {
    let mut plain = Session::new(sink.clone(), stream);
    if !matches!(plain.greet_and_serve().await, Ok(End::StartTls)) {
        return;
    }
    let Ok(stream) = acceptor.accept(plain.stream.into_inner()).await else { return };
    let mut secure = Session::new(sink, stream);
    secure.encrypted = true;
    // A broken connection ends the session; there is nobody to tell.
    let _ = secure.serve().await;
}

struct Session<S> {
    sink: Arc<SmtpSink>,
    stream: BufStream<S>,
    encrypted: bool,
    authenticated: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// What the fault plan leaves of a command.
enum Verdict {
    /// Do the work.
    Go,
    /// Do the work, then drop the connection.
    GoAndDrop,
    /// Answer this instead.
    Say(u16),
    /// Drop the connection.
    Drop,
}

fn dropped() -> std::io::Error {
    std::io::ErrorKind::ConnectionAborted.into()
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    fn new(sink: Arc<SmtpSink>, stream: S) -> Self {
        Session {
            sink,
            stream: BufStream::new(stream),
            encrypted: false,
            authenticated: false,
            from: None,
            to: Vec::new(),
        }
    }

    async fn greet_and_serve(&mut self) -> Result<End, std::io::Error> {
        match self.faults("connect", None, b"").await.1 {
            Verdict::Say(code) => {
                self.say(&format!("{code} the fault plan asked for this")).await?;
                return Ok(End::Closed);
            }
            Verdict::Drop | Verdict::GoAndDrop => return Ok(End::Closed),
            Verdict::Go => self.say("220 localhost ESMTP simulator").await?,
        }
        self.serve().await
    }

    async fn serve(&mut self) -> Result<End, std::io::Error> {
        loop {
            let line = self.line().await?;
            let (verb, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.ehlo().await?,
                "HELO" => self.say("250 localhost").await?,
                "STARTTLS" if !self.encrypted => {
                    self.say("220 go ahead").await?;
                    return Ok(End::StartTls);
                }
                "AUTH" => self.auth(rest).await?,
                "MAIL" => self.mail(rest).await?,
                "RCPT" => self.rcpt(rest).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.forget();
                    self.say("250 forgotten").await?;
                }
                "NOOP" => self.say("250 ok").await?,
                "QUIT" => {
                    self.say("221 bye").await?;
                    return Ok(End::Closed);
                }
                _ => self.say("502 not implemented").await?,
            }
        }
    }

    async fn ehlo(&mut self) -> Step {
        let (_, verdict) = self.faults("ehlo", None, b"").await;
        if !self.go(&verdict).await? {
            return Ok(());
        }
        let size = lock(&self.sink.settings).max_size;
        let starttls = if self.encrypted { "" } else { "250-STARTTLS\r\n" };
        self.say(&format!("250-localhost\r\n{starttls}250-AUTH PLAIN LOGIN\r\n250-8BITMIME\r\n250 SIZE {size}")).await
    }

    async fn auth(&mut self, rest: &str) -> Step {
        let (seq, verdict) = self.faults("auth", None, b"").await;
        if !self.go(&verdict).await? {
            return Ok(());
        }
        if lock(&self.sink.settings).require_tls && !self.encrypted {
            return self.say("530 must issue STARTTLS first").await;
        }
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let credentials = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let answer = if initial.is_empty() { self.ask("334 ").await? } else { initial.to_owned() };
                let text = decode(&answer);
                let mut parts = text.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            "LOGIN" => {
                let user = self.ask("334 VXNlcm5hbWU6").await?;
                let password = self.ask("334 UGFzc3dvcmQ6").await?;
                (decode(&user), decode(&password))
            }
            _ => return self.say("504 unknown mechanism").await,
        };
        self.authenticated = credentials == (self.sink.user().to_owned(), self.sink.password());
        let code = if self.authenticated { 235 } else { 535 };
        self.sink.core.journal.close(seq, |entry| entry.status = Some(code));
        self.say(if self.authenticated { "235 welcome" } else { "535 credentials are invalid" }).await
    }

    async fn mail(&mut self, rest: &str) -> Step {
        let from = address(rest);
        let (seq, verdict) = self.faults("mail", from.as_deref(), b"").await;
        if !self.go(&verdict).await? {
            return Ok(());
        }
        let settings = lock(&self.sink.settings).clone();
        let announced = size(rest);
        let reply = match from {
            _ if settings.require_tls && !self.encrypted => "530 must issue STARTTLS first",
            _ if settings.require_auth && !self.authenticated => "530 authentication required",
            _ if announced > settings.max_size => "552 message is too big",
            None => "501 MAIL FROM:<address>",
            Some(from) => {
                self.forget();
                self.from = Some(from);
                "250 sender ok"
            }
        };
        self.done(seq, reply).await
    }

    async fn rcpt(&mut self, rest: &str) -> Step {
        let to = address(rest);
        let (seq, verdict) = self.faults("rcpt", to.as_deref(), b"").await;
        if !self.go(&verdict).await? {
            return Ok(());
        }
        let reply = match to {
            _ if self.from.is_none() => "503 MAIL first",
            Some(to) if !to.is_empty() => {
                self.to.push(to);
                "250 recipient ok"
            }
            _ => "501 RCPT TO:<address>",
        };
        self.done(seq, reply).await
    }

    async fn data(&mut self) -> Step {
        if self.to.is_empty() {
            return self.say("503 RCPT first").await;
        }
        self.say("354 end with a dot").await?;
        let max = lock(&self.sink.settings).max_size;
        let mut data = String::new();
        let mut too_big = false;
        loop {
            let line = self.line().await?;
            if line == "." {
                break;
            }
            too_big |= data.len() + line.len() > max;
            if !too_big {
                data.push_str(line.strip_prefix('.').unwrap_or(&line));
                data.push_str("\r\n");
            }
        }
        let key = self.to.first().cloned();
        let (seq, verdict) = self.faults("data", key.as_deref(), data.as_bytes()).await;
        if !matches!(verdict, Verdict::GoAndDrop) && !self.go(&verdict).await? {
            self.forget();
            return Ok(());
        }
        if too_big {
            return self.done(seq, "552 message is too big").await;
        }
        let mail = Mail {
            at: self.sink.core.clock.now_ms(),
            from: self.from.take().unwrap_or_default(),
            to: std::mem::take(&mut self.to),
            data,
        };
        lock(&self.sink.mails).push(mail);
        if matches!(verdict, Verdict::GoAndDrop) {
            return Err(dropped());
        }
        self.done(seq, "250 kept").await
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    /// Journals a command and asks the fault plan about it.
    async fn faults(&self, operation: &str, key: Option<&str>, body: &[u8]) -> (u64, Verdict) {
        let core = &self.sink.core;
        let effects = core.faults.take(Call { operation, path: "", key });
        let names: Vec<&str> = effects.iter().map(Effect::name).collect();
        let entry = Entry {
            at: core.clock.now_ms(),
            operation: operation.to_owned(),
            method: operation.to_ascii_uppercase(),
            effect: (!names.is_empty()).then(|| names.join("+")),
            key: key.map(str::to_owned),
            ..Entry::default()
        };
        let seq = core.journal.open(entry, body);
        let mut verdict = Verdict::Go;
        for effect in effects {
            match effect {
                Effect::Delay(span) => core.clock.sleep(Duration::from_millis(span)).await,
                Effect::Status { code, .. } => {
                    core.journal.close(seq, |entry| entry.status = Some(code));
                    verdict = Verdict::Say(code);
                }
                Effect::DropBefore => verdict = Verdict::Drop,
                Effect::DropAfter => verdict = Verdict::GoAndDrop,
                _ => {}
            }
        }
        (seq, verdict)
    }

    /// Says or does what the plan wants; true if the work itself is still to be done.
    async fn go(&mut self, verdict: &Verdict) -> Result<bool, std::io::Error> {
        match verdict {
            Verdict::Go => Ok(true),
            Verdict::Say(code) => {
                self.say(&format!("{code} the fault plan asked for this")).await?;
                Ok(false)
            }
            Verdict::Drop | Verdict::GoAndDrop => Err(dropped()),
        }
    }

    async fn done(&mut self, seq: u64, reply: &str) -> Step {
        let code = reply.get(..3).and_then(|code| code.parse().ok());
        let now = self.sink.core.clock.now_ms();
        self.sink.core.journal.close(seq, |entry| {
            entry.status = code;
            entry.until = Some(now);
        });
        self.say(reply).await
    }

    async fn ask(&mut self, question: &str) -> Result<String, std::io::Error> {
        self.say(question).await?;
        self.line().await
    }

    async fn say(&mut self, reply: &str) -> Step {
        self.stream.write_all(reply.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        self.stream.flush().await
    }

    /// A line without its end; bytes that are no UTF-8 become U+FFFD.
    async fn line(&mut self) -> Result<String, std::io::Error> {
        let mut line = Vec::new();
        loop {
            let available = self.stream.fill_buf().await?;
            if available.is_empty() {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |at| at + 1);
            line.extend_from_slice(&available[..taken]);
            self.stream.consume(taken);
            if end.is_some() {
                break;
            }
            if line.len() > MAX_LINE {
                return Err(std::io::ErrorKind::InvalidData.into());
            }
        }
        while matches!(line.last(), Some(b'\n' | b'\r')) {
            line.pop();
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

fn decode(text: &str) -> String {
    STANDARD.decode(text).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The address between angle brackets of `FROM:<…>` or `TO:<…>`.
fn address(rest: &str) -> Option<String> {
    let (_, path) = rest.split_once('<')?;
    Some(path.split_once('>')?.0.to_owned())
}

/// The `SIZE=` parameter (RFC 1870); 0 if absent.
fn size(rest: &str) -> usize {
    let parameter = rest.split(' ').find_map(|word| word.to_ascii_uppercase().strip_prefix("SIZE=").map(str::to_owned));
    parameter.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelope_parameters_are_read() {
        for (input, from, bytes) in [
            ("FROM:<a@example.org> SIZE=12 BODY=8BITMIME", Some("a@example.org"), 12),
            ("FROM:<>", Some(""), 0),
            ("FROM: a@example.org", None, 0),
        ] {
            assert_eq!((address(input).as_deref(), size(input)), (from, bytes), "{input}");
        }
    }
}
