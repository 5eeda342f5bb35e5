//! What a page asks for.

use url::Url;

use super::classify::{Class, choose, visible};
use super::codes::{self, Verdict};
use super::error::FlowError;
use super::fill::{Filling, has_one_text_beside_a_password};
use super::{
    Flow, HostCheckDemand, MAX_TRIES, Notice, PREAUTH, SIGNIN, State, Step, checked, is_gateway_page,
    same_origin,
};
use crate::auth::exchange::Response;
use crate::auth::page::{self, BrowserOnly, Link, Page, PageError, PageForm};
use crate::form::{Answer, Answers, Field, FieldKind, Form, FormKind, Purpose, find_label};

impl Flow {
    /// A page with status 200.
    pub(super) fn take_page(&mut self, response: &Response) -> Result<Step, FlowError> {
        let host = self.host().to_owned();
        if response.body.iter().all(u8::is_ascii_whitespace) {
            return Err(FlowError::Empty { host });
        }
        let content_type = response.header("content-type");
        let mut page = page::read(&response.body, content_type, &self.url)
            .map_err(|error| FlowError::Page { host, error })?;
        self.hide_secrets(&mut page);
        self.move_gateway();
        tracing::debug!(host = self.host(), path = self.url.path(), title = %page.title, forms = page.forms.len(),
            "sign-in page");
        let before = std::mem::replace(&mut self.text_before, page.text.clone());
        let mut refused = false;
        if is_gateway_page(&self.url)
            && let Some(code) = codes::of(&self.url)
        {
            match codes::meaning(&code) {
                Verdict::GoOn => tracing::debug!(code, "the gateway's code for this page"),
                // an address copied from a browser may end so; nothing of ours was refused then
                Verdict::Failed => refused = self.sent.is_some(),
                Verdict::HostCheck => return self.check_host(&page),
                Verdict::Expiry => return self.pass_expiry(&page),
                Verdict::SessionEnded(why) if self.sent.is_some() => {
                    return Err(FlowError::SessionEnded(why));
                }
                Verdict::SessionEnded(_) => {}
                Verdict::Stop(stop) => {
                    return Err(FlowError::Stopped {
                        stop,
                        text: text_of(&page),
                    });
                }
            }
        }
        self.take_forms(&page, refused, &before)
    }

    fn take_forms(&mut self, page: &Page, refused: bool, before: &str) -> Result<Step, FlowError> {
        if let Some(roles) = &page.roles {
            return self.take_roles(page, roles);
        }
        let Some((form, class)) = choose(page) else {
            return self.take_formless(page);
        };
        let nothing_to_answer = visible(form).all(super::classify::is_button);
        if matches!(class, Class::Unknown | Class::BareButton)
            && nothing_to_answer
            && page.browser_only.is_some()
        {
            return Ok(self.browse(page.browser_only));
        }
        match class {
            Class::Roles => Err(FlowError::NoRoles),
            Class::TotpEnrolment => Err(FlowError::Enrolment),
            Class::Remediation => self.check_host(page),
            Class::Primary
            | Class::MoreCredentials
            | Class::Notice
            | Class::BareButton
            | Class::Provider
            | Class::Defender
            | Class::NextToken
            | Class::Totp
            | Class::Takeover
            | Class::ChangePassword
            | Class::NewPin
            | Class::Relay
            | Class::Unknown => self.take_form(page, form, class, refused, before),
        }
    }

    /// A page that is left by something else than a form.
    fn take_formless(&mut self, page: &Page) -> Result<Step, FlowError> {
        let checkable = !self.host_checked && self.jar.value(&self.url, PREAUTH).is_some();
        if checkable && is_gateway_page(&self.url) {
            return self.check_host(page);
        }
        let is_loop = page
            .forms
            .iter()
            .any(|form| REMEDIATION.contains(&form.name.as_str()));
        if self.host_checked && (!page.params.is_empty() || is_loop) {
            return Err(FlowError::HostCheck { text: text_of(page) });
        }
        let onward = page.refresh.as_ref().or(page.script_redirect.as_ref());
        match (onward, page.browser_only) {
            (Some(target), None) => {
                let target = page
                    .base
                    .join(target)
                    .map_or_else(|_| target.clone(), |url| url.to_string());
                self.follow(&target)
            }
            (_, Some(why)) => Ok(self.browse(Some(why))),
            (None, None) if !page.frames.is_empty() => self.enter_frame(page),
            // nothing to see: whatever it is, a script makes it
            (None, None) if page.has_scripts && page.text.trim().is_empty() => Ok(self.browse(None)),
            (None, None) => Err(FlowError::NoForm {
                host: self.host().to_owned(),
                title: page.title.clone(),
                text: text_of(page),
            }),
        }
    }

