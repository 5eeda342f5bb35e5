//! Sends a form, once it is complete and if it may be sent.

use ring::digest::{SHA256, digest};

use super::classify::Class;
use super::draft::Draft;
use super::error::FlowError;
use super::{Asking, Flow, MAX_TRIES, Notice, Sent, State, Step, place, same_origin};
use crate::form::{Answer, Answers, Field, FieldKind, Form, Purpose};
use crate::secret::Secret;

impl Flow {
    /// A form with all that is known: sent when nothing is missing.
    pub(super) fn go_on_with(&mut self, asking: Asking) -> Result<Step, FlowError> {
        if asking.class == Class::Notice {
            if !self.settings.accept_banner && asking.draft.can_be_declined() {
                let form = agreement(&asking.form);
                self.state = State::AskingAgreement(Box::new(asking));
                return Ok(Step::Ask(form));
            }
            self.notices.push(Notice::Banner(asking.page_text.clone()));
        }
        if asking.class == Class::Takeover {
            if !self.settings.takeover {
                return Err(FlowError::TakeoverRefused {
                    text: Some(asking.page_text).filter(|text| !text.is_empty()),
                });
            }
            let text = asking.page_text.split_whitespace().collect::<Vec<_>>().join(" ");
            self.notices.push(if asking.draft.leaves_boxes_open() {
                Notice::Info(format!(
                    "another session of this account is open and stays so: {text}"
                ))
            } else {
                Notice::Warning(format!(
                    "another session of this account is open and will be ended: {text}"
                ))
            });
        }
        if asking.draft.questions.is_empty() {
            return self.submit(asking);
        }
        let form = asking.form.clone();
        self.state = State::Asking(Box::new(asking));
        Ok(Step::Ask(form))
    }

    pub(super) fn agree(&mut self, asking: Asking, answers: &Answers) -> Result<Step, FlowError> {
        match answers.as_slice() {
            [Answer::Check(true)] => self.submit(asking),
            [Answer::Check(false)] => Err(FlowError::NotAgreed),
            _ => Err(FlowError::OutOfTurn),
        }
    }

    pub(super) fn submit_answered(
        &mut self,
        mut asking: Asking,
        answers: &Answers,
    ) -> Result<Step, FlowError> {
        let questions = asking.draft.questions.clone();
        if !asking.draft.take_answers(answers) {
            return Err(FlowError::OutOfTurn);
        }
        for (field, answer) in questions.iter().zip(answers) {
            self.learn(field, answer);
            if let (FieldKind::Secret, Answer::Text(text)) = (&field.kind, answer) {
                self.remember_told(text);
            }
        }
        if asking.form.refused.is_some() && self.was_sent(&asking.draft) {
            return self.ask_again(asking, questions);
        }
        self.submit(asking)
    }

    /// The very same answers were refused a moment ago: they are not sent again.
    fn ask_again(&mut self, mut asking: Asking, questions: Vec<Field>) -> Result<Step, FlowError> {
        self.refusals += 1;
        if self.refusals >= MAX_TRIES {
            return Err(self.refused(asking.form.refused, None, &asking.form.id));
        }
        asking.form.refused =
            Some("the same answers were refused before, so they were not sent again".to_owned());
        asking.draft.restore(questions);
        let form = asking.form.clone();
        self.state = State::Asking(Box::new(asking));
        Ok(Step::Ask(form))
    }

    fn learn(&mut self, field: &Field, answer: &Answer) {
        match (field.purpose, &field.kind, answer) {
            (Purpose::User, _, Answer::Text(text)) => self.known.user = Some(text.expose().to_owned()),
            (Purpose::Realm, FieldKind::Choice(labels), Answer::Choice(number)) => {
                self.known.realm = labels.get(*number).cloned();
            }
            _ => {}
        }
    }

    fn submit(&mut self, asking: Asking) -> Result<Step, FlowError> {
        let Asking {
            draft,
            class,
            form,
            signature,
            page_text,
        } = asking;
        let mut target = draft.target.clone()?;
        if draft.personal && !same_origin(&target, &self.url) {
            return Err(FlowError::ForeignTarget {
                from: place(&self.url).to_owned(),
                to: place(&target).to_owned(),
            });
        }
        if draft.secret && !draft.post {
            return Err(FlowError::SecretInAddress {
                host: self.host().to_owned(),
            });
        }
        let text = draft.text();
        let fingerprint = fingerprint(&target, &text);
        if self.times_sent(&fingerprint) >= MAX_SAME {
            return Err(FlowError::Loop { form: form.id });
        }
        self.submissions.push(fingerprint);
        if self.known.user.is_none() {
            self.known.user = draft.sent_for("username");
        }
        self.sent = Some(Sent {
            class,
            signature,
            page_text,
            secret: draft.secret,
            id: form.id.clone(),
        });
        tracing::debug!(form = %form.id, host = self.host(), "form is sent");
        if draft.post {
            return self.send(target, Some(text));
        }
        target.set_query(Some(text.expose()));
        self.get(target)
    }

    fn was_sent(&self, draft: &Draft) -> bool {
        let target = draft.target.as_ref();
        target.is_ok_and(|target| self.times_sent(&fingerprint(target, &draft.text())) > 0)
    }

    fn times_sent(&self, fingerprint: &[u8; 32]) -> usize {
        let submissions = self.submissions.iter();
        submissions.filter(|sent| *sent == fingerprint).count()
    }
}

/// Only the text and yes or no.
pub(super) fn agreement(form: &Form) -> Form {
    Form {
        fields: vec![Field {
            name: form.id.clone(),
            label: "agree".to_owned(),
            kind: FieldKind::Check,
            purpose: Purpose::Agreement,
            fallback: None,
        }],
        ..form.clone()
    }
}

/// Of a submission; secrets are in the text, so only the digest is kept.
fn fingerprint(target: &url::Url, text: &Secret) -> [u8; 32] {
    let whole = Secret::new(format!("{target} {}", text.expose()));
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, whole.expose().as_bytes()).as_ref());
    fingerprint
}

/// How often the very same form may be sent before that counts as a loop.
const MAX_SAME: usize = 3;
