//! Reading a sign-in page: a small one, and one of 200 KiB that is mostly scripts, styles and pictures.

use std::fmt::Write;

use divan::Bencher;
use divan::counter::BytesCount;
use url::Url;
use vpnc_cli::auth::page;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 200)]
fn login_page_9_kib(bencher: Bencher<'_, '_>) {
    read(bencher, &login_page(3 << 10, 1 << 10, 0, 5));
}

#[divan::bench(sample_count = 200)]
fn login_page_200_kib(bencher: Bencher<'_, '_>) {
    read(bencher, &login_page(120 << 10, 40 << 10, 25 << 10, 50));
}

fn read(bencher: Bencher<'_, '_>, body: &str) {
    let url = Url::parse("https://vpn.example.com/dana-na/auth/url_default/welcome.cgi").expect("a URL");
    let page = page::read(body.as_bytes(), None, &url).expect("a page");
    assert_eq!(page.forms.len(), 1);
    assert_eq!(page.forms[0].controls.len(), 6);
    bencher
        .counter(BytesCount::of_str(body))
        .bench_local(|| page::read(body.as_bytes(), None, &url));
}

/// A page with so many octets of scripts, styles and pictures, and so many realms.
fn login_page(scripts: usize, styles: usize, pictures: usize, realms: usize) -> String {
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><title>Secure Access</title>\n");
    repeat(
        &mut page,
        styles / 2,
        "<style type=\"text/css\">",
        STYLE,
        "</style>\n",
    );
    repeat(
        &mut page,
        scripts / 3,
        "<script>//<![CDATA[\n",
        SCRIPT,
        "//]]></script>\n",
    );
    page.push_str("</head><body onload=\"FinishLoad(1)\">\n<!-- header -->\n<div id=\"container\" class=\"page wide\">\n");
    repeat(
        &mut page,
        pictures,
        "<img alt=\"\" src=\"data:image/png;base64,",
        "iVBORw0KGgoAAAAN",
        "\">\n",
    );
    repeat(&mut page, styles / 2, "<style>", STYLE, "</style>\n");
    for index in 0..12 {
        writeln!(
            page,
            "{NAVIGATION}<li><a href=\"/help/{index}.html\" title=\"Help\">Topic {index}</a></li></ul></nav>"
        )
        .expect("memory");
    }
    page.push_str(FORM);
    for index in 0..realms {
        writeln!(
            page,
            "<option value=\"Realm {index} &amp; guests\">Realm {index} &amp; guests</option>"
        )
        .expect("memory");
    }
    page.push_str(FORM_END);
    repeat(
        &mut page,
        scripts / 3 * 2,
        "<script type=\"text/javascript\">\n",
        SCRIPT,
        "</script>\n",
    );
    page.push_str("</div></body></html>\n");
    page
}

fn repeat(page: &mut String, len: usize, before: &str, piece: &str, after: &str) {
    page.push_str(before);
    page.extend(std::iter::repeat_n(piece, len / piece.len()));
    page.push_str(after);
}

const STYLE: &str =
    ".signin-panel > td.label, #username_5:hover { color: #334455; padding: 0 4px 2px 1em; }\n";

const SCRIPT: &str = r#"function checkField(name, index) { // one of many
    var field = document.getElementById("field_" + index);
    if (field && field.value.length < 3) { alert('Enter "' + name + '" first'); return false; }
    for (var i = 0; i < fields.length; i++) { fields[i].style.display = (i == index) ? "" : "none"; }
    if (top != self) { top.location = self.location; }
    return /^[a-z'"]+$/.test(field.value);
}
"#;

const NAVIGATION: &str = "<nav class=\"nav nav-pills\" style=\"margin-left: 2px; display: block\"><ul>\n";

const FORM: &str = r#"<form name="frmLogin" id="frmLogin_4" action="login.cgi" method="POST" autocomplete="off" onsubmit="return Login(1)">
<input type="hidden" id="tz_offset_5" name="tz_offset">
<table border="0" cellspacing="0" cellpadding="2" id="table_LoginPage_3"><tr><td colspan="3"><b>Welcome</b> to the
<font color="red">Secure Access</font> service. Please sign in to begin your session.</td></tr>
<tr><td>Username</td><td>&nbsp;</td><td><input type="text" name="username" id="username_5" size="20"></td></tr>
<tr><td>Password</td><td>&nbsp;</td><td><input type="password" name="password" id="password_5"></td></tr>
<tr><td>Realm</td><td>&nbsp;</td><td><select size="1" name="realm" id="realm_16" class="field">
"#;

const FORM_END: &str = r#"</select></td></tr>
<tr><td colspan="2"></td><td><label><input type="checkbox" name="remember"> Remember me</label>
<input type="submit" value="Sign In" name="btnSubmit" id="btnSubmit_6"></td></tr></table></form>
"#;
