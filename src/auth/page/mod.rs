//! What a sign-in page holds: forms with their controls, links, redirects and the text around them.

use encoding_rs::Encoding;
use url::Url;

/// A page, taken apart. Nothing is interpreted: names, values and targets are as found.
#[derive(Debug)]
pub struct Page {
    /// What relative references are resolved against: the page's URL, or its `<base href>`.
    pub base: Url,
    /// Character set of the page; forms are sent in it.
    pub encoding: &'static Encoding,
    /// `<title>`, blanks joined.
    pub title: String,
    /// Visible text, blanks joined, a line for each block; cut at [`MAX_TEXT`] characters.
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
    /// Names and values of `<param>`: the page starts an applet (`juniper-forms.md §2`).
    pub params: Vec<(String, String)>,
    /// Why the page cannot work without a browser, if that is known.
    pub browser_only: Option<BrowserOnly>,
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
    /// Text of its `<label>`, else `aria-label`, `placeholder`, `title`, the text before it in its row, or the text
    /// of a `<button>`; may be empty.
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

/// Characters of text kept of a page or form.
pub const MAX_TEXT: usize = 4096;
/// Links kept of a page.
pub const MAX_LINKS: usize = 256;
