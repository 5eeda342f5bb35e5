//! Where controls belong, what they are called and what is visible.

use super::super::{BrowserOnly, ControlKind, Link};
use super::{controls, form, owners, page, read, url};

#[test]
fn controls_belong_to_the_form_the_parser_gives_them() {
    for (html, expected) in [
        (
            "<table><form name=f><input name=a></table><input name=b></form>",
            &["[f] a,b"] as &[_],
        ),
        (
            "<table><tr><form name=f><td><input name=a></td></form><td><input name=x></td></tr></table>",
            &["[f] a"],
        ),
        (
            "<table><form name=f><tr><td><input name=a><tr><td><select name=b></select></table>",
            &["[f] a,b"],
        ),
        (
            "<table><form name=f><input type=hidden name=h><tr><td><input name=a></table>",
            &["[f] h,a"],
        ),
        (
            "<table><form name=f></form><form name=g><tr><td><input name=a></table>",
            &["[f] ", "[g] a"],
        ),
        (
            "<form name=f><form name=g><input name=a></form><input name=x>",
            &["[f] a"],
        ),
        ("<form name=f></form><input name=x>", &["[f] "]),
        ("<input name=x><form name=f>", &["[f] "]),
        ("<form name=f><div></form><input name=a></div>", &["[f] a"]),
        (
            "<input name=a form=i><form name=f id=i><input name=b></form><input name=c form=i>",
            &["[f] a,b,c"],
        ),
        (
            "<form name=f id=i></form><form name=g><input name=a form=i><input name=b form=j>",
            &["[f] a", "[g] "],
        ),
        (
            "<form name=f id=i></form><form name=g id=i></form><input name=a form=i>",
            &["[f] a", "[g] "],
        ),
        (
            "<p><form name=f><p><input name=a><p></form><p><input name=x>",
            &["[f] a"],
        ),
        (
            "<blockquote><form name=f><input name=a></blockquote><input name=b>",
            &["[f] a,b"],
        ),
        ("<template><form name=f><input name=a></form></template>", &[]),
        (
            "<form name=f><template><input name=x></template><input name=a>",
            &["[f] a"],
        ),
        (
            "<noscript><form name=f><input name=a></form></noscript>",
            &["[f] a"],
        ),
        (
            "<FORM NAME=f><INPUT NAME=a><BUTTON NAME=b></BUTTON><TEXTAREA NAME=c></TEXTAREA>",
            &["[f] a,b,c"],
        ),
    ] {
        assert_eq!(owners(html), expected, "{html}");
    }
}

#[test]
fn tag_soup_is_read_like_the_clean_page() {
    for html in [
        "<form name=f><input name=a value=1><input name=b value=2></form>",
        "<FORM NAME='f'><INPUT NAME = a VALUE=1><INPUT NAME=\"b\" VALUE='2'>",
        "<form name=f <b><input name=a value=1 / name=x><input/name=\"b\"value=2>",
        "<!-- <form name=x> --><form name=f><!--><input name=a value=1><!-- -- --!><input name=b value=2>",
        "<script>'<form name=x>'</script><form name=f><style><input name=x></style><input name=a value=1><input name=b value=2>",
        "<script><!-- '<script><form name=x></script>' --></script><form name=f><input name=a value=1><input name=b value=2>",
        "<svg><form name=x><input name=y></svg><form name=f><input name=a value=1><input name=b value=2>",
        "<form name=f><input name=a value=1><input name=b value=2><input name=c value=",
        "<?php x ?><![CDATA[ x ]]><form name=f></ x><input name=a value=1></><input name=b value=2></form x='>'>",
        "<form name=f><b><p><input name=a value=1></b></i><font><input name=b value=2>",
        "<form name=f><input onclick=\"checkSelected()\",  name=\"a\" value=\"&#49;\"><input name=b value=&#x32;>",
        "<title><form name=x></title><form name=f><input name=a value=1><input name=b value=2>",
        "<select><title><input name=x></title></select><form name=f><input name=a value=1><input name=b value=2>",
        "<iframe><form name=x></iframe><xmp><form name=x></xmp><form name=f><input name=a value=1><input name=b value=2>",
        "<form name=f><input name=a value=1><input name=b value=2><plaintext><input name=x>",
    ] {
        let form = form(html);
        let values = form
            .controls
            .iter()
            .map(|control| format!("{}={}", control.name, control.value));
        assert_eq!(values.collect::<Vec<_>>(), ["a=1", "b=2"], "{html}");
        assert_eq!(form.name, "f", "{html}");
    }
}

