//! Servers inside: pages of any size with their SHA-256, and the names of the inside.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use ring::digest::{Context, SHA256};

use crate::lab::{INSIDE, Lab};

/// Serves `GET /LENGTH` with that many octets and `PUT` with their SHA-256, until the test ends.
pub(crate) fn serve_pages(lab: &Lab) {
    let listener = lab.beyond.within(|| TcpListener::bind((INSIDE, 80)));
    let listener = listener.expect("a listener");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answer(stream));
        }
    });
}

fn answer(stream: TcpStream) -> Option<()> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut writer = stream;
    let path = first.split(' ').nth(1)?.trim_start_matches('/');
    if first.starts_with("PUT ") {
        let text = digest(reader.take(length));
        write!(writer, "HTTP/1.0 200 OK\r\n\r\n{text}\n").ok()?;
    } else {
        write!(writer, "HTTP/1.0 200 OK\r\n\r\n").ok()?;
        let mut page = Page::new(path.parse().ok()?);
        std::io::copy(&mut page, &mut writer).ok()?;
    }
    writer.shutdown(Shutdown::Both).ok()
}

/// SHA-256 of what is to be read, as `sha256sum` has it.
pub(crate) fn digest(mut reader: impl Read) -> String {
    let (mut context, mut block) = (Context::new(&SHA256), vec![0; 64 * 1024]);
    loop {
        match reader.read(&mut block) {
            Ok(0) | Err(_) => break,
            Ok(len) => context.update(&block[..len]),
        }
    }
    let digest = context.finish();
    digest
        .as_ref()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}

/// Octets unlike anything a lost or doubled packet could imitate (xorshift64).
pub(crate) struct Page {
    left: u64,
    state: u64,
}

impl Page {
    pub(crate) fn new(length: u64) -> Self {
        Self {
            left: length,
            state: 0x9e37_79b9_7f4a_7c15,
        }
    }
}

impl Read for Page {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let len = room.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        for chunk in room[..len].chunks_mut(8) {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            chunk.copy_from_slice(&self.state.to_le_bytes()[..chunk.len()]);
        }
        self.left -= len as u64;
        Ok(len)
    }
}

/// Answers for the names of `corp.example` at [`SERVER`]: `wiki` is [`INSIDE`], `long` too, but not in a datagram.
/// Gives the names that were asked for, by datagram and otherwise.
pub(crate) fn serve_names(lab: &Lab) -> std::sync::mpsc::Receiver<String> {
    lab.beyond.ip(&format!("address add {SERVER}/32 dev lo"));
    let sockets = lab.beyond.within(|| {
        Ok::<_, std::io::Error>((UdpSocket::bind((SERVER, 53))?, TcpListener::bind((SERVER, 53))?))
    });
    let (datagrams, streams) = sockets.expect("sockets");
    let (news, asked) = std::sync::mpsc::channel();
    let told = news.clone();
    thread::spawn(move || {
        let mut room = [0; 512];
        while let Ok((len, from)) = datagrams.recv_from(&mut room) {
            let (name, message) = name_answer(&room[..len], true);
            drop(told.send(name));
            drop(datagrams.send_to(&message, from));
        }
    });
    thread::spawn(move || {
        for mut stream in streams.incoming().map_while(Result::ok) {
            let mut len = [0; 2];
            stream.read_exact(&mut len).expect("a question");
            let mut question = vec![0; u16::from_be_bytes(len).into()];
            stream.read_exact(&mut question).expect("a question");
            let (name, message) = name_answer(&question, false);
            drop(news.send(format!("{name} over TCP")));
            let len = (message.len() as u16).to_be_bytes();
            stream
                .write_all(&[&len, &message[..]].concat())
                .expect("a reader");
        }
    });
    asked
}

fn name_answer(question: &[u8], by_datagram: bool) -> (String, Vec<u8>) {
    let (mut name, mut rest) = (Vec::new(), &question[12..]);
    while rest[0] != 0 {
        let (label, after) = rest[1..].split_at(rest[0].into());
        name.push(String::from_utf8_lossy(label).into_owned());
        rest = after;
    }
    let name = name.join(".");
    let mut message = question.to_vec();
    message[2] |= 0x80;
    match name.as_str() {
        "long.corp.example" if by_datagram => message[2] |= 0x02,
        "wiki.corp.example" | "long.corp.example" => {
            message[7] = 1;
            message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            message.extend(INSIDE.parse::<std::net::Ipv4Addr>().expect("an address").octets());
        }
        _ => message[3] |= 3,
    }
    (name, message)
}

/// The name server inside.
pub(crate) const SERVER: &str = "10.20.0.53";

const PATIENCE: Duration = Duration::from_secs(60);
