//! What a sign-in page holds: forms with their controls, links, redirects and the text around them.

mod blocks;
mod charset;
mod element;
mod forms;
mod hints;
mod lexer;
mod raw;
mod reduce;
mod refresh;
mod scan;
mod script;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod walk;

use encoding_rs::Encoding;
use thiserror::Error;
use url::Url;

/// Reads a page.
///
/// `url` is where it came from, `content_type` the value of that header.
pub fn read(body: &[u8], content_type: Option<&str>, url: &Url) -> Result<Page, PageError> {
    if body.len() > MAX_PAGE {
        return Err(PageError::TooLarge);
    }
    let (text, encoding) = charset::decode(body, content_type);
    let reduced = reduce::reduce(&text)?;
    let tree = tree::parse(&reduced.html)?;
    let mut found = walk::walk(&tree);
    let forms = forms::forms(&mut found);
    let scripts = script::read(&found.onload, &reduced.scripts);
    let mut hints = reduced.hints;
    for script in &reduced.scripts {
        hints.look_into(script);
    }
    let text = if found.text.is_empty() {
        found.scriptless_text
    } else {
        found.text
    };
    Ok(Page {
        base: base(url, found.base.as_deref()),
        encoding: encoding.output_encoding(),
        title: found.title,
        text: text.into_text(),
        browser_only: hints.verdict(forms.iter().any(has_fields)),
        forms,
        roles: found.roles,
        links: found.links,
        refresh: found.refresh,
        script_redirect: scripts.redirect,
        frames: hints.frames,
        params: found.params,
        submits_itself: scripts.submits,
        has_scripts: !reduced.scripts.is_empty(),
    })
}

fn base(url: &Url, href: Option<&str>) -> Url {
    let base = href.and_then(|href| url.join(href).ok());
    base.filter(|base| matches!(base.scheme(), "http" | "https"))
        .unwrap_or_else(|| url.clone())
}

/// The form has something to fill in.
fn has_fields(form: &PageForm) -> bool {
    form.controls.iter().any(|control| {
        let is_field = matches!(control.kind, ControlKind::Text | ControlKind::Password);
        is_field && !control.invisible && !control.name.is_empty()
    })
}

/// Why a page is not read.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum PageError {
    /// More than [`MAX_PAGE`] octets.
    #[error("the page is larger than 16 MiB")]
    TooLarge,
    /// Elements inside elements without end.
    #[error("the page is nested too deeply")]
    TooDeep,
    /// Elements without end.
    #[error("the page has too many elements")]
    TooMany,
}

/// A page, taken apart. Nothing is interpreted: names, values and targets are as found.
#[derive(Debug)]
pub struct Page {
    /// What relative references are resolved against: the page's URL, or its `<base href>`.
    pub base: Url,
    /// Character set that forms of the page are sent in: its own, UTF-8 for UTF-16.
    pub encoding: &'static Encoding,
    /// First `<title>`, blanks joined.
    pub title: String,
    /// Visible text without that of controls, blanks joined, a line for each block; cut at [`MAX_TEXT`] characters.
    /// What stands in `<noscript>` only if there is nothing else.
    pub text: String,
    /// All forms in document order.
    pub forms: Vec<PageForm>,
    /// Links of the table `TABLE_SelectRole_1`, if the page has it.
    pub roles: Option<Vec<Link>>,
    /// All links with a target and a label, at most [`MAX_LINKS`].
    pub links: Vec<Link>,
    /// Target of a `<meta http-equiv=refresh>` outside `<noscript>` that fires within 10 seconds.
    pub refresh: Option<String>,
    /// Target of the first script redirect whose target is a literal.
    pub script_redirect: Option<String>,
    /// Targets of the first frames, `<iframe>` and `<frame>`.
    pub frames: Vec<String>,
    /// Names and values of `<param>`: the page starts an applet (`juniper-forms.md §2`).
    pub params: Vec<(String, String)>,
    /// Why the page cannot work without a browser, if that is known.
    pub browser_only: Option<BrowserOnly>,
    /// The page has scripts of its own.
    pub has_scripts: bool,
    /// A script of the page submits a form by itself.
    pub submits_itself: bool,
}

