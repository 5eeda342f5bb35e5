//! Pages of gateways and identity providers (`juniper-forms.md §2`), written after their descriptions.

use super::super::{BrowserOnly, Link};
use super::{controls, form, page, short};

/// Page, name or else id, action, whether POST, controls.
type Row<'a> = (&'a str, &'a str, Option<&'a str>, bool, &'a [&'a str]);

#[test]
fn forms_of_gateways_are_read() {
    let table: &[Row<'_>] = &[
        (
            "<form name=frmLogin id=frmLogin_4 action=login.cgi method=POST><input type=hidden name=tz_offset id=tz_offset_5>\
             <table><tr><td>Username</td><td><input type=text name=username id=username_5></td></tr>\
             <tr><td>Password</td><td><input type=password name=password></td></tr>\
             <tr><td>Realm</td><td><select name=realm id=realm_16><option value=10>Staff<option value=20>Students</select>\
             </td></tr></table><input type=submit name=btnSubmit value='Sign In'></form>",
            "frmLogin",
            Some("login.cgi"),
            true,
            &[
                "hidden tz_offset= ()",
                "text username= (Username)",
                "password password= (Password)",
                "select[10=Staff,20=Students] realm= (Realm)",
                "submit btnSubmit=Sign In (Sign In)",
            ],
        ),
        (
            "<table><form name=frmLogin action=login.cgi method=post><tr><td>User</td><td><input name=username></td></tr>\
             <tr><td>PIN</td><td><input type=password name=password></td></tr><tr><td>Token</td><td>\
             <input id=passwordSecondary type=password name='password#2'></td></tr><tr><td>\
             <input type=hidden name=realm value=Users><input type=image name=btnSubmit src=x.gif></td></tr></form></table>",
            "frmLogin",
            Some("login.cgi"),
            true,
            &[
                "text username= (User)",
                "password password= (PIN)",
                "password password#2= (Token)",
                "hidden realm=Users ()",
                "image btnSubmit= ()",
            ],
        ),
        (
            "<form name=frmLogin action=login.cgi method=POST><input type=hidden name=key value=state_0a>\
             <p>Code: <input type=password name='password#2'><button type=submit name=btnSubmit value=x>Sign In</button>",
            "frmLogin",
            Some("login.cgi"),
            true,
            &[
                "hidden key=state_0a ()",
                "password password#2= (Code)",
                "submit btnSubmit=x (Sign In)",
            ],
        ),
        (
            "<form name=frmLogin action=login.cgi method=POST>\
             <input style='display:none' type=text name=fakeusernameremembered>\
             <input style='display:none' type=password name=fakepasswordremembered>\
             <input name=username><input type=password name=password><input type=submit name=help value='?'>",
            "frmLogin",
            Some("login.cgi"),
            true,
            &[
                "text fakeusernameremembered= () invisible",
                "password fakepasswordremembered= () invisible",
                "text username= ()",
                "password password= ()",
                "submit help=? (?)",
            ],
        ),
        (
            "<form name=frmLogin action=welcome.cgi method=POST><textarea name=sn-preauth-text readonly>Be\r\ngood &amp; kind\
             </textarea><input type=submit name=sn-preauth-proceed value=Aceitar><input type=submit value=No>",
            "frmLogin",
            Some("welcome.cgi"),
            true,
            &[
                "area sn-preauth-text=Be\ngood & kind () readonly",
                "submit sn-preauth-proceed=Aceitar (Aceitar)",
                "submit =No (No)",
            ],
        ),
        (
            "<form name=frmDefender action=login.cgi method=POST><input type=hidden name=key value=state_1>\
             <input type=hidden name=username value=u><table id=table_Defender_6><tr><td>Challenge: [A1] [B2]</td></tr>\
             <tr><td>Response:</td><td><input type=password name=password></td></tr></table>\
             <input type=submit name=btnAction value='  Sign In  '>",
            "frmDefender",
            Some("login.cgi"),
            true,
            &[
                "hidden key=state_1 ()",
                "hidden username=u ()",
                "password password= (Response)",
                "submit btnAction=  Sign In   (Sign In)",
            ],
        ),
        (
            "<form name=frmTotpToken action=login.cgi method=POST><input type=hidden name=key value=k>\
             <label for=c>Authentication code:</label><input id=c type=PASSWORD name='password#2' autocomplete=off>\
             <input type=submit name=totpactionEnter value='Sign In'>",
            "frmTotpToken",
            Some("login.cgi"),
            true,
            &[
                "hidden key=k ()",
                "password password#2= (Authentication code)",
                "submit totpactionEnter=Sign In (Sign In)",
            ],
        ),
        (
            "<blockquote><form id=DSIDConfirmForm name=frmConfirmation action=login.cgi method=POST><table><tr><td>\
             <input type=checkbox id=postfixSID_1 onclick=\"checkSelected()\",  name=\"postfixSID\" value=s1></td>\
             <td>192.0.2.1</td><td>10:00</td></tr></table><input type=submit name=btnContinue value='继续会话'>\
             <input type=submit name=btnCancel value=Cancel>\
             <input type=hidden name=FormDataStr id=DSIDFormDataStr value='a=b&amp;c'></form></blockquote>",
            "frmConfirmation",
            Some("login.cgi"),
            true,
            &[
                "check postfixSID=s1 (192.0.2.1 10:00)",
                "submit btnContinue=继续会话 (继续会话)",
                "submit btnCancel=Cancel (Cancel)",
                "hidden FormDataStr=a=b&c ()",
            ],
        ),
        (
            "<form name=frm id=frm_142 action='remediate.cgi?step=preauth'><input type=hidden name=action>\
             <input type=hidden name=signinId value=url_default></form>",
            "frm",
            Some("remediate.cgi?step=preauth"),
            false,
            &["hidden action= ()", "hidden signinId=url_default ()"],
        ),
        (
            "<form method=post action='https&#x3a;&#x2f;&#x2f;vpn.example.com&#x2f;acs'><input type=hidden name=RelayState>\
             <input type=hidden name=SAMLResponse value='PHg+'><noscript><input type=submit value=Continue></noscript></form>",
            "",
            Some("https://vpn.example.com/acs"),
            true,
            &[
                "hidden RelayState= ()",
                "hidden SAMLResponse=PHg+ ()",
                "submit =Continue (Continue)",
            ],
        ),
        (
            "<form id=loginForm method=post><input type=email name=UserName placeholder='someone@example.com'>\
             <input type=password name=Password><input type=checkbox name=Kmsi><label for=k>Keep me</label>\
             <input type=hidden name=AuthMethod value=FormsAuthentication></form>",
            "loginForm",
            None,
            true,
            &[
                "text UserName= (someone@example.com)",
                "password Password= ()",
                "check Kmsi=on (Keep me)",
                "hidden AuthMethod=FormsAuthentication ()",
            ],
        ),
        (
            "<form id=kc-otp-login-form action='/auth?x=1&amp;y=2' method=post>\
             <input type=radio name=selectedCredentialId id=c0 value=id0 checked><label for=c0>Phone</label>\
             <input name=otp id=otp><button name=login>Sign In</button></form>",
            "kc-otp-login-form",
            Some("/auth?x=1&y=2"),
            true,
            &[
                "radio! selectedCredentialId=id0 (Phone)",
                "text otp= ()",
                "submit login= (Sign In)",
            ],
        ),
    ];
    for (html, name, action, post, expected) in table {
        let form = form(html);
        let found = if form.name.is_empty() {
            &form.id
        } else {
            &form.name
        };
        assert_eq!(
            (found.as_str(), form.action.as_deref(), form.post),
            (*name, *action, *post),
            "{html}"
        );
        assert_eq!(controls(&form), *expected, "{html}");
    }
}

