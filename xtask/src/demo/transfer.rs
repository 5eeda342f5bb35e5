//! Moving octets through the tunnel and comparing their SHA-256.
//!
//! An order is one letter: `U` is followed by the octets, and answered by an `A` when all are in and then by their
//! digest; `D` is answered by the octets and their digest.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// What one transfer showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Transfer {
    /// Octets per second.
    pub(super) rate: f64,
    /// Both ends have the same digest.
    pub(super) same: bool,
}

/// The host behind the gateway: answers transfers over TCP and echoes datagrams. Says one line when ready.
pub(super) fn serve(address: SocketAddr, octets: usize) -> Result<()> {
    let echo = UdpSocket::bind(address)?;
    let listener = TcpListener::bind(address)?;
    let data = data(octets, FROM_GATEWAY);
    let digest = sha256(&data);
    crate::say::line("ready");
    thread::spawn(move || {
        let mut datagram = [0; 1500];
        while let Ok((len, from)) = echo.recv_from(&mut datagram) {
            // Lost on the way is lost.
            let _ = echo.send_to(&datagram[..len], from);
        }
    });
    for stream in listener.incoming() {
        // The other end sees that the stream ends early and says so.
        let _ = answer(stream?, &data, &digest);
    }
    Ok(())
}

/// Sends to the host behind the gateway.
pub(super) fn upload(address: SocketAddr, octets: usize) -> Result<Transfer> {
    let data = data(octets, TO_GATEWAY);
    let mut stream = connect(address)?;
    let start = Instant::now();
    stream
        .write_all(b"U")
        .and_then(|()| stream.write_all(&data))
        .context("sending")?;
    let mut arrived = [0];
    stream
        .read_exact(&mut arrived)
        .context("waiting for the last octet to arrive")?;
    let time = start.elapsed();
    let same = read_digest(&mut stream)? == sha256(&data);
    Ok(Transfer::new(octets, time, same))
}

/// Receives from the host behind the gateway.
pub(super) fn download(address: SocketAddr, octets: usize) -> Result<Transfer> {
    let mut data = vec![0; octets];
    let mut stream = connect(address)?;
    let start = Instant::now();
    stream.write_all(b"D").context("asking")?;
    stream.read_exact(&mut data).context("receiving")?;
    let time = start.elapsed();
    let same = read_digest(&mut stream)? == sha256(&data);
    Ok(Transfer::new(octets, time, same))
}

impl Transfer {
    fn new(octets: usize, time: Duration, same: bool) -> Self {
        let rate = octets as f64 / time.as_secs_f64();
        Self { rate, same }
    }
}

fn answer(mut stream: TcpStream, data: &[u8], digest: &[u8]) -> Result<()> {
    set_limits(&stream)?;
    let mut order = [0];
    stream.read_exact(&mut order)?;
    if order == *b"D" {
        stream.write_all(data)?;
        stream.write_all(digest)?;
        return Ok(());
    }
    let mut received = vec![0; data.len()];
    stream.read_exact(&mut received)?;
    stream.write_all(b"A")?;
    stream.write_all(&sha256(&received))?;
    Ok(())
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, STALL)
        .with_context(|| format!("{address} cannot be reached through the tunnel"))?;
    set_limits(&stream)?;
    Ok(stream)
}

fn set_limits(stream: &TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(STALL))?;
    stream.set_write_timeout(Some(STALL))?;
    Ok(())
}

fn read_digest(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut digest = vec![0; 32];
    stream
        .read_exact(&mut digest)
        .context("waiting for the checksum")?;
    Ok(digest)
}

fn sha256(data: &[u8]) -> Vec<u8> {
    Sha256::digest(data).to_vec()
}

/// Octets no packer makes smaller and no two places of which are alike (xorshift64*).
fn data(octets: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut data = Vec::with_capacity(octets + 8);
    while data.len() < octets {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        data.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    data.truncate(octets);
    data
}

/// A transfer in which nothing moves for so long has failed.
const STALL: Duration = Duration::from_secs(20);
const TO_GATEWAY: u64 = 0x9e37_79b9_7f4a_7c15;
const FROM_GATEWAY: u64 = 0xd1b5_4a32_d192_ed03;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_arrive_and_a_changed_one_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let host = thread::spawn(move || {
            let good = data(100_001, FROM_GATEWAY);
            let digest = sha256(&good);
            let mut bad = good.clone();
            bad[5000] ^= 1;
            for sent in [&good, &good, &bad] {
                answer(listener.accept().unwrap().0, sent, &digest).unwrap();
            }
        });
        assert!(upload(address, 100_001).unwrap().same);
        assert!(download(address, 100_001).unwrap().same);
        assert!(!download(address, 100_001).unwrap().same);
        host.join().unwrap();
    }
}