    /// Old pages have their form in a frame.
    fn enter_frame(&mut self, page: &Page) -> Result<Step, FlowError> {
        let targets = page.frames.iter().filter_map(|frame| page.base.join(frame).ok());
        let own = targets.into_iter().find(|target| same_origin(target, &self.url));
        match own {
            Some(target) => self.follow(target.as_str()),
            None => Err(FlowError::NoForm {
                host: self.host().to_owned(),
                title: page.title.clone(),
                text: text_of(page),
            }),
        }
    }

    fn browse(&mut self, why: Option<BrowserOnly>) -> Step {
        let host = self.host().to_owned();
        let sentence = FlowError::NeedsBrowser { why, host }.user_error().message;
        self.notices.push(Notice::Warning(sentence));
        self.state = State::Browsing(why);
        Step::Browse(
            self.gateway
                .join(&self.settings.path)
                .unwrap_or_else(|_| self.gateway.clone()),
        )
    }

    /// At most once in a sign-in (`juniper-nc.md §5.1`, R45).
    fn check_host(&mut self, page: &Page) -> Result<Step, FlowError> {
        if self.host_checked {
            return Err(FlowError::HostCheck { text: text_of(page) });
        }
        let Some(preauth) = self.jar.value(&self.url, PREAUTH) else {
            let remediation = page.forms.iter().any(|form| !form.controls.is_empty());
            return Err(match remediation {
                true => FlowError::HostCheck { text: text_of(page) },
                false => FlowError::HostCheckCookie,
            });
        };
        self.host_checked = true;
        self.state = State::Checking;
        Ok(Step::CheckHost(HostCheckDemand {
            gateway: self.gateway.clone(),
            preauth,
            signin: self.jar.value(&self.url, SIGNIN),
        }))
    }

    /// The password will expire: told, and passed by.
    fn pass_expiry(&mut self, page: &Page) -> Result<Step, FlowError> {
        self.notices.push(Notice::Banner(page.text.clone()));
        let onward = page
            .links
            .iter()
            .find(|link| link.target.contains("starter") || link.label.to_lowercase().contains("continue"));
        let target = onward.map_or(STARTER, |link| link.target.as_str());
        let target = page
            .base
            .join(target)
            .map_or_else(|_| STARTER.to_owned(), |url| url.to_string());
        self.follow(&target)
    }

    fn take_form(
        &mut self,
        page: &Page,
        form: &PageForm,
        class: Class,
        refused: bool,
        before: &str,
    ) -> Result<Step, FlowError> {
        if form.controls.len() > MAX_CONTROLS {
            return Err(FlowError::Page {
                host: self.host().to_owned(),
                error: PageError::TooMany,
            });
        }
        self.last_form = Some(form.clone());
        let signature = signature(&self.url, form);
        let notice = notice_of(page, form, class);
        let refused = refused || self.is_repeated(class, &signature, &notice);
        let mut sentence = None;
        if refused {
            self.refusals += 1;
            sentence = Some(self.refusal_sentence());
            if self.refusals >= MAX_TRIES {
                return Err(self.refused(sentence, new_text(page, before), &working_id(form)));
            }
        }
        if class == Class::BareButton && self.sent.as_ref().is_some_and(|sent| sent.class == class) {
            return Err(FlowError::NoForm {
                host: self.host().to_owned(),
                title: page.title.clone(),
                text: text_of(page),
            });
        }
        let target = match form.action.as_deref().map(str::trim) {
            None | Some("") => self.url.clone(),
            Some(action) => checked(page.base.join(action))?,
        };
        let filling = Filling {
            settings: &self.settings,
            known: &self.known,
            page,
            form,
            class,
            refused,
            only_text_beside_a_password: has_one_text_beside_a_password(form),
        };
        let draft = filling.draft(target)?;
        if class == Class::Primary && self.settings.realm.is_some() && !filling.has_realm_to_choose() {
            self.notices.push(Notice::Warning(
                "this sign-in page has no choice of realms, so --realm counts for nothing here".to_owned(),
            ));
        }
        let question = Form {
            id: working_id(form),
            kind: class.kind(),
            host: self.host().to_owned(),
            notice: Some(without_labels(&notice, form)).filter(|notice| !notice.is_empty()),
            refused: sentence,
            fields: draft.questions.clone(),
        };
        self.go_on_with(super::Asking {
            draft,
            class,
            form: question,
            signature,
            page_text: match refused {
                true if notice.is_empty() => new_text(page, before).unwrap_or_default(),
                _ => notice,
            },
        })
    }

    /// The same form again after secrets were sent to it: they were refused, also when no code says so. A challenge may
    /// well be followed by another one.
    fn is_repeated(&self, class: Class, signature: &str, notice: &str) -> bool {
        let Some(sent) = &self.sent else { return false };
        let same = sent.secret && sent.class == class && sent.signature == signature;
        same && class.can_be_refused() && (class != Class::Defender || sent.page_text == notice)
    }