#[test]
fn a_second_form_of_the_identity_provider_is_kept_apart() {
    let page = page(
        "<form id=loginForm method=post><input name=UserName></form>\
         <form id=options method=post action=/adfs><input type=hidden name=optionSelection><input type=hidden name=AuthMethod></form>",
    );
    let ids: Vec<_> = page.forms.iter().map(|form| form.id.as_str()).collect();
    assert_eq!(ids, ["loginForm", "options"]);
    assert_eq!(page.forms[1].controls.len(), 2);
}

#[test]
fn roles_are_links_wherever_they_stand_in_their_table() {
    let page = page(
        "<form name=frmSelectRoles><a href=x>Help</a><table id=TABLE_SelectRole_1><tbody><tr><td><b><a href=\
         'login.cgi?role=1&amp;key=a'>Staff <i>only</i></a></b></td></tr><tr><td><table><tr><td><a href=login.cgi?role=2>\
         Guests</a></table></table><a href=y>Sign out</a></form>",
    );
    let link = |target: &str, label: &str| Link {
        target: target.into(),
        label: label.into(),
    };
    let roles = vec![
        link("login.cgi?role=1&key=a", "Staff only"),
        link("login.cgi?role=2", "Guests"),
    ];
    assert_eq!(page.roles, Some(roles));
    assert_eq!(page.links.len(), 4);
    assert_eq!(
        super::page("<table id=TABLE_SelectRole_1></table>").roles,
        Some(Vec::new())
    );
}

