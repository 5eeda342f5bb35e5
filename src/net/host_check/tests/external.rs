//! External programs that are small shell scripts, on the real clock.

use tempfile::TempDir;

use super::super::wrapper::Limits;
use super::*;
use crate::auth::host_check::reply::ReplyError;
use crate::platform::linux::testing::executable;

/// A checker with this shell script as its program.
struct External {
    folder: TempDir,
    checker: HostChecker,
}

impl External {
    fn new(script: &str, interval: Option<Duration>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("notes");
        let script = format!("notes={}\n{READ}\n{script}", notes.display());
        let settings = HostCheckSettings {
            wrapper: Some(executable(&folder, &script)),
            wrapper_user: Some("root".to_owned()).filter(|_| is_root()),
            interval,
            local_hostname: "me".to_owned(),
            ..settings()
        };
        let mut checker = HostChecker::new(&settings).unwrap();
        checker.set_pin("pin-sha256:AAAA=");
        Self { folder, checker }
    }

    fn limit(&mut self, silence: u64, whole: u64) {
        if let Means::Wrapper(wrapper) = &mut self.checker.means {
            wrapper.set_limits(Limits {
                silence: Duration::from_millis(silence),
                whole: Duration::from_millis(whole),
            });
        }
    }

    async fn check(&mut self) -> Result<Passed, CheckFailure> {
        self.check_with(cookies()).await
    }

    async fn check_with(&mut self, cookies: CheckCookies) -> Result<Passed, CheckFailure> {
        let gateway = Gateway::default();
        let (mut exchange, page) = (gateway.clone(), page());
        let check = self.checker.check(&mut exchange, &page, cookies);
        let passed = timeout(PATIENCE, check).await.expect("in time");
        assert_eq!(gateway.seen(), [], "the program talks to the gateway itself");
        passed
    }

