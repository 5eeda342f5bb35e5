//! The command that prints the password (`--passwd-command`).

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::cli::settings::PASSWORD;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// The first line the command prints.
pub(super) async fn run(command: &str) -> Result<Secret, Error> {
    run_within(command, LIMIT).await
}

async fn run_within(command: &str, limit: Duration) -> Result<Secret, Error> {
    // in our process group: it may ask for a passphrase on the terminal, and hears Ctrl-C there
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&plain_io(&error)))?;
    let Some(mut output) = child.stdout.take() else {
        return Err(failed("it has no output"));
    };
    let finish = async {
        let mut text = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT));
        let mut rest = Zeroizing::new([0; 1024]);
        loop {
            let read = output.read(rest.as_mut()).await?;
            let Some(octets) = rest.get(..read).filter(|octets| !octets.is_empty()) else {
                break;
            };
            // a command that is not read to its end fails
            let room = MAX_OUTPUT - text.len();
            text.extend_from_slice(octets.get(..room).unwrap_or(octets));
        }
        Ok::<_, std::io::Error>((text, child.wait().await?))
    };
    let (text, status) = timeout(limit, finish)
        .await
        .map_err(|_| failed(&format!("it took longer than {} seconds", limit.as_secs())))?
        .map_err(|error| failed(&plain_io(&error)))?;
    if !status.success() {
        return Err(failed(&status.to_string()));
    }
    match PASSWORD.line(&mut text.as_slice(), "the output of --passwd-command")? {
        line if line.is_empty() => Err(failed("the first line it printed is empty")),
        line => Ok(line),
    }
}

fn failed(why: &str) -> Error {
    Error::new(
        ExitStatus::Failure,
        format!("the command for the password failed: {why}"),
    )
    .hint("run the command of --passwd-command by hand; its first line must be the password")
}

/// It may have to ask for a passphrase itself.
const LIMIT: Duration = Duration::from_secs(60);
/// What is looked at for the first line.
const MAX_OUTPUT: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_line_is_the_password() {
        for (command, expected) in [
            ("echo secret", Ok("secret")),
            ("printf ' a b \\r\\nsecond\\n'", Ok(" a b ")),
            ("echo secret; head -c 200000 /dev/zero", Ok("secret")),
            ("cat", Err(())),
            ("echo; echo secret", Err(())),
            ("echo secret; exit 3", Err(())),
            ("exit 0", Err(())),
        ] {
            let result = run(command).await;
            let result = result.as_ref().map(Secret::expose).map_err(|error| {
                assert_eq!(error.status, ExitStatus::Failure);
                assert!(!error.to_string().contains("secret"), "{error}");
            });
            assert_eq!(result, expected, "{command}");
        }
    }

    #[tokio::test]
    async fn a_command_without_end_is_given_up() {
        let error = run_within("exec sleep 60", Duration::from_millis(50))
            .await
            .expect_err("too slow");
        assert!(error.message.contains("longer"), "{error}");
    }
}
