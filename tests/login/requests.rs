//! What goes over the wire: connections, requests, and nothing that is not needed.

use vpnc_gateway::{EventKind, Expect, Flow};

use crate::scene::{Scene, pages};

#[test]
fn one_connection_serves_the_whole_sign_in() {
    for flow in ["pcs-8/primary", "pcs-8/more-cred", "ics-22/primary"] {
        let scene = Scene::of(flow);
        scene.as_told().exits(0);
        let accepted = scene.seen(|kind| matches!(kind, EventKind::Accepted(_)).then_some(()));
        assert!(accepted.len() <= 2, "{flow}: {} connections", accepted.len());
    }
}

#[test]
fn a_page_is_asked_for_once_and_the_session_ends_the_walk() {
    let welcome = "GET /dana-na/auth/url_default/welcome.cgi";
    let login = "POST /dana-na/auth/url_default/login.cgi";
    let scene = Scene::of("pcs-8/primary");
    scene.joe("secret", &[]).exits(0);
    assert_eq!(scene.requests(), ["GET /", welcome, login]);
    let scene = Scene::of("pcs-8/realm-select");
    scene.joe("secret", &["--realm", "Staff"]).exits(0);
    assert_eq!(scene.requests(), ["GET /", welcome, login]);
    let scene = Scene::of("pcs-8/roles");
    scene.joe("secret", &["--role", "Developers"]).exits(0);
    let requests = scene.requests();
    assert_eq!(requests.len(), 4);
    assert!(
        requests[3].contains("?loginmode=mode_role&role=7&"),
        "{requests:?}"
    );
}

#[test]
fn the_logout_is_the_users_business() {
    let scene = Scene::of("pcs-8/primary");
    scene.joe("secret", &[]).exits(0);
    assert_eq!(scene.gateway.stats().logouts, 0);
}

#[test]
fn what_is_missing_is_found_before_anything_is_sent() {
    let scene = Scene::of("pcs-8/primary");
    scene.auth(&["-u", "joe"]).exits(4).says("a password is needed");
    assert_eq!(scene.forms(), Vec::<String>::new());
}

#[test]
fn no_page_is_fetched_twice_in_a_row() {
    for folder in ["adfs", "ics-22", "ive-6", "keycloak", "pcs-8", "pcs-9", "sa-7"] {
        for path in Flow::all(pages().join(folder)).unwrap() {
            let flow = Flow::load(path).unwrap();
            if *flow.expect() != Expect::Cookie {
                continue;
            }
            let name = flow.name();
            let scene = Scene::play(flow);
            scene.as_told().end();
            let requests = scene.requests();
            let again = requests
                .windows(2)
                .find(|two| two[0] == two[1] && two[0].starts_with("GET "));
            assert_eq!(again, None, "{name}");
        }
    }
}
