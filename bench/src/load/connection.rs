//! One kept-alive HTTP/1.1 connection that only posts.
//!
//! In: bodies of one size. Out: statuses. Never knows: what they mean.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::orders::SIZE;

pub(super) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    head: usize,
    reply: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(to: SocketAddr, path: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {to}\r\ncontent-type: application/json\r\ncontent-length: {SIZE}\r\n\r\n"
        )
        .into_bytes();
        Ok(Self { stream, head: request.len(), request, reply: Vec::with_capacity(4096) })
    }

    /// Posts a body and reads the whole reply.
    pub(super) async fn post(&mut self, body: &[u8]) -> io::Result<u16> {
        self.request.truncate(self.head);
        self.request.extend_from_slice(body);
        self.stream.write_all(&self.request).await?;
        self.reply.clear();
        loop {
            if self.stream.read_buf(&mut self.reply).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, length)) = parse(&self.reply)
                && self.reply.len() >= length
            {
                return Ok(status);
            }
        }
    }
}

/// Status and whole length, once the head is there.
fn parse(reply: &[u8]) -> Option<(u16, usize)> {
    let head = reply.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&reply[..head]).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    Some((status, head + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_ended_when_its_length_is_there() {
        assert_eq!(parse(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n"), None);
        let reply = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(parse(reply), Some((202, reply.len())));
    }
}
