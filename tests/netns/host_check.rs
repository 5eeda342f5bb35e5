//! Host checks of a tunnel that lives: repeated by the program itself, or by an external one.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use crate::client::Client;
use crate::lab::{CLIENT, GATEWAY, Lab, SOON, wait_until};
use crate::ping;

#[test]
fn repeated_checks_keep_the_session_and_without_them_it_ends() {
    for (interval, stays) in [("1", true), ("60", false)] {
        let Some((lab, _folder)) = start(
            "check policies Required-AV\ncheck deadline 2s\ncheck reason 1\n",
            CHECKED,
        ) else {
            return;
        };
        let client = connect(&lab, &["--hostcheck=accept", "--force-trojan", interval]);
        client.wait_connected();
        if stays {
            // three deadlines and more
            client.wait_for_count("the host check was repeated", 7, SOON);
            assert!(ping::answers(&lab, SOON));
            assert!(
                !lab.events().iter().any(|event| event.contains("Lapsed")),
                "{:?}",
                lab.events()
            );
            client.interrupt().says("logged out");
        } else {
            client.exits(7);
            assert!(
                lab.events()
                    .iter()
                    .any(|event| event.contains("Lapsed(\"no check in time\")"))
            );
        }
    }
}

#[test]
fn an_external_checker_is_told_the_cookie_again_and_the_tunnel_outlives_it() {
    let Some((lab, folder)) = start("", EXTERNAL) else {
        return;
    };
    let seen = folder.path().join("seen");
    let wrapper = folder.path().join("wrapper");
    let text = format!(
        "#!/bin/sh
id -un > {0}; id -G >> {0}; echo \"$1 $TNCC_SHA256 $TNCC_INTERVAL\" >> {0}
read -r a; read -r b; read -r c; read -r d; echo \"$a $b $c $d\" >> {0}
printf '200\\nOK\\n0123456789abcdef\\n\\n' >&0
for time in 1 2 3; do read -r e; read -r f; echo \"$e $f\" >> {0}; done
echo end >> {0}\n",
        seen.display()
    );
    fs::write(&wrapper, text).expect("a file");
    fs::set_permissions(&wrapper, Permissions::from_mode(0o755)).expect("a mode");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("a mode");
    let options = ["--csd-user", "nobody", "--force-trojan", "1", "--csd-wrapper"];
    let client = connect(&lab, &[&options[..], &[&wrapper.to_string_lossy()]].concat());
    client.wait_connected();
    client.wait_for("the host checker has ended");
    let pin = lab.pin.trim_start_matches("pin-sha256:");
    let told = "setcookie Cookie=0123456789abcdef\n".repeat(3);
    let expected = format!(
        "nobody\n65534\n{GATEWAY} {pin} 1\nstart IC={GATEWAY} Cookie=fedcba9876543210 DSSIGNIN=url_default\n{told}end\n"
    );
    assert_eq!(fs::read_to_string(seen).expect("what it saw"), expected);
    assert!(ping::answers(&lab, SOON));
    client.interrupt().says("logged out");
}

#[test]
fn an_external_checker_ends_with_the_tunnel() {
    let Some((lab, folder)) = start("", EXTERNAL) else {
        return;
    };
    let wrapper = folder.path().join("wrapper");
    let process = folder.path().join("process");
    let text = format!(
        "#!/bin/sh
echo $$ > {}
printf '200\\nOK\\n0123456789abcdef\\n\\n' >&0
while read -r line; do :; done\n",
        process.display()
    );
    fs::write(&wrapper, text).expect("a file");
    fs::set_permissions(&wrapper, Permissions::from_mode(0o755)).expect("a mode");
    let client = connect(
        &lab,
        &["--csd-user=root", "--csd-wrapper", &wrapper.to_string_lossy()],
    );
    client.wait_connected();
    let process = fs::read_to_string(process).expect("a number");
    let process = Path::new("/proc").join(process.trim());
    assert!(process.exists());
    client.interrupt().says("logged out");
    wait_until("the checker to end", Duration::from_secs(2), || !process.exists());
}

/// A gateway that plays these lines, and the folder they are in.
fn start(header: &str, rules: &str) -> Option<(Lab, tempfile::TempDir)> {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pages");
    let rules = rules.replace("PAGES", &pages.display().to_string());
    let flow = folder.path().join("check.flow");
    let text = format!("title host check\nevidence G: own\ncheck interval 10\n{header}{rules}");
    fs::write(&flow, text).expect("a file");
    let lab = Lab::start(&format!("--pages {}", flow.display()))?;
    Some((lab, folder))
}

/// Signs in and connects.
fn connect(lab: &Lab, options: &[&str]) -> Client {
    let mut command = lab.program(&[CLIENT, "connect", GATEWAY, "--servercert", &lab.pin]);
    command
        .args(["-u", "joe", "--passwd-on-stdin", "--non-inter"])
        .args(options);
    Client::start(command, "secret")
}

const CHECKED: &str = "set applet=PAGES/hostcheck/applet.html\ninclude PAGES/hostcheck/after.inc\n";

/// The gateway takes what the external program says.
const EXTERNAL: &str = "[start]
GET /
  302 {{welcome}}
GET {{welcome}}
  page PAGES/pcs-8/login.html
POST {{login}}
  if field username=joe
  if field password=secret
  302 welcome.cgi?p=preauth
  go check
[check]
GET {{welcome}}?p=preauth
  if cookie DSPREAUTH=0123456789abcdef
  session
  302 {{home}}
GET {{welcome}}?p=preauth
  page PAGES/hostcheck/applet.html
  cookie DSPREAUTH=fedcba9876543210; path=/dana-na/; secure
  cookie DSSIGNIN=url_default; path=/dana-na/; secure
";