#[test]
fn controls_are_what_their_types_say() {
    let form = form(
        "<form><input name=a><input name=b TYPE=PASSWORD><input name=c type=HIDDEN value='x\ny'>\
         <input name=d type=tel value='1\n2'><input name=e type=checkbox><input name=f type=checkbox value='' checked>\
         <input name=g type=radio value=1 checked><input name=h type=image alt=Go><input name=i type=file>\
         <input name=j type=reset value=R><input name=k type=submit value='  Sign In  '>\
         <button name=l value=v> <b>Sign</b>\nin </button><button name=m type=button>x</button>\
         <textarea name=n>\n&lt;a&gt;\n <b></textarea><input type=text value=nameless>\
         <input name=o disabled><input name=p readonly value=r><input name=q type=nonsense>\
         <fieldset disabled><input name=r></fieldset><input name=s><input name=s></form>",
    );
    let expected = [
        "text a= ()",
        "password b= ()",
        "hidden c=x\ny ()",
        "text d=12 ()",
        "check e=on ()",
        "checked f= ()",
        "radio! g=1 ()",
        "image h= (Go)",
        "other i= ()",
        "other j=R (R)",
        "submit k=  Sign In   (Sign In)",
        "submit l=v (Sign in)",
        "other m= (x)",
        "area n=<a>\n <b> ()",
        "text =nameless ()",
        "text o= () disabled",
        "text p=r () readonly",
        "text q= ()",
        "text r= () disabled",
        "text s= ()",
        "text s= ()",
    ];
    assert_eq!(controls(&form), expected);
}

#[test]
fn options_are_found_in_groups_and_without_values() {
    let form = form(
        "<form><select name=a><option>One  and\n<b>a half</b><option value=2 selected>Two</option>\
         <optgroup label=g disabled><option value=''>Three</optgroup><option label=Four value=4>4<option disabled>Five\
         </select><select name=b multiple><option value='a &amp; b'>x</select></form>",
    );
    let expected = [
        "select[One and a half=One and a half,2=Two!,=Three-,4=Four,Five=Five-] a= ()",
        "select*[a & b=x] b= ()",
    ];
    assert_eq!(controls(&form), expected);
}

#[test]
fn labels_come_from_the_nearest_text() {
    for (html, label) in [
        (
            "<label for=i> User <b>name</b>: </label><p><input id=i title=x>",
            "User name",
        ),
        ("<input id=i><label for=i>User name</label>", "User name"),
        ("<label>User name <input placeholder=x></label>", "User name"),
        (
            "<label>User name: <select><option>x</select> *</label>",
            "User name",
        ),
        (
            "<label for=other>x</label><input aria-label='User name' placeholder=x>",
            "User name",
        ),
        ("<input placeholder='User name:' title=x>", "User name"),
        ("<input title='User name'>", "User name"),
        (
            "<table><tr><td>Intro<tr><td>User name:<td>&nbsp;<td><input></table>",
            "User name",
        ),
        (
            "<table><tr><th>User name *<td><input type=hidden name=h><input></table>",
            "User name",
        ),
        ("<p>Intro<br>User name:<br><input>", "User name"),
        ("<div>User name</div><div><input></div>", "User name"),
        ("<h1>Welcome</h1><input>", ""),
        ("<p>First <input name=x> User name <input name=second>", "First"),
        ("<input type=checkbox> Remember <i>me</i><br>other", "Remember me"),
        (
            "<p>x<table><tr><td><input type=checkbox><td>192.0.2.1<td>today<tr><td>other</table>",
            "192.0.2.1 today",
        ),
        ("Push: <input type=radio>", "Push"),
        (
            "<input type=radio value=1> Push <input type=radio value=2> SMS",
            "Push",
        ),
    ] {
        let form = form(&format!("<form>{html}</form>"));
        let control = form
            .controls
            .iter()
            .find(|control| control.kind != ControlKind::Hidden)
            .unwrap();
        assert_eq!(control.label, label, "{html}");
    }
    let long = format!("<form>{:100}<input></form>", "").replace(' ', "word ");
    assert_eq!(form(&long).controls[0].label, "");
}

#[test]
fn what_cannot_be_seen_is_marked() {
    for (html, invisible) in [
        ("<input style='display: none;'>", true),
        ("<div style='color:red;DISPLAY:NONE'><p><input></p></div>", true),
        ("<input hidden>", true),
        ("<b hidden><p><input></p></b>", true),
        ("<span style='visibility:hidden'></span><input>", false),
        ("<div style='display:block'><input></div>", false),
    ] {
        let form = form(&format!("<body style='display:none'><form>{html}</form>"));
        assert_eq!(form.controls[0].invisible, invisible, "{html}");
    }
}

#[test]
fn text_is_what_a_person_would_see() {
    let page = page(
        "<html><head><title> Secure \n Access </title></head><body>\u{a0}<h1>Welcome</h1>Please <b>sign\n in</b>.<br>\
         <script>no</script><noscript>no</noscript><!-- no --><p style='display:none'>no</p>\
         <table><form name=f><tr><td>User<td><input value=no></tr><tr><td>Realm<td><select><option>no</select>\
         <tr><td><button>no</button><textarea>no</textarea></table></form><a href=x>Help &amp; more</a></body></html>",
    );
    assert_eq!(page.title, "Secure Access");
    assert_eq!(page.text, "Welcome\nPlease sign in.\nUser\nRealm\nHelp & more");
    assert_eq!(page.forms[0].text, "User\nRealm");
    let bare = super::page("<noscript>Needs\n scripts</noscript><object>Needs Java</object>");
    assert_eq!(bare.text, "Needs scriptsNeeds Java");
}

