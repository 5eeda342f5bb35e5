//! `Client`: the running program, what it writes and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::lab::{SOON, end};
use crate::space;

/// A running client; killed when dropped.
pub(crate) struct Client {
    child: Child,
    messages: Arc<Messages>,
    readers: Vec<JoinHandle<()>>,
    output: Arc<Mutex<String>>,
}

/// How a client ended.
pub(crate) struct Exit {
    pub(crate) status: i32,
    pub(crate) stderr: String,
    pub(crate) stdout: String,
}

#[derive(Default)]
struct Messages {
    lines: Mutex<Vec<String>>,
    ended: AtomicBool,
    news: Condvar,
}

impl Messages {
    /// A test that fails while it looks at the lines leaves them as they are.
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Starts it with a line on standard input.
    pub(crate) fn start(mut command: Command, input: &str) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the client starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // One that does not read has broken the pipe.
        drop(stdin.write_all(format!("{input}\n").as_bytes()));
        let (messages, output) = (Arc::new(Messages::default()), Arc::new(Mutex::default()));
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let stdout = child.stdout.take().expect("a pipe");
        let readers = vec![read_messages(stderr, &messages), read_output(stdout, &output)];
        Self {
            child,
            messages,
            readers,
            output,
        }
    }

    /// Waits until the tunnel is up.
    #[track_caller]
    pub(crate) fn wait_connected(&self) {
        self.wait_for("connected: ");
    }

    /// Waits for a line that holds a text, and gives it.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait_for_count(text, 1, SOON)
    }

    /// Waits for the n-th such line.
    #[track_caller]
    pub(crate) fn wait_for_count(&self, text: &str, count: usize, limit: Duration) -> String {
        let deadline = Instant::now() + limit;
        let mut lines = self.messages.lock();
        loop {
            if let Some(line) = lines.iter().filter(|line| line.contains(text)).nth(count - 1) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let over = left.is_zero() || self.messages.ended.load(Ordering::Relaxed);
            assert!(
                !over,
                "no {text:?} ({count}) within {limit:?}:\n{}",
                lines.join("\n")
            );
            lines = self
                .messages
                .news
                .wait_timeout(lines, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// How many lines hold a text.
    pub(crate) fn lines_with(&self, text: &str) -> usize {
        let lines = self.messages.lock();
        lines.iter().filter(|line| line.contains(text)).count()
    }

    /// Asks for statistics and gives the block: a line for the path, then the counters.
    #[track_caller]
    pub(crate) fn statistics(&self) -> String {
        let before = self.lines_with("data path");
        let last = self.lines_with("probe answers");
        self.signal(libc::SIGUSR1);
        self.wait_for_count("probe answers", last + 1, SOON);
        let lines = self.messages.lock();
        let heads = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains("data path"));
        let (start, _) = heads.skip(before).last().expect("a block");
        lines[start..].join("\n")
    }

    /// Everything written to standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.messages.lock().join("\n")
    }

    /// The pid. With a starter that does not `exec`, that of the starter.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, number: i32) {
        space::signal(&self.child, number);
    }

    /// Sends a signal, waits for the end and gives the time it took.
    #[track_caller]
    pub(crate) fn end_by(self, number: i32) -> (Exit, Duration) {
        let start = Instant::now();
        self.signal(number);
        let exit = self.wait_for_end(SOON);
        (exit, start.elapsed())
    }

    /// Ends it as a user would and expects that all went well.
    #[track_caller]
    pub(crate) fn interrupt(self) -> Exit {
        self.end_by(libc::SIGINT).0.expect(0)
    }

    /// Waits for an end that comes by itself and checks the status.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Exit {
        self.wait_for_end(SOON).expect(status)
    }

    /// Waits for an end that comes by itself.
    #[track_caller]
    pub(crate) fn end_without_check(self) -> Exit {
        self.wait_for_end(SOON)
    }

    /// Kills it at once.
    pub(crate) fn kill(mut self) {
        end(&mut self.child);
    }

    #[track_caller]
    fn wait_for_end(mut self, limit: Duration) -> Exit {
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "no end within {limit:?}:\n{}",
                self.stderr()
            );
            thread::sleep(Duration::from_millis(2));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("no panic");
        }
        Exit {
            status: status.code().unwrap_or(-1),
            stderr: self.stderr(),
            stdout: self.output.lock().expect("no panic").clone(),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        end(&mut self.child);
        if thread::panicking() {
            eprintln!("--- the client said\n{}", self.stderr());
        }
    }
}

impl Exit {
    /// Checks the status; a failure must leave standard output empty.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}", self.stderr);
        assert_eq!(self.stdout, "", "standard output");
        self
    }

    /// Checks for a text in the messages.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in\n{}", self.stderr);
        self
    }
}

fn read_messages(stderr: impl BufRead + Send + 'static, messages: &Arc<Messages>) -> JoinHandle<()> {
    let messages = Arc::clone(messages);
    thread::spawn(move || {
        for line in stderr.split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            messages.lock().push(line);
            messages.news.notify_all();
        }
        let _guard = messages.lock();
        messages.ended.store(true, Ordering::Relaxed);
        messages.news.notify_all();
    })
}

fn read_output(mut stdout: impl Read + Send + 'static, output: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let output = Arc::clone(output);
    thread::spawn(move || {
        let mut text = String::new();
        drop(stdout.read_to_string(&mut text));
        *output.lock().expect("no panic") = text;
    })
}
