//! Sign-in pages of any kind: what is found is bounded by what was there.

use url::Url;
use vpnc_cli::auth::page::{ControlKind, MAX_LINKS, MAX_TEXT, read};

/// Reads a page; then a page made of what was found.
pub fn run(data: &[u8]) {
    let url = Url::parse("https://vpn.example.com/dana-na/auth/welcome.cgi").expect("a URL");
    let Ok(page) = read(data, Some("text/html"), &url) else {
        return;
    };
    assert!(page.text.chars().count() <= MAX_TEXT);
    assert!(page.links.len() <= MAX_LINKS);
    let mut found = 0;
    for form in &page.forms {
        assert!(form.text.chars().count() <= MAX_TEXT);
        found += 1 + form.controls.len();
        for control in &form.controls {
            if let ControlKind::Select { options, .. } = &control.kind {
                found += options.len();
            }
        }
    }
    assert!(found <= data.len());

    // Names survive being written and read again, in whatever way they were quoted.
    let mut clean = String::from("<meta charset=utf-8>");
    for form in &page.forms {
        clean += &format!("<form name=\"{}\">", escaped(&form.name));
        for control in &form.controls {
            clean += &format!("<input name=\"{}\" type=hidden>", escaped(&control.name));
        }
        clean += "</form>";
    }
    let Ok(again) = read(clean.as_bytes(), None, &url) else {
        return;
    };
    assert_eq!(page.forms.len(), again.forms.len());
    for (one, other) in page.forms.iter().zip(&again.forms) {
        assert_eq!(one.name, other.name);
        let names = one.controls.iter().zip(&other.controls);
        assert!(names.into_iter().all(|(one, other)| one.name == other.name));
        assert_eq!(one.controls.len(), other.controls.len());
    }
}

/// As a value between double quotes; a bare carriage return would become a line feed.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('"', "&quot;");
    text.replace('\r', "&#13;")
}
