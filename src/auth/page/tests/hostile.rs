//! Pages made to hurt: what is refused, and that nothing else fails.

use proptest::prelude::*;

use super::super::{Control, MAX_PAGE, PageError, forms, read, reduce, tree, walk};
use super::{page, url};

fn refusal(html: &str) -> Option<PageError> {
    read(html.as_bytes(), None, &url()).err()
}

#[test]
fn depth_is_refused_however_it_is_reached() {
    for piece in [
        "<div>",
        "<span>",
        "<table><td>",
        "<form><div>",
        "<label>",
        "<x>",
        "<b hidden>",
        "<ul><li>",
    ] {
        for count in [5_000, 100_000] {
            assert_eq!(
                refusal(&piece.repeat(count)),
                Some(PageError::TooDeep),
                "{count} {piece}"
            );
        }
    }
    assert_eq!(refusal(&"<div>".repeat(200_000)), Some(PageError::TooDeep));
    assert_eq!(refusal(&"<div>".repeat(500)), None);
}

#[test]
fn too_many_elements_are_refused() {
    for piece in [
        "<br>",
        "<p>x",
        "<input>",
        "<a href=x>",
        "<p></p>",
        "<form>",
        "</x>",
    ] {
        assert_eq!(
            refusal(&piece.repeat(210_000)),
            Some(PageError::TooMany),
            "{piece}"
        );
    }
    // Each paragraph opens the formatting elements of the one before again.
    let multiplied = format!("<p>{}", "<b><i><u><s>".repeat(3)) + &"</p><p>x".repeat(20_000);
    assert_eq!(refusal(&multiplied), Some(PageError::TooMany));
    assert_eq!(refusal(&"<br>".repeat(90_000)), None);
}

#[test]
fn a_page_has_a_size() {
    assert_eq!(refusal(&" ".repeat(MAX_PAGE)), None);
    assert_eq!(refusal(&" ".repeat(MAX_PAGE + 1)), Some(PageError::TooLarge));
}

#[test]
fn endless_constructs_are_read_in_one_pass() {
    const LEN: usize = 60_000;
    for piece in [
        "<",
        "<!",
        "<!-",
        "<!--",
        "<!-- --",
        "<svg>",
        "<math>",
        "<script>",
        "<script><!--<script>",
        "<style>",
        "</",
        "</a ",
        "<a ",
        "<a x",
        "<a x=",
        "<a x='",
        "<a x=\"",
        "<input name=a name=a",
        "&",
        "&am",
        "&#",
        "--",
        "-->",
        "<textarea>",
        "<title><",
        "<?",
        "]]>",
        "<script>location='",
        "<svg></svg",
        "'",
        "/[",
        "\0",
    ] {
        for start in [
            "",
            "<script>location;",
            "<form><table>",
            "<select>",
            "<input ",
            "<!--",
            "<textarea>",
        ] {
            let html = start.to_owned() + &piece.repeat(LEN / piece.len());
            assert_ne!(refusal(&html), Some(PageError::TooLarge), "{start} {piece}");
        }
    }
    let attributes = (0..50_000).fold("<input".to_owned(), |html, index| html + &format!(" a{index}=1"));
    assert_eq!(refusal(&(attributes + ">")), None);
}

#[test]
fn lists_and_texts_are_bounded() {
    let page = page(&"<a href=x>link</a> <param name=a>".repeat(5_000));
    assert_eq!(page.links.len(), super::super::MAX_LINKS);
    assert_eq!(page.text.chars().count(), super::super::MAX_TEXT);
    assert_eq!(page.params.len(), 256);
}

/// Pieces that tree builders stumble over.
const PIECES: &[&str] = &[
    "<html>",
    "<head>",
    "<body onload='x()'>",
    "</body>",
    "</html>",
    "<frameset>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "</td>",
    "<tbody>",
    "<caption>",
    "<colgroup>",
    "<form name=f id=i>",
    "</form>",
    "<input name=a>",
    "<input type=hidden>",
    "<input form=i name=b>",
    "<select name=s>",
    "</select>",
    "<option>",
    "<option value=1 selected>",
    "</option>",
    "<optgroup disabled>",
    "<textarea name=t>",
    "</textarea>",
    "<title>",
    "</title>",
    "<button>",
    "</button>",
    "<label for=a>",
    "</label>",
    "<a href=x>",
    "</a>",
    "<b hidden>",
    "</b>",
    "<b>",
    "<i style='display:none'>",
    "</i>",
    "<p>",
    "</p>",
    "<div hidden>",
    "</div>",
    "<template>",
    "</template>",
    "<noscript>",
    "</noscript>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<svg>",
    "</svg>",
    "<math>",
    "<mi>",
    "<annotation-xml encoding='text/html'>",
    "<fieldset disabled>",
    "</fieldset>",
    "<legend>",
    "<iframe>",
    "</iframe>",
    "<plaintext>",
    "<object>",
    "</object>",
    "<applet>",
    "<marquee>",
    "<li>",
    "<dd>",
    "<h1>",
    "</h1>",
    "<br>",
    "</br>",
    "<hr>",
    "<img alt=x>",
    "<image>",
    "<base href=y>",
    "<meta http-equiv=refresh content='0;x'>",
    "<table id=TABLE_SelectRole_1>",
    "<nobr hidden>",
    "<ruby><rt>",
    "<pre>\n",
    "<!--",
    "-->",
    "<!DOCTYPE html>",
    "text",
    " ",
    "\n",
    "&lt;",
    "&#0;",
    "&notin",
    "\0",
    "<",
    ">",
    "'",
    "\"",
    "location='/x';",
    "document.forms[0].submit();",
    "function f() {",
    "}",
    "<selectedcontent>",
    "<search>",
    "<dialog>",
    "<keygen>",
    "<isindex>",
    "<noframes>",
    "<rb>",
    "<datalist>",
    "<center>",
    "<area href=z>",
    "<param name=p>",
    "<frame>",
    "<input name=x ",
    "<foreignObject>",
];