    /// What the script has written down, once it is as long as wanted.
    async fn notes(&self, lines: usize) -> String {
        let reading = async {
            loop {
                let text = std::fs::read_to_string(self.folder.path().join("notes")).unwrap_or_default();
                if text.lines().count() >= lines {
                    return text;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, reading).await.expect("in time")
    }
}

/// The folder is ours, so its owner tells who we are.
fn is_root() -> bool {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(folder.path()).unwrap()) == 0
}

/// Reads the four lines of `start`, and what is said later.
const READ: &str = "start() { for n in 1 2 3 4; do read line && echo \"$line\" >> $notes; done; }
later() { while read line; do echo \"$line\" >> $notes; done; }";
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_answer_with_one_blank_line_is_whole() {
    // R37
    let script = "start; printf '200\\n3\\np1\\n\\n' >&0; later";
    let mut external = External::new(script, None);
    let passed = external.check().await.unwrap();
    assert_eq!(passed.preauth.expose(), "p1");
    assert_eq!(passed.interval, None);
    assert_eq!(passed.policies, []);
    assert_eq!(
        external.notes(4).await,
        "start\nIC=gateway.test\nCookie=p0\nDSSIGNIN=url_default\n"
    );
}

#[tokio::test]
async fn an_interval_is_taken_and_more_lines_are_passed_over() {
    // R38, R42
    let script = "start; printf '200\\r\\n3\\r\\np1\\r\\n600\\r\\na\\nb\\nc\\nd\\ne\\n\\n\\n' >&0; later";
    let user = |seconds| Some(Duration::from_secs(seconds));
    for (interval, expected) in [(None, 600), (user(60), 60), (user(0), 600), (user(900), 600)] {
        let mut external = External::new(script, interval);
        let passed = external.check().await.unwrap();
        assert_eq!(passed.interval, user(expected));
    }
}

#[tokio::test]
async fn a_missing_sign_in_cookie_is_null() {
    let mut external = External::new("start; printf '200\\n3\\np1\\n\\n' >&0; later", None);
    let without = CheckCookies {
        signin: None,
        ..cookies()
    };
    external.check_with(without).await.unwrap();
    assert!(external.notes(4).await.ends_with("\nDSSIGNIN=null\n"));
}

#[tokio::test]
async fn the_environment_is_the_documented_one() {
    let script =
        "start; printf '200\\n3\\n%s\\n\\n' \"$1,$TNCC_SHA256,$TNCC_HOSTNAME,$TNCC_INTERVAL\" >&0; later";
    let user = |seconds| Some(Duration::from_secs(seconds));
    for (interval, shown) in [(None, ""), (user(0), ""), (user(60), "60")] {
        let mut external = External::new(script, interval);
        let passed = external.check().await.unwrap();
        assert_eq!(passed.preauth.expose(), format!("gateway.test,AAAA=,me,{shown}"));
    }
}

#[tokio::test]
async fn refusals_and_deaths_fail_the_login() {
    // R39
    for (script, message) in [
        (
            "start; printf '404\\n' >&0; later",
            "it answered \"404\" instead of 200",
        ),
        ("exit 1", "it ended before it had answered"),
        (
            "start; printf '200\\n3\\np1\\n' >&0",
            "it ended before it had answered",
        ),
        (
            "start; printf '200\\n3\\n\\n' >&0; later",
            "it answered without a cookie",
        ),
    ] {
        let mut external = External::new(script, None);
        let error = external.check().await.unwrap_err().user_error();
        assert_eq!(error.status, ExitStatus::HostCheck);
        let (program, problem) = error.message.split_once(" failed: ").unwrap();
        assert!(program.starts_with("host checker /"), "{program}");
        assert_eq!(problem, message);
        assert!(
            external
                .checker
                .into_recheck(Box::new(Gateway::default()))
                .is_none()
        );
    }
}

#[tokio::test]
async fn one_that_hangs_ends_at_a_limit() {
    for (script, silence, whole, limit) in [
        ("start; later", 100, 20_000, 100),
        ("start; printf '200\\n3\\np1\\n' >&0; later", 100, 20_000, 100),
        (
            "start; while printf x >&0; do sleep 0.01; done; later",
            10_000,
            200,
            200,
        ),
    ] {
        let mut external = External::new(script, None);
        external.limit(silence, whole);
        let failure = external.check().await.unwrap_err();
        let CheckFailure::Wrapper { failure, .. } = failure else {
            panic!("{failure:?}")
        };
        assert!(
            matches!(failure, WrapperFailure::Silent(time) if time == Duration::from_millis(limit)),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    let mut external = External::new("start; exec 3<&0; yes 200 | tr -d '\\n' >&3; later", None);
    let failure = external.check().await.unwrap_err();
    let CheckFailure::Wrapper { failure, .. } = failure else {
        panic!("{failure:?}")
    };
    assert!(
        matches!(failure, WrapperFailure::Reply(ReplyError::LineTooLong)),
        "{failure:?}"
    );
}

#[tokio::test]
async fn the_cookie_is_told_when_the_session_comes_and_at_every_interval() {
    let script = "start; printf '200\\n3\\np1\\n600\\n\\n' >&0; later";
    let mut external = External::new(script, Some(Duration::from_millis(20)));
    external.check().await.unwrap();
    external.checker.session_arrived(None).await;
    let text = external.notes(6).await;
    assert!(text.ends_with("\nsetcookie\nCookie=p1\n"), "{text}");
    external.checker.session_arrived(Some(Secret::new("p2"))).await;
    let External { folder, checker } = external;
    let recheck = checker.into_recheck(Box::new(Gateway::default())).unwrap();
    let external = External {
        folder,
        checker: HostChecker::new(&settings()).unwrap(),
    };
    tokio::select! {
        () = recheck.run(Board::new("work")) => panic!("it goes on"),
        text = external.notes(14) => {
            assert_eq!(text.matches("setcookie\nCookie=p2\n").count(), 4, "{text}");
        }
    }
}

#[tokio::test]
async fn one_that_dies_later_is_warned_about_and_nothing_else() {
    // R40
    for interval in [None, Some(Duration::from_millis(20))] {
        let mut external = External::new("start; printf '200\\n3\\np1\\n\\n' >&0; read line", interval);
        external.check().await.unwrap();
        external.checker.session_arrived(None).await;
        let mut recheck = Rechecking::start(external.checker, &Gateway::default()).unwrap();
        assert!(recheck.ends_within(20).await);
        assert_eq!(recheck.log.count("WARN"), 1);
        assert_eq!(recheck.log.count("the host checker has ended"), 1);
    }
}

#[tokio::test]
async fn it_stays_until_the_recheck_is_dropped() {
    let script = "start; echo $$ >> $notes; printf '200\\n3\\np1\\n\\n' >&0; later; echo end >> $notes";
    let mut external = External::new(script, None);
    external.check().await.unwrap();
    let pid = external.notes(5).await.lines().last().unwrap().to_owned();
    let External { folder, checker } = external;
    let recheck = checker.into_recheck(Box::new(Gateway::default())).unwrap();
    let mut recheck: Pin<Box<dyn Future<Output = ()>>> = Box::pin(recheck.run(Board::new("work")));
    assert!(timeout(Duration::from_millis(50), &mut recheck).await.is_err());
    let alive = || std::path::Path::new("/proc").join(&pid).exists();
    assert!(alive());
    drop(recheck);
    assert!(!alive());
    let notes = std::fs::read_to_string(folder.path().join("notes")).unwrap();
    assert!(notes.ends_with("end\n"), "it was not killed: {notes}");
}
