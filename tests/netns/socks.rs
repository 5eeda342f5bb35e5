//! `--socks`: an ordinary user without any capability reaches the inside through a proxy.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::data::amount;
use crate::inner::{Page, SERVER, digest, serve_names, serve_pages};
use crate::lab::{INSIDE, Lab, SOON, has, say, wait_until, within_time};
use crate::rights::{as_nobody, lab_for_nobody_with};
use crate::snapshot::Snapshot;

#[test]
fn a_user_without_any_right_moves_octets_by_names_of_the_inside() {
    let Some((lab, client, port)) = proxied("", "") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let asked = serve_names(&lab);
    serve_pages(&lab);
    client.wait_for("data goes over ESP");
    let amount = amount();
    let page = digest(Page::new(amount));
    let file = lab.file("page");
    let mut upload = fs::File::create(&file).expect("a file");
    std::io::copy(&mut Page::new(amount), &mut upload).expect("room");

    let start = Instant::now();
    let got = curl(
        &lab,
        port,
        &[&format!("http://wiki.corp.example/{amount}")],
        digest,
    );
    let down = start.elapsed();
    assert_eq!(got, page, "down");
    let start = Instant::now();
    let arguments = ["-T", &file.to_string_lossy(), "http://long/"];
    let got = curl(&lab, port, &arguments, |mut output| {
        let mut text = String::new();
        output.read_to_string(&mut text).expect("text");
        text
    });
    let up = start.elapsed();
    assert_eq!(got.trim(), page, "up");
    let speed = |time: Duration| amount as f64 * 8e-6 / time.as_secs_f64();
    say(&format!(
        "{:.0} Mbit/s down, {:.0} Mbit/s up",
        speed(down),
        speed(up)
    ));

    let asked: Vec<_> = asked.try_iter().collect();
    assert_eq!(
        asked,
        [
            "wiki.corp.example",
            "long.corp.example",
            "long.corp.example over TCP"
        ]
    );
    before.assert_restored(&lab);
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn what_cannot_be_reached_is_told_in_the_words_of_socks() {
    let Some((lab, client, port)) = proxied("--exclude 203.0.113.128/25", "") else {
        return;
    };
    serve_names(&lab);
    // what curl says: 1 general … 8 address type
    for (place, code) in [
        (INSIDE, 5),
        ("nobody.corp.example", 4),
        ("203.0.113.200", 2),
        ("127.0.0.1", 2),
        ("[2001:db8::1]", 8),
    ] {
        let output = run_curl(&lab, port, &[&format!("http://{place}:81/")]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(&format!("({code})")), "{place}: {told}");
        assert_eq!(output.status.code(), Some(97), "{place}: {told}");
    }
    // what a router inside says is passed on
    lab.beyond.ip("route add prohibit 10.20.8.0/24");
    lab.beyond.ip("route add unreachable 10.20.9.0/24");
    let switch = "/proc/sys/net/ipv4/conf/all/forwarding";
    lab.beyond.within(|| fs::write(switch, "1")).expect("a switch");
    for (place, code) in [("10.20.8.8", 2), ("10.20.9.9", 4)] {
        let output = run_curl(&lab, port, &["--max-time", "20", &format!("http://{place}/")]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(&format!("({code})")), "{place}: {told}");
    }
    client.interrupt();
}

#[test]
fn programs_that_know_http_proxies_only_are_served_too() {
    let Some((lab, client, port)) = proxied("", "") else {
        return;
    };
    serve_names(&lab);
    serve_pages(&lab);
    let mut command = lab.program(&["curl", "-sS", "--max-time", "20", "-p", "-x"]);
    command
        .arg(format!("http://127.0.0.1:{port}"))
        .arg("http://wiki/1000");
    let output = command.output().expect("curl runs");
    assert_eq!(digest(&output.stdout[..]), digest(Page::new(1000)), "{output:?}");
    client.interrupt();
}

#[test]
fn the_end_of_one_direction_and_a_reset_are_passed_on() {
    let Some((lab, client, port)) = proxied("", "") else {
        return;
    };
    let listener = echo_port(&lab);
    let connect = || {
        let (program, told) = ask(&lab, port);
        assert_eq!(told, [5, 0]);
        program
    };
    let (mut program, mut server) = (connect(), listener.accept().expect("a connection").0);
    server.set_read_timeout(Some(SOON)).expect("a limit");
    program.write_all(b"question").expect("a reader");
    program.shutdown(std::net::Shutdown::Write).expect("an end");
    let mut text = String::new();
    server.read_to_string(&mut text).expect("all of it");
    assert_eq!(text, "question");
    server.write_all(b"answer").expect("a reader");
    drop(server);
    text.clear();
    program.read_to_string(&mut text).expect("all of it");
    assert_eq!(text, "answer");

    let (mut program, server) = (connect(), listener.accept().expect("a connection").0);
    socket2::SockRef::from(&server)
        .set_linger(Some(Duration::ZERO))
        .expect("an option");
    drop(server);
    let error = program.read(&mut [0; 1]).expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);

    let (program, mut server) = (connect(), listener.accept().expect("a connection").0);
    server.set_read_timeout(Some(SOON)).expect("a limit");
    socket2::SockRef::from(&program)
        .set_linger(Some(Duration::ZERO))
        .expect("an option");
    drop(program);
    let error = server.read(&mut [0; 1]).expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    client.interrupt();
}