#[test]
fn parameters_of_the_host_checker_are_found() {
    let page = page(
        "<APPLET CODE=x><PARAM NAME=\"Parameter0\" VALUE=\"ivehost=vpn;locale=en\"><PARAM NAME=log_level VALUE=1>\
         Java is needed</APPLET>",
    );
    let expected = [("Parameter0", "ivehost=vpn;locale=en"), ("log_level", "1")];
    assert_eq!(
        page.params,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert!(page.forms.is_empty());
}

#[test]
fn the_notice_of_an_expiring_password_has_its_link() {
    let page = page(
        "<p>Your password will expire in 3 days.<p><a href='/dana/home/starter0.cgi'>Click here to continue.</a>",
    );
    assert_eq!(
        page.text,
        "Your password will expire in 3 days.\nClick here to continue."
    );
    assert_eq!(page.links[0].target, "/dana/home/starter0.cgi");
}

#[test]
fn a_relay_that_sends_itself_is_seen() {
    let page = page(
        "<html><body onload=\"document.forms[0].submit()\"><form name=hiddenform method=POST action='https://sp/acs'>\
         <input type=hidden name=SAMLResponse value=x><noscript><p>Script is disabled. Click Submit to continue.</p>\
         <input type=submit value=Submit></noscript></form>\
         <script language=javascript>window.setTimeout('document.forms[0].submit()', 0);</script></body></html>",
    );
    assert!(page.submits_itself);
    assert_eq!(page.text, "Script is disabled. Click Submit to continue.");
    assert_eq!(short(&page.forms[0].controls[1]), "submit =Submit (Submit)");
}

#[test]
fn widgets_of_identity_providers_need_a_browser() {
    let azure = "<script>//<![CDATA[\n$Config={\"fShowPersistentCookiesWarning\":false,\"urlPost\":\"/common/login\"};\n//]]>\
                 </script><body><div><form name=f1></form></div>";
    let duo = "<form name=frmLogin><input type=hidden name='password#2'></form>\
               <iframe id=tp_frame src='https://api-0.duosecurity.com/frame/juniper/v2/auth'></iframe>";
    let okta = "<div id=okta-login-container></div><script>var signIn = new OktaSignIn({});</script>";
    for (html, expected) in [
        (azure, BrowserOnly::Azure),
        (duo, BrowserOnly::Duo),
        (okta, BrowserOnly::Okta),
    ] {
        assert_eq!(page(html).browser_only, Some(expected), "{html}");
    }
}
