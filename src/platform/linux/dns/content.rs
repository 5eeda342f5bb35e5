//! The resolver file as octets: our block in front of what others wrote, and out again.
//!
//! All that is needed to restore the file stands in the file, as comments. So it is restored to the octet although others
//! may have changed their part meanwhile, two tunnels can share it, and a machine that lost its power finds its way back
//! although the journal, which lies in memory, is gone. A file as we leave it:
//!
//! ```text
//! # vpnc-cli tun0 begin: name servers of the VPN, taken out again at its end
//! nameserver 10.20.0.53
//! search corp.example home.example
//! # vpnc-cli tun0 end
//! # vpnc-cli tun0 off: search home.example
//! nameserver 192.0.2.1
//! ```

use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::wanted::{Wanted, is_domain};

/// What stood at the place of the file before we made one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin<'a> {
    /// A file.
    File,
    /// A symbolic link to here.
    Link(&'a Path),
    /// Nothing.
    Nothing,
}

/// What is to stand at the place of the file when we are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Former {
    /// A file with this content.
    File(Vec<u8>),
    /// A symbolic link to here.
    Link(PathBuf),
    /// Nothing.
    Nothing,
}

/// `content` with what `wanted` asks for in front. What `tag` put in before is replaced. `None` when the target of a
/// link cannot be written down in a line.
pub(super) fn with(content: &[u8], tag: &str, wanted: &Wanted, origin: Origin<'_>) -> Option<Vec<u8>> {
    let former = without(content, tag);
    let mut text = Vec::new();
    let domains = search_list(&former, wanted);
    text.extend_from_slice(begin(tag).as_bytes());
    text.extend_from_slice(b": name servers of the VPN, taken out again at its end\n");
    for server in wanted.servers.iter().take(MAX_SERVERS) {
        text.extend_from_slice(format!("nameserver {server}\n").as_bytes());
    }
    if !domains.is_empty() {
        text.extend_from_slice(format!("search {}\n", domains.join(" ")).as_bytes());
    }
    text.extend_from_slice(end(tag).as_bytes());
    match origin {
        Origin::File => {}
        Origin::Nothing => text.extend_from_slice(NEW.as_bytes()),
        Origin::Link(target) => {
            let target = target.as_os_str().as_bytes();
            if target.is_empty() || target.contains(&b'\n') {
                return None;
            }
            text.extend_from_slice(format!("{LINK}{} ", digest(&former)).as_bytes());
            text.extend_from_slice(target);
            text.push(b'\n');
        }
    }
    let mut room = room_for_former(&former, wanted);
    for line in lines(&former) {
        let off = match keyword(line) {
            Some(Keyword::Search) => !domains.is_empty(),
            Some(Keyword::Server) => {
                let over = room == 0;
                room = room.saturating_sub(1);
                over
            }
            Some(Keyword::Options) | None => false,
        };
        if off {
            text.extend_from_slice(off_prefix(tag).as_bytes());
        }
        text.extend_from_slice(line);
    }
    Some(text)
}

/// What is to stand there without the part of `tag`; `None` when it has no part in `content`. A link comes back only if
/// nobody else has written into the file that took its place.
pub(super) fn former(content: &[u8], tag: &str) -> Option<Former> {
    if !holds(content, tag) {
        return None;
    }
    let rest = without(content, tag);
    if lines(&rest).any(is_of_another_run) {
        return Some(Former::File(rest));
    }
    let (origins, plain): (Vec<&[u8]>, Vec<&[u8]>) = lines(&rest).partition(|line| is_origin(line));
    let plain = plain.concat();
    let link = origins.iter().find_map(|line| line.strip_prefix(LINK.as_bytes()));
    Some(match link.and_then(split_link) {
        Some((sum, target)) if sum == digest(&plain).as_bytes() => Former::Link(target),
        None if plain.is_empty() && !origins.is_empty() => Former::Nothing,
        Some(_) | None => Former::File(plain),
    })
}

/// True when `tag` has a part in it.
pub(super) fn holds(content: &[u8], tag: &str) -> bool {
    lines(content).any(|line| is_begin(line, tag) || line.starts_with(off_prefix(tag).as_bytes()))
}

/// True when the file sends questions to one of these, or to a resolver of this machine which may know them.
pub(super) fn names_any(content: &[u8], servers: &[Ipv4Addr], or_loopback: bool) -> bool {
    name_servers(content).any(|word| {
        let address = word.parse::<Ipv4Addr>();
        address.is_ok_and(|address| servers.contains(&address) || or_loopback && address.is_loopback())
            || or_loopback && word == "::1"
    })
}

/// The name servers in it.
pub(super) fn name_servers(content: &[u8]) -> impl Iterator<Item = &str> {
    lines(content)
        .filter(|line| keyword(line) == Some(Keyword::Server))
        .filter_map(|line| words(line).nth(1))
}

