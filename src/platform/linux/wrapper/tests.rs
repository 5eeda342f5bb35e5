//! Wrappers that are small shell scripts.

use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::*;
use crate::platform::linux::testing::{executable, left_out};

fn program(path: &Path) -> WrapperProgram {
    WrapperProgram {
        path: path.to_owned(),
        user: (effective_user() == ROOT).then(|| "root".to_owned()),
    }
}

async fn answer(process: &mut WrapperProcess) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 64];
    loop {
        let reading = tokio::time::timeout(Duration::from_secs(20), process.read(&mut buffer));
        let count = reading.await.expect("in time").unwrap();
        text.extend(&buffer[..count]);
        if count == 0 {
            return String::from_utf8(text).unwrap();
        }
    }
}

/// What the script says when it is given the line `question`.
async fn run(text: &str, variables: &[(&str, String)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let program = program(&executable(&dir, text));
    let mut process = program.start("gateway.test", variables).unwrap();
    // one that asks for nothing may have ended by now
    let _ = process.write(b"question\n").await;
    answer(&mut process).await
}

#[tokio::test]
async fn it_is_asked_and_answers_on_its_standard_input() {
    let variables = [("TNCC_HOSTNAME", "me".to_owned())];
    let text = run(
        "read line; echo \"$# $1 $line $TNCC_HOSTNAME\" >&0; echo lost",
        &variables,
    )
    .await;
    assert_eq!(text, "1 gateway.test question me\n");
}

#[tokio::test]
async fn it_inherits_three_descriptors_and_writes_to_two_of_them_as_one() {
    // open in a way that an ordinary child would inherit
    let file = std::fs::File::open("/dev/null").unwrap();
    #[expect(unsafe_code, reason = "std has no descriptors without close-on-exec")]
    // SAFETY: the call takes numbers only.
    let copy = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_DUPFD, 100) };
    assert!(copy >= 100);
    let text = run("cd /proc/$$/fd; echo * >&0; test 1 -ef 2 && echo same >&0", &[]).await;
    let (numbers, same) = text.split_once('\n').unwrap();
    // a shell has the script and the folder open, too
    let numbers = numbers.split(' ').map(|word| word.parse().unwrap());
    let numbers: Vec<u32> = numbers.filter(|number| *number < 3 || *number >= 100).collect();
    assert_eq!(numbers, [0, 1, 2], "{text}");
    assert_eq!(same, "same\n");
    #[expect(unsafe_code, reason = "std does not know this descriptor")]
    // SAFETY: it was made above and nobody else knows it.
    unsafe {
        libc::close(copy)
    };
}

#[test]
fn variables_with_secrets_are_taken_out() {
    let (socket, _) = Pair::pair().unwrap();
    let command = command(Path::new("/bin/true"), socket, io::pipe().unwrap().1).unwrap();
    for secret in SECRETS {
        let removed = command
            .get_envs()
            .any(|(name, value)| name == secret && value.is_none());
        assert!(removed, "{secret}");
    }
}

#[tokio::test]
async fn it_has_a_process_group_of_its_own() {
    let text = run("echo $$ $(cut -d' ' -f5 /proc/$$/stat) >&0", &[]).await;
    let numbers: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(numbers[0], numbers[1], "{text}");
}

#[tokio::test]
async fn none_is_left_however_stubborn_it_is() {
    for text in [
        // ends when the socket is closed
        "echo ready >&0; while read line; do :; done",
        // has to be told
        "echo ready >&0; exec 0<&-; sleep 30",
        // has to be killed, with its child
        "trap '' TERM; echo ready >&0; exec 0<&-; sleep 30 & wait; wait; sleep 30",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut process = program(&executable(&dir, text))
            .start("gateway.test", &[])
            .unwrap();
        let mut ready = [0; 6];
        let count = process.read(&mut ready).await.unwrap();
        assert_eq!(&ready[..count], b"ready\n");
        let id = process.id().unwrap();
        assert!(process::start_time(id).is_some());
        drop(process);
        assert_eq!(process::start_time(id), None, "{text}");
    }
}