#[test]
fn a_connection_beyond_the_limit_is_refused_until_another_ends() {
    let Some((lab, client, port)) = proxied("", "") else {
        return;
    };
    let listener = echo_port(&lab);
    std::thread::spawn(move || {
        let all: Vec<_> = listener.incoming().collect();
        drop(all);
    });
    let mut held = Vec::new();
    for number in 0..256 {
        let (program, told) = ask(&lab, port);
        assert_eq!(told, [5, 0], "{number}");
        held.push(program);
    }
    assert_eq!(ask(&lab, port).1, [5, 1], "general failure");
    let last = held.pop().expect("one of them");
    socket2::SockRef::from(&last)
        .set_linger(Some(Duration::ZERO))
        .expect("an option");
    drop(last);
    wait_until("room for another", SOON, || ask(&lab, port).1 == [5, 0]);
    client.interrupt();
}

#[test]
fn connections_outlive_a_reconnect() {
    let Some((lab, client, port)) = proxied("", "--reconnect-timeout 60") else {
        return;
    };
    serve_pages(&lab);
    let amount = 20_000_000_u64;
    let page = digest(Page::new(amount));
    std::thread::scope(|scope| {
        let got = scope.spawn(|| {
            let place = format!("http://{INSIDE}/{amount}");
            curl(&lab, port, &["--limit-rate", "8M", &place], digest)
        });
        std::thread::sleep(Duration::from_millis(500));
        client.signal(libc::SIGUSR2);
        assert_eq!(got.join().expect("no panic"), page);
    });
    assert!(
        client.lines_with("new connection on request") > 0,
        "{}",
        client.stderr()
    );
    client.interrupt();
}

#[test]
fn a_port_that_is_taken_is_told_before_any_connection() {
    let Some((lab, program)) = lab_for_nobody_with("") else {
        return;
    };
    let _taken = lab
        .machine
        .within(|| TcpListener::bind("127.0.0.1:1080"))
        .expect("a listener");
    as_nobody(&lab, &program, "--socks 1080")
        .exits(73)
        .says("error: cannot listen at 127.0.0.1:1080: ")
        .says("--socks 1081");
    assert_eq!(lab.count("tcp_connections"), 0);
}

fn echo_port(lab: &Lab) -> TcpListener {
    let listener = lab.beyond.within(|| TcpListener::bind((INSIDE, 7)));
    listener.expect("a listener")
}

/// Asks the proxy for a connection to that port. Gives version and code of the answer.
fn ask(lab: &Lab, port: u16) -> (TcpStream, [u8; 2]) {
    let program = lab.machine.within(|| TcpStream::connect(("127.0.0.1", port)));
    let mut program = program.expect("the proxy");
    program.set_read_timeout(Some(SOON)).expect("a limit");
    let request = [5, 1, 0, 5, 1, 0, 1, 10, 20, 0, 1, 0, 7];
    program.write_all(&request).expect("a reader");
    let mut told = [0; 12];
    program.read_exact(&mut told).expect("an answer");
    let [5, 0, version, code, ..] = told else {
        panic!("{told:?}");
    };
    (program, [version, code])
}

/// A lab whose gateway has these options, a proxy with those that an ordinary user runs, and its port.
fn proxied(gateway: &str, options: &str) -> Option<(Lab, Client, u16)> {
    if !has("curl") {
        return None;
    }
    let (lab, program) = lab_for_nobody_with(&format!("--dns {SERVER} --domains corp.example {gateway}"))?;
    let client = as_nobody(&lab, &program, &format!("--socks 0 {options}"));
    let line = client.wait_for("SOCKS5 proxy at ");
    let port = line
        .split("127.0.0.1:")
        .nth(1)
        .and_then(|rest| rest.split(',').next()?.parse().ok());
    client.wait_connected();
    Some((lab, client, port.expect("a port")))
}

/// Runs curl through the proxy, which must succeed, and gives what is made of its output.
#[track_caller]
fn curl<T: Send + 'static>(
    lab: &Lab,
    port: u16,
    arguments: &[&str],
    read: impl FnOnce(std::process::ChildStdout) -> T + Send + 'static,
) -> T {
    let mut command = curl_command(lab, port, arguments);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("curl starts");
    let output = child.stdout.take().expect("a pipe");
    let result = within_time("curl", Duration::from_secs(100), move || read(output));
    assert!(child.wait().expect("a child").success(), "curl {arguments:?}");
    result
}

fn run_curl(lab: &Lab, port: u16, arguments: &[&str]) -> Output {
    curl_command(lab, port, arguments).output().expect("curl runs")
}

fn curl_command(lab: &Lab, port: u16, arguments: &[&str]) -> std::process::Command {
    let mut command = lab.program(&["curl", "-sS", "--max-time", "90", "--socks5-hostname"]);
    command.arg(format!("127.0.0.1:{port}")).args(arguments);
    command
}
