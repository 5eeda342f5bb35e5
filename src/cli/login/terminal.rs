//! The terminal of the user, `/dev/tty`: works although standard input is a pipe, and hides what is typed.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use tokio::signal::unix::{SignalKind, signal};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::linux::watched::WatchedFile;
use crate::secret::Secret;

/// A terminal that can be asked.
#[derive(Debug)]
pub(super) struct Terminal {
    file: WatchedFile,
    /// Octets behind the last line.
    rest: Zeroizing<Vec<u8>>,
}

/// Whether what is typed is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo {
    On,
    Off,
}

impl Terminal {
    /// The terminal the program was started on, if there is one.
    pub(super) fn open() -> io::Result<Self> {
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        let file = File::options()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open("/dev/tty")?;
        Self::on(file)
    }

    /// A terminal that is open already, without blocking.
    fn on(file: File) -> io::Result<Self> {
        tcgetattr(&file)?;
        Ok(Self {
            file: WatchedFile::new(file)?,
            rest: Zeroizing::default(),
        })
    }

    /// Writes a text, which must have been cleaned.
    pub(super) async fn say(&self, text: &str) -> Result<(), Error> {
        self.file
            .write_all(text.as_bytes())
            .await
            .map_err(|error| broken(&error))
    }

    /// Asks for a line. `None`: the user ended the input (Ctrl-D).
    pub(super) async fn line(&mut self, prompt: &str, echo: Echo) -> Result<Option<Secret>, Error> {
        // before the prompt: what answers it must not be seen or thrown away
        let mut mode = Mode::set(self.file.file(), echo).map_err(|error| broken(&error))?;
        if echo == Echo::Off {
            self.rest.zeroize();
        }
        let mut resumed = signal(SignalKind::from_raw(libc::SIGCONT)).map_err(|error| broken(&error))?;
        self.say(prompt).await?;
        let mut rest = std::mem::take(&mut self.rest);
        let line = loop {
            tokio::select! {
                line = self.read_line(&mut rest) => break line,
                // while we were stopped, a shell has set the terminal to its own liking
                Some(()) = resumed.recv() => {
                    mode.renew().map_err(|error| broken(&error))?;
                    self.say(prompt).await?;
                }
            }
        };
        mode.is_asking = false;
        drop(mode);
        self.rest = rest;
        if echo == Echo::Off || !matches!(line, Ok(Some(_))) {
            self.say("\n").await?;
        }
        line
    }

    async fn read_line(&self, rest: &mut Zeroizing<Vec<u8>>) -> Result<Option<Secret>, Error> {
        rest.reserve_exact(MAX_LINE + PIECE);
        let mut piece = Zeroizing::new([0; PIECE]);
        loop {
            if let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
                return take_line(rest, end).map(Some);
            }
            if rest.len() > MAX_LINE {
                rest.zeroize();
                return Err(unusable("it is longer than 4 KiB"));
            }
            match self
                .file
                .read(piece.as_mut())
                .await
                .map_err(|error| broken(&error))?
            {
                0 if rest.is_empty() => return Ok(None),
                0 => return take_line(rest, usize::MAX).map(Some),
                read => rest.extend_from_slice(piece.get(..read).unwrap_or_default()),
            }
        }
    }
}

/// Cuts the line up to `end` off, carriage returns of a pasted text included.
fn take_line(rest: &mut Zeroizing<Vec<u8>>, end: usize) -> Result<Secret, Error> {
    let line = rest.get(..end).unwrap_or(rest);
    let line = str::from_utf8(line).map(|line| Secret::new(line.trim_end_matches('\r')));
    let behind = rest.get(end.saturating_add(1)..).map(<[u8]>::to_vec);
    rest.zeroize();
    rest.extend_from_slice(&Zeroizing::new(behind.unwrap_or_default()));
    line.map_err(|_| unusable("it is not UTF-8"))
}

/// How the terminal treats input until this is dropped.
struct Mode<'a> {
    file: &'a File,
    before: Termios,
    now: Termios,
    echo: Echo,
    /// The cursor stands behind a question that nobody has answered.
    is_asking: bool,
}

impl<'a> Mode<'a> {
    fn set(file: &'a File, echo: Echo) -> io::Result<Self> {
        let before = tcgetattr(file)?;
        let mut now = before.clone();
        now.local_modes |= LocalModes::ICANON | LocalModes::ISIG;
        now.local_modes.remove(LocalModes::ECHONL);
        now.local_modes.set(LocalModes::ECHO, echo == Echo::On);
        now.input_modes |= InputModes::ICRNL;
        // SIGQUIT would end the process on the spot; Ctrl-C does it in order
        now.special_codes[SpecialCodeIndex::VQUIT] = DISABLED;
        let mode = Self {
            file,
            before,
            now,
            echo,
            is_asking: true,
        };
        mode.renew()?;
        Ok(mode)
    }

    fn renew(&self) -> io::Result<()> {
        Ok(tcsetattr(self.file, actions(self.echo), &self.now)?)
    }
}

impl Drop for Mode<'_> {
    fn drop(&mut self) {
        // nobody is left to be told when the terminal has gone
        let _: rustix::io::Result<()> = tcsetattr(self.file, actions(self.echo), &self.before);
        if self.is_asking {
            // what is said next must not stand in the line of the question
            let mut file = self.file;
            let _: io::Result<()> = file.write_all(b"\n");
        }
    }
}