#[tokio::test]
async fn its_end_is_noticed_and_leaves_no_zombie() {
    let dir = tempfile::tempdir().unwrap();
    let path = executable(&dir, "read line; echo surplus >&0");
    let mut process = program(&path).start("gateway.test", &[]).unwrap();
    let early = tokio::time::timeout(Duration::from_millis(50), process.closed()).await;
    assert!(early.is_err(), "it waits for a line");
    process.write(b"\n").await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), process.closed())
        .await
        .expect("it is gone");
    let id = process.id();
    drop(process);
    assert_eq!(id.and_then(process::start_time), None);
}

#[tokio::test]
async fn a_child_may_go_on_with_the_work() {
    let dir = tempfile::tempdir().unwrap();
    // the shell gives background jobs no standard input unless told
    let path = executable(
        &dir,
        "exec 3<&0; { read line; echo \"late $line\" >&3; } <&3 &\n exit 0",
    );
    let mut process = program(&path).start("gateway.test", &[]).unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), process.closed()).await;
    assert!(early.is_err(), "the child holds the socket");
    assert_eq!(process.id(), None, "and the first process was waited for");
    process.write(b"line\n").await.unwrap();
    assert_eq!(answer(&mut process).await, "late line\n");
}

#[tokio::test]
async fn root_gives_the_rights_away() {
    if effective_user() != ROOT {
        left_out("only root becomes another user");
        return;
    }
    let Some(account) = Account::find("nobody") else {
        left_out("there is no user nobody");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = executable(&dir, "echo $(id -u) $(id -g) $(id -G) $USER $HOME >&0");
    for user in ["nobody".to_owned(), account.user.to_string()] {
        let program = WrapperProgram {
            user: Some(user),
            path: path.clone(),
        };
        let mut process = program.start("gateway.test", &[]).unwrap();
        let groups: Vec<String> = account.groups.iter().map(u32::to_string).collect();
        let expected = format!(
            "{} {} {} nobody {}\n",
            account.user,
            account.group,
            groups.join(" "),
            account.home.to_string_lossy()
        );
        assert_eq!(answer(&mut process).await, expected);
    }
}

#[test]
fn accounts_follow_the_table() {
    let program = |user: Option<&str>| WrapperProgram {
        path: PathBuf::from("/x/tncc"),
        user: user.map(str::to_owned),
    };
    let refused = |user, own| Error::from(program(user).account(own).unwrap_err()).to_string();
    assert_eq!(program(None).account(1000).unwrap(), None);
    assert_eq!(program(Some("root")).account(ROOT).unwrap(), None);
    assert_eq!(program(Some("0")).account(ROOT).unwrap(), None);
    assert_eq!(
        refused(None, ROOT),
        "error: /x/tncc is not run as root unasked\n  \
         try: --csd-user NAME for another user, or --csd-user root if it must be root"
    );
    for user in ["no-such-user", "4294967290", ""] {
        assert_eq!(
            refused(Some(user), ROOT),
            format!("error: there is no user {user}\n  try: --csd-user NAME with a user of this machine")
        );
    }
    assert_eq!(
        refused(Some("root"), 1000),
        "error: cannot run /x/tncc as root: operation not permitted\n  try: sudo, or leave out --csd-user"
    );
}

#[tokio::test]
async fn what_cannot_be_run_is_named() {
    let program = program(Path::new("/does/not/exist"));
    let error = Error::from(program.start("gateway.test", &[]).unwrap_err());
    assert_eq!(error.status, ExitStatus::NoInput);
    assert_eq!(
        error.message,
        "cannot run /does/not/exist: no such file or directory"
    );
}

#[tokio::test]
async fn one_that_prints_without_end_is_read_to_its_end() {
    // more than a pipe holds, and than is shown; then an answer
    let text = run(
        "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; echo done >&0",
        &[],
    )
    .await;
    assert_eq!(text, "done\n");
}

#[tokio::test]
async fn its_last_words_become_messages_without_control_characters() {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(said.clone()));
    let text = run("printf 'a\\033[2Jb\\n'; printf last >&2; echo done >&0", &[]).await;
    assert_eq!(text, "done\n");
    let said = said.0.lock().unwrap().join("|");
    assert!(said.contains("host checker: a?[2Jb|host checker: last"), "{said}");
}

/// Collects messages.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Said {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Text<'a>(&'a mut Vec<String>);
        impl tracing::field::Visit for Text<'_> {
            fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push(format!("{value:?}"));
            }
        }
        event.record(&mut Text(&mut self.0.lock().unwrap()));
    }
}