/// Pages known to be built by a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowserOnly {
    /// Azure AD: fields are built from `$Config`.
    Azure,
    /// The Okta widget.
    Okta,
    /// A Duo prompt in a frame.
    Duo,
    /// A page that starts the vendor's client (`pulsesecureclient:`).
    Launcher,
    /// A challenge for people (CAPTCHA).
    Captcha,
}

/// A form as it stands on the page.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PageForm {
    /// `name`.
    pub name: String,
    /// `id`.
    pub id: String,
    /// `action`; `None` when absent.
    pub action: Option<String>,
    /// `method` is POST.
    pub post: bool,
    /// Its controls in document order, those elsewhere on the page that name it by `form=` included.
    pub controls: Vec<Control>,
    /// Visible text inside, as in [`Page::text`].
    pub text: String,
}

/// A control of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// `name`; may be empty, then it is not sent.
    pub name: String,
    /// `id`.
    pub id: String,
    /// What kind it is, with what only that kind has.
    pub kind: ControlKind,
    /// `value`, of a textarea its text, of a button its value.
    pub value: String,
    /// Text of its `<label>`, else `aria-label`, `placeholder`, `title`, the text before it in its row, of check boxes
    /// and radio buttons the text behind it; of buttons first their text or value. May be empty.
    pub label: String,
    /// Not sent, not asked: `disabled`, or inside a disabled `<fieldset>`.
    pub disabled: bool,
    /// Not visible: `hidden`, or `display:none` in the style of it or of an element around it. Never asked, sent as
    /// found.
    pub invisible: bool,
    /// `readonly`: sent as found, not asked.
    pub readonly: bool,
    /// `formaction` of a button.
    pub form_action: Option<String>,
}

/// Kinds of controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlKind {
    /// `<input type=hidden>`.
    Hidden,
    /// Any one-line text: text, email, tel, number, search, url, date…, unknown types and none.
    Text,
    /// `<input type=password>`.
    Password,
    /// `<textarea>`.
    TextArea,
    /// `<input type=checkbox>`; its value is `on` when it has none.
    Checkbox {
        /// `checked`.
        checked: bool,
    },
    /// `<input type=radio>`.
    Radio {
        /// `checked`.
        checked: bool,
    },
    /// `<select>`.
    Select {
        /// Its options in document order, those in groups included.
        options: Vec<SelectOption>,
        /// `multiple`.
        multiple: bool,
    },
    /// `<input type=submit>` and `<button>` of type submit or none.
    Submit,
    /// `<input type=image>`.
    Image,
    /// Button, reset, file: never sent by this program.
    Other,
}

impl ControlKind {
    /// Something a person fills in or chooses.
    pub fn is_field(&self) -> bool {
        match self {
            Self::Text
            | Self::Password
            | Self::TextArea
            | Self::Checkbox { .. }
            | Self::Radio { .. }
            | Self::Select { .. } => true,
            Self::Hidden | Self::Submit | Self::Image | Self::Other => false,
        }
    }
}

/// An option of a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectOption {
    /// `value`, else its text.
    pub value: String,
    /// `label`, else its text.
    pub label: String,
    /// `selected`.
    pub selected: bool,
    /// `disabled`, itself or its group.
    pub disabled: bool,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// `href`, character references decoded.
    pub target: String,
    /// Its text, blanks joined.
    pub label: String,
}

/// Octets of a page.
pub const MAX_PAGE: usize = 16 << 20;
/// Characters of text kept of a page or form.
pub const MAX_TEXT: usize = 4096;
/// Links kept of a page.
pub const MAX_LINKS: usize = 256;
