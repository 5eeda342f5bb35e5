//! Which source answers which question.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::thread::JoinHandle;

use super::super::codes::tests::Counting;
use super::super::question::tests::{field, form, list};
use super::super::terminal::tests::pair;
use super::*;
use crate::cli::args::{self, Command, MessageArgs};
use crate::cli::console::Console;
use crate::cli::environment::Environment;
use crate::cli::settings;
use crate::form::FormKind;

const CODE: Purpose = Purpose::Code { next: false };

/// A front end by a command line behind `auth`, with passwords in the environment; nobody can be asked.
pub(in crate::cli::login) fn front_end(line: &[&str], passwords: &str) -> FrontEnd {
    let mut environment = Environment::default();
    environment.password = Some(passwords).filter(|text| !text.is_empty()).map(Secret::new);
    let line = ["vpnc-cli", "auth", "gw"].iter().chain(line).map(Into::into);
    let Command::Auth(args) = args::parse(line).expect("a command line").command else {
        panic!("not auth");
    };
    let settings = settings::auth(&args.sign_in(), &environment).expect("settings");
    let console = Console::open(&MessageArgs::default(), &environment).expect("a console");
    let mut front_end = FrontEnd::new(&settings, Progress::new(console), Some(Box::new(Counting(0))));
    front_end.user = User::Nobody;
    front_end.read_line = None;
    front_end
}

impl FrontEnd {
    /// Asks on the terminal the process was started on.
    pub(in crate::cli::login) fn ask_on_the_terminal(&mut self) {
        self.user = User::Unknown;
    }
}

fn secret(name: &str, purpose: Purpose) -> Field {
    field(name, FieldKind::Secret, purpose)
}

fn texts(answers: Result<Answers, Unanswered>) -> Vec<String> {
    let answers = answers.expect("answers").into_iter();
    let text = |answer| match answer {
        Answer::Text(text) => text.expose().to_owned(),
        Answer::Choice(number) => format!("#{number}"),
        Answer::Check(yes) => format!("{yes}"),
    };
    answers.map(text).collect()
}

fn nobody(answers: Result<Answers, Unanswered>) -> Vec<usize> {
    match answers {
        Err(Unanswered::Nobody { fields }) => fields,
        other => panic!("{other:?}"),
    }
}

