//! A name server of a few lines: it knows one answer, and remembers what it was asked.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::space::Space;

/// A running server; ends when dropped.
pub(crate) struct Server {
    asked: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on port 53 of `address` and answers every question for an address by `answer`, but those with `unknown` in
    /// them by "no such name".
    pub(crate) fn start(space: &Space, address: &str, answer: Ipv4Addr, unknown: &'static str) -> Self {
        let socket = space.within(|| UdpSocket::bind((address, 53))).expect("port 53");
        let limit = Some(Duration::from_millis(100));
        socket.set_read_timeout(limit).expect("a limit");
        let (asked, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (notes, end) = (Arc::clone(&asked), Arc::clone(&over));
        let thread = thread::spawn(move || {
            let mut room = [0; 1500];
            while !end.load(Ordering::Relaxed) {
                let Ok((len, from)) = socket.recv_from(&mut room) else {
                    continue;
                };
                let Some((name, kind, end)) = question(&room[..len]) else {
                    continue;
                };
                let known = unknown.is_empty() || !name.contains(unknown);
                let reply = reply(&room[..end], known, (kind == TYPE_A).then_some(answer));
                notes.lock().expect("no panic").push(name);
                // The asker may be gone already.
                drop(socket.send_to(&reply, from));
            }
        });
        Self {
            asked,
            over,
            thread: Some(thread),
        }
    }

    /// The names it was asked for since the last call, each once.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        let mut names = std::mem::take(&mut *self.asked.lock().expect("no panic"));
        names.sort();
        names.dedup();
        names
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Name and type of the only question, and where it ends.
fn question(message: &[u8]) -> Option<(String, u16, usize)> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let len = usize::from(*message.get(at)?);
        at += 1;
        if len == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(message.get(at..at + len)?).to_lowercase());
        at += len;
    }
    let kind = message.get(at..at + 2)?.try_into().ok()?;
    message.get(at + 3)?;
    Some((labels.join("."), u16::from_be_bytes(kind), at + 4))
}

/// Header and question once more, with at most one answer (RFC 1035 §4.1).
fn reply(asked: &[u8], known: bool, answer: Option<Ipv4Addr>) -> Vec<u8> {
    let answer = answer.filter(|_| known);
    let mut reply = asked.to_vec();
    // a response, recursion available, error 3 for an unknown name
    reply[2] = 0x81;
    reply[3] = if known { 0x80 } else { 0x83 };
    reply[4..12].copy_from_slice(&[0, 1, 0, u8::from(answer.is_some()), 0, 0, 0, 0]);
    if let Some(address) = answer {
        // the name is that of the question; type A, class IN, not to be kept, four octets
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        reply.extend(address.octets());
    }
    reply
}

const TYPE_A: u16 = 1;