/// Takes out what `tag` has put in.
fn without(content: &[u8], tag: &str) -> Vec<u8> {
    let prefix = off_prefix(tag);
    let mut rest = Vec::with_capacity(content.len());
    let mut inside = false;
    for mut line in lines(content) {
        if is_begin(line, tag) {
            inside = true;
            continue;
        }
        if is_end(line, tag) {
            inside = false;
            continue;
        }
        // a block whose end somebody has cut off ends where it cannot be ours any more
        if inside
            && matches!(
                keyword(switched_on(line)),
                Some(Keyword::Server | Keyword::Search)
            )
        {
            continue;
        }
        inside = false;
        while let Some(on) = line.strip_prefix(prefix.as_bytes()) {
            line = on;
        }
        if !is_begin(line, tag) && !is_end(line, tag) {
            rest.extend_from_slice(line);
        }
    }
    rest
}

/// How many of the former servers can stay. With `rotate` half of the questions would go to them, so none does.
fn room_for_former(former: &[u8], wanted: &Wanted) -> usize {
    let rotates = lines(former)
        .filter(|line| keyword(line) == Some(Keyword::Options))
        .any(|line| words(line).any(|word| word == "rotate"));
    match wanted.servers.len() {
        0 => usize::MAX,
        _ if rotates => 0,
        count => MAX_SERVERS.saturating_sub(count),
    }
}

/// Our search domains, then the former ones; empty when we have none, so that the former line stays as it is.
fn search_list(former: &[u8], wanted: &Wanted) -> Vec<String> {
    let mut all = wanted.search.clone();
    if all.is_empty() {
        return all;
    }
    // the last line counts, resolv.conf(5)
    let last = lines(former)
        .filter(|line| keyword(line) == Some(Keyword::Search))
        .last();
    for word in last.into_iter().flat_map(|line| words(line).skip(1)) {
        let name = word.strip_suffix('.').unwrap_or(word);
        if is_domain(name) && !all.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            all.push(name.to_owned());
        }
    }
    all
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Server,
    Search,
    Options,
}

fn keyword(line: &[u8]) -> Option<Keyword> {
    match words(line).next()? {
        "nameserver" => Some(Keyword::Server),
        "search" | "domain" => Some(Keyword::Search),
        "options" => Some(Keyword::Options),
        _ => None,
    }
}

/// The line as it was before tunnels, whichever they are, switched it off: a later one does so to the lines of an
/// earlier one.
fn switched_on(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(OURS.as_bytes()) {
        match rest
            .windows(OFF.len())
            .position(|window| window == OFF.as_bytes())
        {
            Some(at) => line = rest.get(at + OFF.len()..).unwrap_or_default(),
            None => return line,
        }
    }
    line
}

/// The words of a line; none when it is no text.
fn words(line: &[u8]) -> impl Iterator<Item = &str> {
    std::str::from_utf8(line)
        .unwrap_or_default()
        .split_ascii_whitespace()
}

/// Lines with their ends.
fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split_inclusive(|octet| *octet == b'\n')
}

fn is_begin(line: &[u8], tag: &str) -> bool {
    line.strip_prefix(begin(tag).as_bytes())
        .is_some_and(|rest| rest.first() == Some(&b':'))
}

fn is_end(line: &[u8], tag: &str) -> bool {
    line.trim_ascii_end() == end(tag).trim_ascii_end().as_bytes()
}

fn is_origin(line: &[u8]) -> bool {
    line.starts_with(LINK.as_bytes()) || line == NEW.as_bytes()
}

fn is_of_another_run(line: &[u8]) -> bool {
    line.starts_with(OURS.as_bytes()) && !is_origin(line)
}

fn split_link(line: &[u8]) -> Option<(&[u8], PathBuf)> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let blank = line.iter().position(|octet| *octet == b' ')?;
    let (sum, target) = (line.get(..blank)?, line.get(blank + 1..)?);
    Some((sum, PathBuf::from(OsStr::from_bytes(target))))
}

fn begin(tag: &str) -> String {
    format!("{OURS}{tag} begin")
}

fn end(tag: &str) -> String {
    format!("{OURS}{tag} end\n")
}

fn off_prefix(tag: &str) -> String {
    format!("{OURS}{tag}{OFF}")
}

fn digest(content: &[u8]) -> String {
    let sum = ring::digest::digest(&ring::digest::SHA256, content);
    let octets = sum.as_ref().iter().take(8);
    octets.map(|octet| format!("{octet:02x}")).collect()
}

/// How every comment of ours begins.
const OURS: &str = "# vpnc-cli ";

/// What stands between the name of a tunnel and a line it switched off.
const OFF: &str = " off: ";

/// What the file replaces: a digest of what the link led to, and where it led.
const LINK: &str = "# vpnc-cli instead of a link: ";

/// There was no file.
const NEW: &str = "# vpnc-cli instead of nothing\n";

/// Resolvers look at no more (MAXNS in resolv.h).
const MAX_SERVERS: usize = 3;

#[cfg(test)]
mod tests;