fn failure<T: std::fmt::Debug>(result: Result<T, Unanswered>) -> Error {
    match result {
        Err(Unanswered::Failed(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Answers each question once it stands on the screen; yields what was on the screen.
fn typist(mut screen: File, answers: &'static [&'static str]) -> JoinHandle<(String, File)> {
    std::thread::spawn(move || {
        let mut seen = String::new();
        for answer in answers {
            let mut unread = String::new();
            while !unread.ends_with(": ") {
                let mut octets = [0; 1024];
                let read = screen.read(&mut octets).expect("a question");
                unread.push_str(&String::from_utf8_lossy(&octets[..read]));
            }
            seen.push_str(&unread);
            screen.write_all(answer.as_bytes()).expect("a keyboard");
        }
        (seen, screen)
    })
}

#[tokio::test]
async fn prepared_lines_are_used_once_and_in_their_order() {
    let mut front_end = front_end(&[], "one\r\ntwo\nthree");
    let login = form(vec![
        secret("password", Purpose::Password),
        secret("password#2", Purpose::Password),
    ]);
    assert_eq!(texts(front_end.ask(&login).await), ["one", "two"]);
    let menu = form(vec![secret("password", Purpose::Menu)]);
    assert_eq!(texts(front_end.ask(&menu).await), ["three"]);
    assert_eq!(nobody(front_end.ask(&menu).await), [0]);
}

#[tokio::test]
async fn codes_come_from_the_generator_twice_then_from_a_line() {
    let mut front_end = front_end(&[], "line");
    let code = form(vec![secret("totp", CODE)]);
    let mut ask = async || front_end.ask(&code).await;
    assert_eq!(texts(ask().await), ["1"]);
    assert_eq!(texts(ask().await), ["2"]);
    assert_eq!(texts(ask().await), ["line"]);
    assert_eq!(nobody(ask().await), [0]);
}

/// A generator whose next code is not yet due.
struct Early(u32);

impl CodeSource for Early {
    fn code(&mut self, _: bool) -> Result<Option<Secret>, Error> {
        self.0 += 1;
        Ok(Some(Secret::new(self.0.to_string())))
    }

    fn wait(&self) -> std::time::Duration {
        std::time::Duration::from_secs(if self.0 == 0 { 0 } else { 29 })
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_by_itself_goes_on_with_codes_waits_for_their_time_and_asks_nobody() {
    let mut first = front_end(&["--external-browser", "print"], "one\ntwo");
    first.codes = Codes::new(Some(Box::new(Early(0))));
    let login = form(vec![secret("password", Purpose::Password), secret("code", CODE)]);
    assert_eq!(texts(first.ask(&login).await), ["one", "1"]);
    let (_progress, mut alone) = first.split();
    for code in ["2", "3", "4"] {
        alone.begin_again();
        let start = tokio::time::Instant::now();
        assert_eq!(texts(alone.ask(&login).await), ["one", code]);
        assert!(start.elapsed() >= std::time::Duration::from_secs(29), "too early");
    }
    alone.begin_again();
    let next = form(vec![secret("password", Purpose::Code { next: true })]);
    let start = tokio::time::Instant::now();
    assert_eq!(texts(alone.ask(&next).await), ["5"]);
    assert!(
        start.elapsed().is_zero(),
        "the code of the time to come is what is asked for"
    );
    let user = form(vec![field("user", FieldKind::Text, Purpose::User)]);
    assert_eq!(nobody(alone.ask(&user).await), [0]);
    let url = Url::parse("https://idp.example/sso").expect("a URL");
    let error = failure(alone.browse(&url).await);
    assert!(error.message.ends_with("--relogin asks nobody"), "{error}");
}

#[tokio::test]
async fn passwords_and_menus_never_come_from_the_generator() {
    let mut front_end = front_end(&[], "");
    let form = form(vec![
        secret("a", Purpose::Password),
        secret("b", Purpose::Menu),
        secret("c", Purpose::NewSecret),
    ]);
    assert_eq!(nobody(front_end.ask(&form).await), [0, 1, 2]);
}

#[tokio::test]
async fn what_was_refused_is_not_answered_from_a_store() {
    let mut front_end = front_end(&["--passwd-command", "echo command"], "one\ntwo");
    let mut form = form(vec![secret("password", Purpose::Password), secret("code", CODE)]);
    form.refused = Some("the password was refused".to_owned());
    assert_eq!(nobody(front_end.ask(&form).await), [0, 1]);
}

#[tokio::test]
async fn without_a_password_the_field_is_missing_and_nobody_is_asked() {
    let mut front_end = front_end(&["--no-passwd"], "one");
    let (_user, terminal) = pair();
    front_end.user = User::There(terminal);
    let form = form(vec![
        field("user", FieldKind::Text, Purpose::User),
        secret("password", Purpose::Password),
    ]);
    assert_eq!(nobody(front_end.ask(&form).await), [1]);
}

#[tokio::test]
async fn without_a_terminal_there_are_fallbacks_and_lists_of_one() {
    let mut front_end = front_end(&[], "");
    let mut user = field("user", FieldKind::Text, Purpose::User);
    user.fallback = Some(Answer::Text(Secret::new("joe")));
    let realm = field("realm", list(&["Staff"]), Purpose::Realm);
    assert_eq!(
        texts(front_end.ask(&form(vec![user.clone(), realm.clone()])).await),
        ["joe", "#0"]
    );
    let role = field("role", list(&["a", "b"]), Purpose::Role);
    assert_eq!(nobody(front_end.ask(&form(vec![user, role, realm])).await), [1]);
}

#[tokio::test]
async fn a_prepared_line_that_fits_no_choice_is_an_error_and_not_shown() {
    let mut front_end = front_end(&[], "hunter2");
    let menu = form(vec![field("way", list(&["push", "phone"]), Purpose::Menu)]);
    let error = failure(front_end.ask(&menu).await);
    assert_eq!(error.status, ExitStatus::BadData);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn the_user_is_asked_field_by_field() {
    let mut front_end = front_end(&[], "prepared");
    let (screen, terminal) = pair();
    front_end.user = User::There(terminal);
    let mut user = field("user", FieldKind::Text, Purpose::User);
    user.fallback = Some(Answer::Text(Secret::new("joe")));
    let mut form = form(vec![
        user,
        secret("Password", Purpose::Password),
        field("Realm", list(&["Staff", "Students"]), Purpose::Realm),
        field("Remember", FieldKind::Check, Purpose::Other),
        secret("PIN", Purpose::NewSecret),
    ]);
    form.kind = FormKind::Other;
    form.notice = Some("Welcome".to_owned());
    let typing = typist(
        screen,
        &["\r", "x\r", "stu\r", "y\r", "12\r", "13\r", "12\r", "12\r"],
    );
    let answers = texts(front_end.ask(&form).await);
    assert_eq!(answers, ["joe", "prepared", "#1", "true", "12"]);
    // a question that was not put ends the typing
    drop(front_end);
    let (seen, _screen) = typing.join().expect("typed");
    let order = [
        "gw.example asks:",
        "  Welcome",
        "user [joe]: ",
        "1  Staff",
        "number or name: ",
        "none of the numbers",
        "Remember (yes/no): ",
        "PIN: ",
        "PIN again: ",
        "not the same",
    ];
    let mut from = 0;
    for text in order {
        let found = seen.get(from..).and_then(|rest| rest.find(text));
        from += found.unwrap_or_else(|| panic!("no {text:?} behind octet {from} of {seen}"));
    }
    assert_eq!(seen.matches("asks:").count(), 1);
    assert!(!seen.contains("prepared") && !seen.contains("12"), "{seen}");
}

#[tokio::test]
async fn the_end_of_the_input_is_no_answer() {
    let mut front_end = front_end(&[], "");
    let (screen, terminal) = pair();
    front_end.user = User::There(terminal);
    let typing = typist(screen, &["\x04"]);
    let error = failure(
        front_end
            .ask(&form(vec![secret("Password", Purpose::Password)]))
            .await,
    );
    assert_eq!(error.status, ExitStatus::InputNeeded);
    assert_eq!(error.hint.as_deref(), Some("--passwd-on-stdin"));
    drop(front_end);
    drop(typing.join().expect("typed"));
}

#[tokio::test]
async fn a_browser_is_only_used_when_asked_for() {
    let url = Url::parse("https://idp.example/sso").expect("a URL");
    let error = front_end(&[], "").browse(&url).await.expect_err("no cookie");
    assert!(matches!(error, Unanswered::Nobody { .. }), "{error:?}");
    let mut front_end = front_end(&["--external-browser", "print"], "");
    let error = failure(front_end.browse(&url).await);
    assert_eq!(error.status, ExitStatus::InputNeeded);
    front_end.read_line = Some(|| Ok(Some(Secret::new("DSID=1 "))));
    assert_eq!(front_end.browse(&url).await.expect("a cookie").expose(), "DSID=1");
}

#[tokio::test]
async fn with_non_inter_no_line_becomes_the_cookie_of_a_browser() {
    let url = Url::parse("https://idp.example/sso").expect("a URL");
    let mut front_end = front_end(&["--external-browser", "print", "--non-inter"], "");
    front_end.read_line = Some(|| panic!("read although nobody may be asked"));
    let error = failure(front_end.browse(&url).await);
    assert_eq!(error.status, ExitStatus::InputNeeded);
    assert!(error.message.ends_with("(--non-inter)"), "{error}");
}

#[tokio::test]
async fn the_cookie_is_pasted_on_the_terminal_although_standard_input_is_at_its_end() {
    let url = Url::parse("https://idp.example/sso").expect("a URL");
    let mut front_end = front_end(&["--external-browser", "print"], "");
    let (screen, terminal) = pair();
    front_end.user = User::There(terminal);
    front_end.read_line = Some(|| Ok(None));
    let typing = typist(screen, &["\r", " DSID=hunter2\r"]);
    assert_eq!(
        front_end.browse(&url).await.expect("a cookie").expose(),
        "DSID=hunter2"
    );
    // a question that was not put ends the typing
    drop(front_end);
    let (seen, _screen) = typing.join().expect("typed");
    assert!(
        seen.contains("\n  https://idp.example/sso\r\n") && !seen.contains("hunter2"),
        "{seen}"
    );
}
