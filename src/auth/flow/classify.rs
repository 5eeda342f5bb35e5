//! Which of the known forms a form is, and which form of a page counts (`juniper-nc.md §4.2`, `juniper-forms.md §2`).

use crate::auth::page::{Control, ControlKind, Page, PageForm};
use crate::form::FormKind;

/// The known forms, and what is told from the fields of unknown ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// User name and password at the gateway.
    Primary,
    /// One more credential after the first (`p=more-cred`).
    MoreCredentials,
    /// A text to agree to, before or after the password.
    Notice,
    /// A sign-in form with nothing but its button: the gateway lost a SAML assertion.
    BareButton,
    /// Sign-in at an identity provider.
    Provider,
    /// The challenge of a RADIUS server.
    Defender,
    /// The next code of a token.
    NextToken,
    /// A code of the gateway's own TOTP server.
    Totp,
    /// A TOTP secret must be enrolled first.
    TotpEnrolment,
    /// Another session is open.
    Takeover,
    /// Choice of a role by links.
    Roles,
    /// The host check failed.
    Remediation,
    /// A new password is demanded.
    ChangePassword,
    /// A new PIN of a token is demanded.
    NewPin,
    /// Nothing but hidden values: passed on by a script in a browser.
    Relay,
    /// Anything else that can be answered.
    Unknown,
}

impl Class {
    /// What a user is told the form is for.
    pub(super) fn kind(self) -> FormKind {
        match self {
            Self::Primary | Self::Provider => FormKind::SignIn,
            Self::MoreCredentials | Self::Defender | Self::NextToken | Self::Totp => FormKind::Challenge,
            Self::Notice => FormKind::Notice,
            Self::Takeover => FormKind::Takeover,
            Self::Roles => FormKind::Role,
            Self::ChangePassword => FormKind::ChangePassword,
            Self::NewPin => FormKind::NewPin,
            Self::BareButton | Self::TotpEnrolment | Self::Remediation | Self::Relay | Self::Unknown => {
                FormKind::Other
            }
        }
    }

    /// Names of the button to send, best first. Others are used only when there is no choice.
    pub(super) fn buttons(self) -> &'static [&'static str] {
        match self {
            Self::Primary | Self::MoreCredentials | Self::BareButton => &["btnSubmit"],
            Self::Provider => &["submitButton", "SignIn", "login"],
            Self::Defender => &["btnAction", "secidactionEnter"],
            Self::NextToken => &["secidactionEnter", "btnAction"],
            Self::Totp => &["totpactionEnter"],
            Self::Notice => &["sn-postauth-proceed", "sn-preauth-proceed"],
            Self::Takeover => &["btnContinue"],
            Self::NewPin => &["secidactionSavePin", "secidactionEnter"],
            Self::Relay => &["submit"],
            Self::TotpEnrolment | Self::Roles | Self::Remediation | Self::ChangePassword | Self::Unknown => {
                &[]
            }
        }
    }

    /// Whether the form asks for something that can be refused.
    pub(super) fn can_be_refused(self) -> bool {
        match self {
            Self::Primary
            | Self::MoreCredentials
            | Self::Provider
            | Self::Defender
            | Self::NextToken
            | Self::Totp
            | Self::ChangePassword
            | Self::NewPin
            | Self::Unknown => true,
            Self::Notice
            | Self::BareButton
            | Self::TotpEnrolment
            | Self::Takeover
            | Self::Roles
            | Self::Remediation
            | Self::Relay => false,
        }
    }
}

/// The form of a page that counts, with its class: the first known one, else the first with a password, else one that
/// is passed on, else the first that can be answered at all.
pub(super) fn choose(page: &Page) -> Option<(&PageForm, Class)> {
    let classified = page.forms.iter().map(|form| (form, classify(form, page)));
    classified
        .filter_map(|(form, class)| Some((rank(form, class)?, form, class)))
        .min_by_key(|(rank, _, _)| *rank)
        .map(|(_, form, class)| (form, class))
}

fn rank(form: &PageForm, class: Class) -> Option<u8> {
    if class != Class::Unknown {
        return Some(if class == Class::Relay && !is_known_relay(form) {
            2
        } else {
            0
        });
    }
    let has = |test: fn(&Control) -> bool| visible(form).any(test);
    if has(|control| control.kind == ControlKind::Password) {
        Some(1)
    } else if has(is_answerable) {
        Some(3)
    } else if form.controls.iter().any(is_button) {
        Some(4)
    } else {
        None
    }
}

