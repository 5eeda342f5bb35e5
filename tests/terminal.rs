//! The built program asks on a terminal, and somebody answers; pages of the reference gateway on the other side.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the gateway's log holds more kinds of events than a test asks about"
)]

#[path = "terminal/screen.rs"]
mod screen;
mod stage;

use crate::screen::Screen;
use crate::stage::{PROGRAM, Stage};

#[test]
fn a_wrong_password_is_asked_for_again() {
    let stage = Stage::play("pcs-8/primary");
    let mut screen = ask(&stage, &["-u", "joe"]);
    screen
        .answer("Password: ", "hunter2")
        .answer("Password: ", "secret");
    let end = screen.end().signed_in().says("refused");
    assert_eq!(end.screen.matches("Password: ").count(), 2, "{}", end.screen);
    assert_eq!(stage.forms().len(), 2);
}

#[test]
fn three_wrong_passwords_are_enough() {
    let stage = Stage::play("pcs-8/primary");
    let mut screen = ask(&stage, &["-u", "joe"]);
    screen
        .answer("Password: ", "hunter1")
        .answer("Password: ", "hunter2")
        .answer("Password: ", "hunter3");
    let end = screen.end().failed(3).says("error: ");
    assert!(!end.screen.contains("hunter"), "{}", end.screen);
    assert_eq!(stage.forms().len(), 3, "{:?}", stage.forms());
    assert_eq!(stage.faults(), [""; 0]);
}

#[test]
fn a_password_that_was_refused_is_not_sent_again() {
    let stage = Stage::play("pcs-8/primary");
    let mut screen = ask(&stage, &["-u", "joe"]);
    screen
        .answer("Password: ", "hunter2")
        .answer("Password: ", "hunter2");
    screen.answer("Password: ", "secret");
    screen.end().signed_in();
    assert_eq!(stage.forms().len(), 2, "{:?}", stage.forms());
    assert_eq!(stage.faults(), [""; 0]);
}

#[test]
fn names_are_seen_and_passwords_are_not() {
    let stage = Stage::play("pcs-8/primary");
    let mut screen = ask(&stage, &[]);
    screen.answer("Username: ", "joe").wait("Password: ", 1);
    assert!(!screen.echoes());
    screen.answer("Password: ", "secret");
    let end = screen
        .end()
        .signed_in()
        .says("Username: joe\r\n")
        .says("Password: \r\n");
    assert!(!end.screen.contains("secret"), "{}", end.screen);
}

#[test]
fn ctrl_c_ends_a_question_and_the_echo_comes_back() {
    let stage = Stage::play("pcs-8/primary");
    let mut screen = ask(&stage, &["-u", "joe"]);
    screen.wait("Password: ", 1);
    assert!(!screen.echoes());
    screen.press("half\x03");
    // that the echo is back is seen at the end of each of these tests
    screen.end().failed(130).says("Password: \r\nerror: ");
    assert_eq!(stage.forms(), [""; 0]);
}

#[test]
fn a_realm_is_chosen_by_number_name_or_the_beginning_of_one() {
    for answer in ["2", "staff", "sTaF"] {
        let stage = Stage::play("pcs-8/realm-select");
        let mut screen = ask(&stage, &["-u", "joe"]);
        screen.answer("Password: ", "secret");
        screen.wait("1  Students\r\n  2  Staff\r\n  3  Guests of the Staff\r\n", 1);
        screen.answer("number or name: ", answer);
        screen.end().signed_in();
        assert_eq!(stage.forms().len(), 1);
    }
}

#[test]
fn what_is_no_realm_is_asked_for_again() {
    let stage = Stage::play("pcs-8/realm-select");
    let mut screen = ask(&stage, &["-u", "joe"]);
    screen.answer("Password: ", "secret");
    for wrong in ["4", "st", "Teachers"] {
        screen.answer("number or name: ", wrong);
    }
    screen.end().failed(4);
    assert_eq!(stage.forms(), [""; 0]);
}

#[test]
fn an_unknown_form_is_asked_field_by_field() {
    let stage = Stage::play("custom/survey");
    let mut screen = ask(&stage, &["-u", "joe"]);
    screen.answer("Password: ", "secret");
    screen
        .answer("number or name: ", "Hotel")
        .answer("Reason [work]: ", "work & travel");
    screen
        .answer("Ticket: ", "4711")
        .answer("number or name [wired]: ", "2");
    screen
        .answer("I agree (yes/no) [no]: ", "yes")
        .answer("Send a mail (yes/no) [yes]: ", "");
    screen
        .answer("Remark [none]: ", "two words")
        .answer("number or name [unnamed]: ", "go on");
    screen.end().signed_in();
}

#[test]
fn a_new_password_is_typed_twice() {
    let stage = Stage::play(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/terminal/pages/new-password"
    ));
    let mut screen = ask(&stage, &["-u", "joe"]);
    screen
        .answer("Password: ", "secret")
        .answer("Old password: ", "secret");
    screen
        .answer("New password: ", "neues Wort")
        .answer("New password again: ", "neues wort");
    screen
        .answer("New password: ", "neues Wort")
        .answer("New password again: ", "neues Wort");
    let end = screen.end().signed_in().says("the two are not the same");
    assert!(!end.screen.contains("neues"), "{}", end.screen);
}

#[test]
fn a_notice_is_shown_and_agreed_to() {
    for (answer, status) in [("y", 0), ("n", 4)] {
        let stage = Stage::play("pcs-8/notice-pre");
        let mut screen = ask(&stage, &["-u", "joe"]);
        screen.wait("For authorised users only.", 1);
        screen.answer(": ", answer);
        if status == 0 {
            screen.answer("Password: ", "secret");
            screen.end().signed_in();
        } else {
            screen.end().failed(status);
            assert_eq!(stage.forms(), [""; 0]);
        }
    }
}

#[test]
fn the_end_of_another_session_is_announced() {
    let stage = Stage::play("pcs-8/takeover");
    let mut screen = ask(&stage, &["-u", "joe"]);
    screen.answer("Password: ", "secret");
    screen.end().signed_in().says("will be ended").says("192.0.2.77");
}

#[test]
fn a_cookie_of_a_browser_is_pasted() {
    let stage = Stage::play("okta/widget");
    let ca = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(ca.path(), stage.gateway.ca_pem()).expect("a file");
    let mut screen = ask(
        &stage,
        &[
            "--cafile",
            &ca.path().to_string_lossy(),
            "--external-browser",
            "print",
        ],
    );
    let cookie = stage.gateway.cookie();
    screen.wait(&stage.url(), 1);
    screen.answer("DSID (not shown): ", &cookie);
    let end = screen.end().signed_in();
    assert!(
        end.stdout.contains(&cookie) && !end.screen.contains(&cookie),
        "{}",
        end.screen
    );
}

#[test]
fn questions_go_to_the_terminal_when_standard_input_is_a_pipe() {
    let stage = Stage::play("pcs-8/primary");
    let mut command = std::process::Command::new("setsid");
    command.args([
        "--ctty",
        "--wait",
        "/bin/sh",
        "-c",
        "echo unread | \"$@\"",
        "sh",
        PROGRAM,
        "auth",
        &stage.url(),
    ]);
    command
        .args(["-u", "joe", "--servercert", &stage.gateway.pin()])
        .env("TERM", "dumb");
    let mut screen = Screen::start(command);
    screen.answer("Password: ", "secret");
    screen.end().signed_in();
}

/// The program on a terminal.
fn ask(stage: &Stage, options: &[&str]) -> Screen {
    Screen::start(stage.auth(&["--ctty", "--wait"], options))
}