/// What does not depend on the text around.
fn named(control: Control) -> (String, String, bool, bool) {
    (control.name, control.value, control.disabled, control.invisible)
}

/// Pieces that stay, or go without a trace.
const SAME: &[&str] = &[
    "<!-- <form> -->",
    "<b>",
    "</b>",
    "<i class=x>",
    "</i>",
    "<font color=red>",
    "</font>",
    "<code>",
    "</code>",
    "<nobr>",
    "</nobr>",
    "<table border=1>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<tbody>",
    "<caption>",
    "<form name=f>",
    "</form>",
    "<form name=g>",
    "<input name=a>",
    "<input type=hidden name=h value='1\"2'>",
    "<INPUT name=b value=\"it's\">",
    "<input name=c value=x\"y'z/>",
    "<select name=s>",
    "</select>",
    "<option>",
    "<option value=1 selected>",
    "</option>",
    "<optgroup disabled>",
    "<textarea name=t>",
    "</textarea>",
    "<button name=k>",
    "</button>",
    "<label for=a>",
    "<label>",
    "</label>",
    "<a href=x>",
    "</a>",
    "<p>",
    "</p>",
    "<div hidden>",
    "<div>",
    "</div>",
    "<template>",
    "</template>",
    "<fieldset disabled>",
    "</fieldset>",
    "<legend>",
    "<li>",
    "<h1>",
    "</h1>",
    "<br>",
    "</br>",
    "<hr>",
    "<pre>\n",
    "text",
    " ",
    "\n",
    "&lt;",
    "&amp",
    "&notin;",
    "<",
    "<x y='>'>",
    "</x>",
    "<title>",
    "</title>",
    "<!DOCTYPE x>",
    "<?x?>",
    "</ x>",
    "<object>",
    "</object>",
    "<marquee>",
    "</marquee>",
    "<ruby><rt>",
    "<center>",
    "<dd>",
    "<html>",
    "<head>",
    "<body>",
    "</body>",
    "</html>",
    "</head>",
    "<link rel=x>",
    "<meta name=x>",
    "<base>",
    "<img src=x>",
    "<image>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn soup_of_tags_is_read(picks in prop::collection::vec(0..PIECES.len(), 0..120)) {
        let html: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        let page = read(html.as_bytes(), None, &url()).expect("small");
        let controls: usize = page.forms.iter().map(|form| form.controls.len()).sum();
        prop_assert!(controls <= picks.len());
    }

    /// What is left out does not move a control to another form.
    #[test]
    fn the_reduced_copy_means_the_same(picks in prop::collection::vec(0..SAME.len(), 0..80)) {
        let mut html: String = picks.iter().map(|pick| SAME[*pick]).collect();
        // a title without an end is read another way than browsers do, on purpose
        html.push_str("</title>");
        let reduced = reduce::reduce(&html).expect("small").html;
        let [whole, copy] = [&html, &reduced].map(|html| {
            let tree = tree::parse(html).expect("flat enough");
            forms::forms(&mut walk::walk(&tree))
                .into_iter()
                .map(|form| (form.name, form.controls.into_iter().map(named).collect()))
                .collect::<Vec<(String, Vec<_>)>>()
        });
        prop_assert_eq!(whole, copy, "{}\n{}", html, reduced);
    }

    #[test]
    fn any_octets_are_read(body in prop::collection::vec(any::<u8>(), 0..600), header in "[ -~]{0,40}") {
        prop_assert!(read(&body, Some(&header), &url()).is_ok());
    }

    #[test]
    fn scripts_of_any_kind_are_read(script in "[a-z'\"`/\\\\*(){};=.\n<!>-]{0,200}") {
        let html = format!("<script>location;{script}");
        prop_assert!(read(html.as_bytes(), None, &url()).is_ok());
    }
}
