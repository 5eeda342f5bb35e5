//! Signs that a page is made for a browser alone.

use memchr::memmem;

use super::BrowserOnly;

/// What was seen of each kind, the most telling first.
#[derive(Debug, Default, Clone)]
pub(super) struct Hints {
    /// Targets of the first frames.
    pub(super) frames: Vec<String>,
    azure: bool,
    okta: bool,
    duo: bool,
    captcha: bool,
    launcher: bool,
}

impl Hints {
    /// Looks at an attribute as it stands in the page.
    pub(super) fn look_at(&mut self, element: &str, attribute: &str, value: &str) {
        let is = |name: &str| attribute.eq_ignore_ascii_case(name);
        if value.is_empty() {
        } else if is("id") {
            self.okta |= value == "okta-sign-in";
            self.duo |= element == "iframe" && matches!(value, "duo_iframe" | "tp_frame");
        } else if is("class") {
            let mut classes = value.split_ascii_whitespace();
            self.captcha |=
                classes.any(|class| matches!(class, "g-recaptcha" | "h-captcha" | "cf-turnstile"));
        } else if is("src") && matches!(element, "iframe" | "frame") {
            self.duo |= value.contains(".duosecurity.com/");
            self.captcha |= value.contains("/recaptcha/") || value.contains("hcaptcha.com/");
            self.launcher |= names_launcher(value);
            if self.frames.len() < MAX_FRAMES {
                self.frames.push(value.trim().replace("&amp;", "&"));
            }
        } else if is("data-host") {
            self.duo |= value.trim_end_matches('/').ends_with(".duosecurity.com");
        } else if is("href") || is("action") || is("content") {
            self.launcher |= names_launcher(value);
            self.okta |= value.contains(OKTA_REDIRECT);
        }
    }

    /// Looks into a script.
    pub(super) fn look_into(&mut self, script: &str) {
        let holds = |word: &str| memmem::find(script.as_bytes(), word.as_bytes()).is_some();
        self.azure |= holds("$Config") && (holds("urlPost") || holds("sErrorCode"));
        self.okta |= holds("OktaSignIn") || holds("oktaData") || holds(OKTA_REDIRECT);
        self.launcher |= LAUNCHERS.iter().any(|scheme| holds(scheme));
    }

    /// The best guess. Pages of Azure that do hold their fields are like any other.
    pub(super) fn verdict(&self, has_fields: bool) -> Option<BrowserOnly> {
        [
            (self.azure && !has_fields, BrowserOnly::Azure),
            (self.okta, BrowserOnly::Okta),
            (self.duo, BrowserOnly::Duo),
            (self.captcha, BrowserOnly::Captcha),
            (self.launcher, BrowserOnly::Launcher),
        ]
        .into_iter()
        .find_map(|(seen, verdict)| seen.then_some(verdict))
    }
}

fn names_launcher(value: &str) -> bool {
    LAUNCHERS.iter().any(|scheme| value.contains(scheme))
}

/// Frames that are remembered.
const MAX_FRAMES: usize = 4;
const LAUNCHERS: [&str; 2] = ["pulsesecureclient:", "junosclient:"];
const OKTA_REDIRECT: &str = "/login/sessionCookieRedirect";