/// What was typed before a secret was asked for has been seen, and what is left behind it would be.
fn actions(echo: Echo) -> OptionalActions {
    match echo {
        Echo::On => OptionalActions::Now,
        Echo::Off => OptionalActions::Flush,
    }
}

fn broken(error: &io::Error) -> Error {
    Error::new(
        ExitStatus::Io,
        format!("cannot ask on the terminal: {}", plain_io(error)),
    )
    .at("/dev/tty")
}

fn unusable(why: &str) -> Error {
    Error::new(ExitStatus::BadData, format!("the answer cannot be used: {why}"))
}

/// A key that is none (`_POSIX_VDISABLE`).
const DISABLED: u8 = 0;
/// Longest answer; the kernel's own limit for a line is the same.
const MAX_LINE: usize = 4096;
/// Octets read at once.
const PIECE: usize = 4096;

#[cfg(test)]
pub(super) mod tests {
    use std::io::Read as _;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    /// The keyboard and screen of a terminal, and the program's side of it.
    pub(in crate::cli::login) fn pair() -> (File, Terminal) {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&user).expect("a terminal");
        unlockpt(&user).expect("a terminal");
        let name = ptsname(&user, Vec::new()).expect("a name");
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        let mut options = File::options();
        options.read(true).write(true).custom_flags(flags);
        let program = options
            .open(name.to_str().expect("UTF-8"))
            .expect("the other side");
        (File::from(user), Terminal::on(program).expect("a terminal"))
    }

    fn is_shown(terminal: &Terminal) -> bool {
        let mode = tcgetattr(terminal.file.file()).expect("a mode");
        mode.local_modes.contains(LocalModes::ECHO)
    }

    /// Types once the prompt stands there, and returns what was on the screen by then.
    fn type_after_prompt(user: &mut File, text: &[u8]) -> String {
        let mut screen = [0; 256];
        let read = user.read(&mut screen).expect("a prompt");
        user.write_all(text).expect("a keyboard");
        String::from_utf8_lossy(&screen[..read]).into_owned()
    }

    #[tokio::test]
    async fn secrets_are_not_shown_and_the_echo_comes_back() {
        let (mut user, mut terminal) = pair();
        assert!(is_shown(&terminal));
        let typing = std::thread::spawn(move || {
            let prompt = type_after_prompt(&mut user, b"geheim\r");
            let mut screen = [0; 256];
            let read = user.read(&mut screen).expect("the end of the line");
            (
                prompt,
                String::from_utf8_lossy(&screen[..read]).into_owned(),
                user,
            )
        });
        let line = terminal.line("Password: ", Echo::Off).await.expect("a line");
        assert_eq!(line, Some(Secret::new("geheim")));
        assert!(is_shown(&terminal));
        drop(terminal);
        let (prompt, after, _user) = typing.join().expect("typed");
        assert_eq!((prompt.as_str(), after.as_str()), ("Password: ", "\r\n"));
    }

    #[tokio::test]
    async fn the_echo_comes_back_when_nobody_waits_any_more() {
        let (mut user, mut terminal) = pair();
        {
            let question = terminal.line("Password: ", Echo::Off);
            tokio::pin!(question);
            let seen = tokio::task::spawn_blocking(move || {
                let prompt = type_after_prompt(&mut user, b"half");
                (prompt, user)
            });
            tokio::select! {
                _ = &mut question => panic!("no line was typed"),
                seen = seen => {
                    let (prompt, kept) = seen.expect("typed");
                    assert_eq!(prompt, "Password: ");
                    user = kept;
                }
            }
        }
        assert!(is_shown(&terminal));
        drop(user);
    }

    #[tokio::test]
    async fn several_lines_may_be_pasted_for_questions_that_are_shown() {
        let (mut user, mut terminal) = pair();
        user.write_all("jürgen\rsecond\n\x04".as_bytes())
            .expect("a keyboard");
        let mut line = async || terminal.line("? ", Echo::On).await.expect("a line");
        assert_eq!(line().await, Some(Secret::new("jürgen")));
        assert_eq!(line().await, Some(Secret::new("second")));
        assert_eq!(line().await, None);
    }

    #[tokio::test]
    async fn what_is_no_text_is_refused() {
        let (mut user, mut terminal) = pair();
        user.write_all(b"\xff\xfe\nnext\n").expect("a keyboard");
        let error = terminal.line("? ", Echo::On).await.expect_err("not UTF-8");
        assert_eq!(error.status, ExitStatus::BadData);
        assert_eq!(terminal.line("? ", Echo::On).await, Ok(Some(Secret::new("next"))));
    }

    #[test]
    fn lines_are_cut_where_they_end() {
        let mut rest = Zeroizing::new(b"a\r\nb\n".to_vec());
        assert_eq!(take_line(&mut rest, 2), Ok(Secret::new("a")));
        assert_eq!(rest.as_slice(), b"b\n");
        assert_eq!(take_line(&mut rest, usize::MAX), Ok(Secret::new("b\n")));
        assert!(rest.is_empty());
    }
}