#[test]
fn links_and_base_are_kept_as_written() {
    let page = page(
        "<base href='/dana/'><base href='/x/'><a href=' a?b=1&amp;c=2 '>One <b>two</b></a><a>x</a><a href=y></a>\
         <a href=img><img src=z alt=Picture></a><a href=t title=Title></a>",
    );
    let link = |target: &str, label: &str| Link {
        target: target.into(),
        label: label.into(),
    };
    let expected = [
        link("a?b=1&c=2", "One two"),
        link("img", "Picture"),
        link("t", "Title"),
    ];
    assert_eq!(page.links, expected);
    assert_eq!(page.base.as_str(), "https://vpn.example.com/dana/");
    assert_eq!(page.roles, None);
    assert_eq!(super::page("<base href='javascript:x'>").base, url());
}

#[test]
fn a_page_that_goes_on_by_itself_is_seen() {
    let refresh = |html: &str| page(html).refresh;
    let meta = "<meta http-equiv=Refresh content='0; url=/next?a=1&amp;b=2'>";
    assert_eq!(refresh(meta).as_deref(), Some("/next?a=1&b=2"));
    assert_eq!(refresh(&format!("<noscript>{meta}</noscript>")), None);
    assert_eq!(refresh(&format!("<body><noscript>{meta}</noscript>")), None);
    assert_eq!(refresh("<meta http-equiv=refresh content='60; url=/x'>"), None);
    let script = page("<script type='text/javascript'>window.location='/next'</script>");
    assert_eq!(script.script_redirect.as_deref(), Some("/next"));
    assert_eq!(
        page("<script type=text/template>location='/x'</script>").script_redirect,
        None
    );
    assert!(page("<body onload='document.forms[0].submit()'><form></form>").submits_itself);
    let quoted = page("<body onload='location=&quot;/next&quot;'>");
    assert_eq!(quoted.script_redirect.as_deref(), Some("/next"));
}

#[test]
fn pages_made_for_a_browser_are_recognised() {
    for (html, expected) in [
        (
            "<script>$Config={\"urlPost\":\"/x\"};</script>",
            Some(BrowserOnly::Azure),
        ),
        (
            "<script>$Config={\"urlPost\":\"/x\"};</script><form><input name=a></form>",
            None,
        ),
        ("<div id='okta-sign-in'></div>", Some(BrowserOnly::Okta)),
        ("<script>var oktaData = {};</script>", Some(BrowserOnly::Okta)),
        ("<iframe id=duo_iframe></iframe>", Some(BrowserOnly::Duo)),
        ("<iframe id='tp_frame' src='x'>", Some(BrowserOnly::Duo)),
        (
            "<div data-host='api-1.duosecurity.com'></div>",
            Some(BrowserOnly::Duo),
        ),
        (
            "<iframe src='https://api-1.duosecurity.com/frame/'>",
            Some(BrowserOnly::Duo),
        ),
        (
            "<script>location='pulsesecureclient://connect'</script>",
            Some(BrowserOnly::Launcher),
        ),
        ("<a href='junosclient:x'>start</a>", Some(BrowserOnly::Launcher)),
        ("<div class='x g-recaptcha'></div>", Some(BrowserOnly::Captcha)),
        ("<form><input name=a></form>", None),
    ] {
        assert_eq!(page(html).browser_only, expected, "{html}");
    }
}

#[test]
fn pages_are_decoded_and_forms_sent_in_their_character_set() {
    let label = |body: &[u8], content_type| {
        let page = read(body, content_type, &url()).unwrap();
        (page.forms[0].controls[0].label.clone(), page.encoding.name())
    };
    let latin = b"<form><p>Contrase\xf1a: <input type=password name=p></form>";
    assert_eq!(label(latin, None), ("Contraseña".into(), "windows-1252"));
    assert_eq!(
        label(latin, Some("text/html; charset=ISO-8859-1")),
        ("Contraseña".into(), "windows-1252")
    );
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain("<form>Contraseña: <input></form>".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(label(&wide, None), ("Contraseña".into(), "UTF-8"));
}

#[test]
fn a_title_without_an_end_does_not_swallow_the_page() {
    let page = page("<TITLE>Access<BODY><FORM NAME=frmLogin METHOD=post><INPUT NAME=username></FORM>");
    assert_eq!(page.title, "Access");
    assert_eq!(page.forms.len(), 1);
    let many = "<title>x".repeat(5_000);
    assert!(read(many.as_bytes(), None, &url()).is_ok_and(|page| page.forms.is_empty()));
}