    fn take_roles(&mut self, page: &Page, links: &[Link]) -> Result<Step, FlowError> {
        let mut roles = Vec::new();
        for link in links {
            if let Ok(target) = checked(page.base.join(&link.target)) {
                roles.push((link.label.clone(), target));
            }
        }
        let wanted = self
            .settings
            .role
            .clone()
            .or_else(|| self.settings.authgroup.clone());
        let labels = || roles.iter().map(|(label, _)| label.as_str());
        match (roles.as_slice(), wanted) {
            ([], _) => Err(FlowError::NoRoles),
            ([(label, target)], _) if self.settings.role.is_none() => {
                self.take_role(label.clone(), target.clone())
            }
            (_, Some(wanted)) => match find_label(labels(), &wanted) {
                Some(number) => {
                    let (label, target) = roles.swap_remove(number);
                    self.take_role(label, target)
                }
                // `--authgroup` may have been meant for the realm only
                None if self.settings.role.is_none() => Ok(self.ask_role(roles)),
                None => Err(FlowError::NoSuchChoice {
                    field: "role".to_owned(),
                    wanted,
                    labels: labels().map(str::to_owned).collect(),
                }),
            },
            _ => Ok(self.ask_role(roles)),
        }
    }

    fn ask_role(&mut self, roles: Vec<(String, Url)>) -> Step {
        let form = self.role_form(&roles);
        self.state = State::AskingRole(roles);
        Step::Ask(form)
    }

    pub(super) fn role_form(&self, roles: &[(String, Url)]) -> Form {
        Form {
            id: "frmSelectRoles".to_owned(),
            kind: FormKind::Role,
            host: self.host().to_owned(),
            notice: None,
            refused: None,
            fields: vec![Field {
                name: "role".to_owned(),
                label: "role".to_owned(),
                kind: FieldKind::Choice(roles.iter().map(|(label, _)| label.clone()).collect()),
                purpose: Purpose::Role,
                fallback: None,
            }],
        }
    }

    pub(super) fn choose_role(
        &mut self,
        roles: &[(String, Url)],
        answers: &Answers,
    ) -> Result<Step, FlowError> {
        let chosen = match answers.as_slice() {
            [Answer::Choice(number)] => roles.get(*number),
            _ => None,
        };
        let (label, target) = chosen.ok_or(FlowError::OutOfTurn)?;
        self.take_role(label.clone(), target.clone())
    }

    fn take_role(&mut self, label: String, target: Url) -> Result<Step, FlowError> {
        self.known.role = Some(label);
        self.get(target)
    }
}

/// Path and names: what makes two pages the same form.
fn signature(url: &Url, form: &PageForm) -> String {
    let mut names: Vec<&str> = form
        .controls
        .iter()
        .map(|control| control.name.as_str())
        .collect();
    names.sort_unstable();
    let host = url.host_str().unwrap_or_default();
    format!("{host} {} {} {}", form.name, form.id, names.join(" "))
}

/// The name or id by which a user answers it.
fn working_id(form: &PageForm) -> String {
    let id = if form.name.is_empty() {
        &form.id
    } else {
        &form.name
    };
    id.clone()
}

/// The text that helps to answer a form; not the frame around a known sign-in page.
fn notice_of(page: &Page, form: &PageForm, class: Class) -> String {
    let banner = form
        .controls
        .iter()
        .find(|control| matches!(control.name.as_str(), "sn-preauth-text" | "sn-postauth-text"));
    let text = match (banner, class) {
        (Some(banner), _) => &banner.value,
        (None, Class::Primary | Class::Provider | Class::Relay) => return String::new(),
        (None, _) if form.text.is_empty() => &page.text,
        (None, _) => &form.text,
    };
    text.trim().to_owned()
}

/// The same without the labels, which are shown with their fields.
fn without_labels(text: &str, form: &PageForm) -> String {
    let labels = visible(form).map(|control| control.label.trim());
    let labels = labels.filter(|label| !label.is_empty()).take(MAX_LABELS);
    let rest = labels.fold(text.to_owned(), |text, label| text.replacen(label, "", 1));
    let lines = rest
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines
        .filter(|line| line.chars().any(char::is_alphanumeric))
        .collect();
    lines.join("\n")
}

fn text_of(page: &Page) -> Option<String> {
    Some(page.text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Labels that are looked for in the text around them.
const MAX_LABELS: usize = 64;
/// Controls of a form that are dealt with: some are looked up among all others.
const MAX_CONTROLS: usize = 3000;
/// Forms between the steps of a remediation (`juniper-forms.md §2`).
const REMEDIATION: &[&str] = &["frm", "frmwelcome", "frmcompat"];
/// Lines of a page that the one before did not have.
fn new_text(page: &Page, before: &str) -> Option<String> {
    let known: std::collections::HashSet<&str> = before.lines().map(str::trim).collect();
    let lines = page.text.lines().map(str::trim);
    let new: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !known.contains(line))
        .collect();
    Some(new.join("\n")).filter(|text| !text.is_empty())
}

/// The start page of who is signed in (`juniper-forms.md §1`).
const STARTER: &str = "/dana/home/starter0.cgi?check=yes";