/// Controls a user sees and may change.
pub(super) fn visible(form: &PageForm) -> impl Iterator<Item = &Control> {
    form.controls
        .iter()
        .filter(|control| !control.disabled && !control.invisible && control.kind != ControlKind::Hidden)
}

/// True for submit buttons and images that may be pressed.
pub(super) fn is_button(control: &Control) -> bool {
    !control.disabled && matches!(control.kind, ControlKind::Submit | ControlKind::Image)
}

fn is_answerable(control: &Control) -> bool {
    !control.name.is_empty() && control.kind.is_field()
}

fn classify(form: &PageForm, page: &Page) -> Class {
    let named = |name: &str| form.name == name;
    let known_by = |text: &str| form.name == text || form.id == text;
    if named("frmLogin") {
        classify_login(form)
    } else if named("frmDefender") {
        Class::Defender
    } else if named("frmNextToken") {
        Class::NextToken
    } else if named("frmTotpToken") {
        Class::Totp
    } else if named("frmTotpRegister") {
        Class::TotpEnrolment
    } else if named("frmConfirmation") || form.id == "DSIDConfirmForm" {
        Class::Takeover
    } else if named("frmSelectRoles") {
        Class::Roles
    } else if form
        .action
        .as_deref()
        .is_some_and(|action| action.contains("remediate.cgi"))
    {
        Class::Remediation
    } else if form.id == "loginForm" {
        Class::Provider
    } else if ["hiddenform", "formSAMLSSO"].into_iter().any(known_by) {
        Class::Relay
    } else {
        by_fields(form, page)
    }
}

/// `frmLogin` is the name of several pages.
fn classify_login(form: &PageForm) -> Class {
    let has = |name: &str| form.controls.iter().any(|control| control.name == name);
    let passwords = passwords(form).count();
    if passwords == 0 && (has("sn-preauth-proceed") || has("sn-postauth-proceed")) {
        Class::Notice
    } else if passwords == 0 && !visible(form).any(is_answerable) {
        Class::BareButton
    } else if let Some(class) = of_new_secret(form) {
        class
    } else if has("key") && !visible(form).any(|control| control.kind == ControlKind::Text) {
        Class::MoreCredentials
    } else {
        Class::Primary
    }
}

fn by_fields(form: &PageForm, page: &Page) -> Class {
    let has = |name: &str| form.controls.iter().any(|control| control.name == name);
    if visible(form).any(is_answerable) {
        if let Some(class) = of_new_secret(form) {
            return class;
        }
        let notice = has("sn-preauth-proceed") || has("sn-postauth-proceed");
        return if notice && passwords(form).count() == 0 {
            Class::Notice
        } else {
            Class::Unknown
        };
    }
    if has("sn-preauth-proceed") || has("sn-postauth-proceed") {
        Class::Notice
    } else if is_known_relay(form) || (page.submits_itself && !form.controls.is_empty()) {
        Class::Relay
    } else {
        Class::Unknown
    }
}

/// Forms that set a password or a PIN, by their fields.
fn of_new_secret(form: &PageForm) -> Option<Class> {
    if form
        .controls
        .iter()
        .any(|control| control.name == "secidactionSavePin")
    {
        return Some(Class::NewPin);
    }
    let news = passwords(form)
        .filter(|control| is_new_secret(&control.name))
        .count();
    let pin = passwords(form).any(|control| control.name.to_lowercase().contains("pin"));
    match (news, pin) {
        (0, _) => None,
        (_, true) => Some(Class::NewPin),
        (_, false) => Some(Class::ChangePassword),
    }
}

/// Names of fields for a secret that is being set.
pub(super) fn is_new_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["new", "confirm", "retype", "verify", "repeat"]
        .iter()
        .any(|part| name.contains(part))
}

fn passwords(form: &PageForm) -> impl Iterator<Item = &Control> {
    visible(form).filter(|control| control.kind == ControlKind::Password)
}

/// Names of the SAML and WS-Federation bindings.
fn is_known_relay(form: &PageForm) -> bool {
    let names = ["SAMLResponse", "SAMLRequest", "wresult"];
    form.controls
        .iter()
        .any(|control| names.contains(&control.name.as_str()))
        || ["hiddenform", "formSAMLSSO"].contains(&form.name.as_str())
        || ["hiddenform", "formSAMLSSO"].contains(&form.id.as_str())
}
