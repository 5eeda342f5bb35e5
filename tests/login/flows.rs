//! Every flow file ends as it says.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use vpnc_gateway::{EventKind, Expect, Flow};

use crate::command::Ended;
use crate::scene::{Scene, pages};

#[test]
fn each_flow_ends_as_it_tells() {
    let only = std::env::var("VPNC_TEST_FLOW").unwrap_or_default();
    let wanted = all().into_iter().filter(|flow| flow.name().contains(&only));
    let queue = Mutex::new(wanted.collect::<VecDeque<_>>());
    assert!(!queue.lock().unwrap().is_empty(), "no flow {only}");
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(flow) = next(&queue) {
                    let name = flow.name();
                    if let Some(text) = judge(flow) {
                        wrong.lock().unwrap().push(format!("== {name}: {text}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn next(queue: &Mutex<VecDeque<Flow>>) -> Option<Flow> {
    queue.lock().unwrap().pop_front()
}

/// All flows, those that wait for a token first.
fn all() -> Vec<Flow> {
    let files: Vec<PathBuf> = Flow::all(pages()).unwrap();
    let mut flows: Vec<Flow> = files.iter().map(|path| Flow::load(path).unwrap()).collect();
    flows.sort_by_key(|flow| !flow.name().contains("next-token"));
    flows
}

/// What is not as the flow says.
fn judge(flow: Flow) -> Option<String> {
    let expect = flow.expect().clone();
    let scene = Scene::play(flow);
    let ended = scene.as_told().end();
    let mut wrong = match &expect {
        Expect::Cookie => session(&scene, &ended),
        Expect::Exit(status, text) => failure(&ended, *status, text.as_deref().unwrap_or_default()),
    };
    wrong.extend(scene.faults().iter().map(|fault| format!("fault: {fault}")));
    let said = &ended.stderr;
    (!wrong.is_empty()).then(|| format!("{expect:?}\n{}\n{:?} {said}", wrong.join("\n"), ended.status))
}

/// Five lines, and the session in them is one.
fn session(scene: &Scene, ended: &Ended) -> Vec<String> {
    let mut wrong = Vec::new();
    if ended.status != Some(0) {
        wrong.push("no success".to_owned());
    }
    let names: Vec<&str> = ended
        .stdout
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    if names != ["COOKIE", "HOST", "CONNECT_URL", "FINGERPRINT", "RESOLVE"] {
        wrong.push(format!("the lines are {names:?}"));
    }
    let cookie = ended.value("COOKIE").unwrap_or_default();
    let dsid = cookie
        .split(';')
        .next()
        .and_then(|first| first.strip_prefix("DSID="));
    let lapsed = |kind: &EventKind| matches!(kind, EventKind::Lapsed(_));
    let has_lapsed = !scene.seen(|kind| lapsed(&kind).then_some(())).is_empty();
    if !has_lapsed && !dsid.is_some_and(|dsid| scene.gateway.is_session(dsid)) {
        wrong.push("the cookie is none of a session".to_owned());
    }
    if ended.value("FINGERPRINT") != Some(scene.gateway.pin().as_str()) {
        wrong.push(format!("the pin is {:?}", ended.value("FINGERPRINT")));
    }
    wrong
}

/// Nothing on standard output, the status, and a text.
fn failure(ended: &Ended, status: u8, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if ended.status != Some(status.into()) || !ended.stderr.contains("error: ") {
        wrong.push("another end".to_owned());
    }
    if !ended.stdout.is_empty() {
        wrong.push("something on standard output".to_owned());
    }
    if !ended.stderr.contains(text) {
        wrong.push(format!("no {text:?}"));
    }
    wrong
}

/// Flows at a time.
const THREADS: usize = 3;
