//! `FrontEnd`: answers the questions of a sign-in from what is prepared, from generators, and from the user.

use std::io::{self, IsTerminal as _};

use url::Url;

use super::browser;
use super::codes::{CodeSource, Codes};
use super::missing;
use super::prepared::{Prepared, ReadLine, apart, line_of_standard_input};
use super::question;
use super::terminal::{Echo, Terminal};
use crate::cli::progress::Progress;
use crate::cli::settings::{Browser, LoginSettings, SecretSources};
use crate::error::{Clean, Error};
use crate::exit::ExitStatus;
use crate::form::{Answer, Answers, Field, FieldKind, Form, FormKind, Purpose};
use crate::net::NetError;
use crate::net::login::{Asked, Prompter, Unanswered};
use crate::secret::Secret;

/// The front end of one sign-in.
pub struct FrontEnd {
    progress: Progress,
    prepared: Prepared,
    codes: Codes,
    no_password: bool,
    browser: Option<Browser>,
    /// Standard input, as far as a pasted cookie may come from there.
    read_line: Option<ReadLine>,
    manner: Manner,
    user: User,
}

/// Why nobody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Somebody may be.
    Asking,
    /// `--non-inter`.
    Forbidden,
    /// The sign-in comes by itself, long after the user has left.
    Alone,
}

/// Whether somebody can be asked.
enum User {
    Unknown,
    There(Terminal),
    Nobody,
}

impl FrontEnd {
    /// A front end by the settings. The terminal is opened with the first question.
    pub fn new(settings: &LoginSettings, progress: Progress, codes: Option<Box<dyn CodeSource>>) -> Self {
        let mut sources = settings.secrets.clone();
        // what is typed there would be seen; on the terminal it is not
        let is_terminal = io::stdin().is_terminal();
        sources.stdin &= !is_terminal;
        Self {
            progress,
            prepared: Prepared::new(&sources, line_of_standard_input),
            codes: Codes::new(codes),
            no_password: sources.none,
            browser: settings.browser.clone(),
            // a line of --passwd-on-stdin is a password, whatever page comes
            read_line: (!is_terminal && !settings.secrets.stdin).then_some(line_of_standard_input),
            manner: Manner::of(settings.interactive),
            user: User::of(settings.interactive),
        }
    }

    /// A front end that only asks the user.
    pub fn for_user(progress: Progress, interactive: bool) -> Self {
        Self {
            progress,
            prepared: Prepared::new(&SecretSources::default(), line_of_standard_input),
            codes: Codes::new(None),
            no_password: false,
            browser: None,
            read_line: None,
            manner: Manner::of(interactive),
            user: User::of(interactive),
        }
    }

    /// The passphrase of a key; `None` when nobody can be asked.
    pub async fn passphrase(&mut self, why: &NetError) -> Result<Option<Secret>, Error> {
        let NetError::KeyPassword { path, wrong } = why else {
            return Ok(None);
        };
        let field = Field {
            name: "passphrase".to_owned(),
            label: format!("passphrase of {}", path.display()),
            kind: FieldKind::Secret,
            purpose: Purpose::Other,
            fallback: None,
        };
        let form = Form {
            id: String::new(),
            kind: FormKind::Other,
            host: "this machine".to_owned(),
            notice: Some("the key of the client certificate is encrypted".to_owned()),
            refused: wrong.then(|| "the passphrase does not fit the key".to_owned()),
            fields: vec![field],
        };
        let asked = match form.fields.first() {
            Some(field) => {
                let asked = self.ask_user(&form, field, &mut false).await;
                asked.map_err(|error| error.hint("--key-password @FILE   with the passphrase in FILE"))?
            }
            None => None,
        };
        self.progress.resume();
        Ok(match asked {
            Some(Answer::Text(text)) => Some(text),
            _ => None,
        })
    }

    /// The progress, for what comes after the sign-in.
    pub fn into_progress(self) -> Progress {
        self.progress
    }

    /// The progress, and the same front end for sign-ins that come by themselves: it goes on with passwords and codes
    /// where this one stopped, and asks nobody.
    pub fn split(self) -> (Progress, Self) {
        let alone = Self {
            progress: self.progress.another(),
            browser: None,
            read_line: None,
            manner: Manner::Alone,
            user: User::Nobody,
            ..self
        };
        (self.progress, alone)
    }

    /// Another sign-in begins.
    pub fn begin_again(&mut self) {
        self.prepared.begin_again();
        self.codes.begin_again();
    }

    /// Whether this one asks nobody because the sign-in comes by itself.
    pub fn is_alone(&self) -> bool {
        self.manner == Manner::Alone
    }

    /// The sign-in is over.
    pub fn finish(&mut self) {
        self.progress.finish();
    }

    async fn answers(&mut self, form: &Form) -> Result<Answers, Unanswered> {
        let missing: Vec<usize> = positions(form, |field| {
            self.no_password && field.purpose == Purpose::Password
        });
        if !missing.is_empty() {
            return Err(Unanswered::Nobody { fields: missing });
        }
        let (mut answers, mut missing) = (Vec::with_capacity(form.fields.len()), Vec::new());
        let mut introduced = false;
        for (position, field) in form.fields.iter().enumerate() {
            match self.answer(form, field, &mut introduced).await {
                Ok(Some(answer)) => answers.push(answer),
                Ok(None) => missing.push(position),
                Err(error) => return Err(Unanswered::Failed(error)),
            }
        }
        self.progress.resume();
        match missing.is_empty() {
            true => Ok(answers),
            false => Err(Unanswered::Nobody { fields: missing }),
        }
    }

    async fn answer(
        &mut self,
        form: &Form,
        field: &Field,
        introduced: &mut bool,
    ) -> Result<Option<Answer>, Error> {
        if let Some(answer) = question::only_choice(field) {
            return Ok(Some(answer));
        }
        // what was refused once is never sent again, and what was prepared for it may be the same
        if form.refused.is_none()
            && let Some(secret) = self.prepared_for(field).await?
        {
            return question::understand(field, secret)
                .map(Some)
                .map_err(|why| unfit(form, field, why));
        }
        match self.ask_user(form, field, introduced).await? {
            Some(answer) => Ok(Some(answer)),
            None => Ok(field.fallback.clone()),
        }
    }

    /// A code of the generator. A sign-in that comes by itself waits until its time has come: gateways that count the
    /// codes may refuse one from the future, and nobody is there to type another.
    async fn code(&mut self, next: bool) -> Result<Option<Secret>, Error> {
        let wait = self.codes.wait();
        if self.manner == Manner::Alone && !next && !wait.is_zero() {
            tracing::info!(
                seconds = wait.as_secs(),
                "waiting for the next one-time code: the present one has been used"
            );
            tokio::time::sleep(wait).await;
        }
        self.codes.take(next)
    }

    /// An empty line leaves the question to the user.
    async fn prepared_for(&mut self, field: &Field) -> Result<Option<Secret>, Error> {
        let secret = match field.purpose {
            Purpose::Password => {
                // a command may ask on the terminal
                self.progress.pause();
                self.prepared.password().await?
            }
            Purpose::Code { next } => match self.code(next).await? {
                Some(code) => Some(code),
                None => self.prepared.line().await?,
            },
            Purpose::Menu => self.prepared.line().await?,
            Purpose::User
            | Purpose::NewSecret
            | Purpose::Realm
            | Purpose::Role
            | Purpose::Agreement
            | Purpose::Session
            | Purpose::Button
            | Purpose::Other => None,
        };
        Ok(secret.filter(|secret| !secret.is_empty()))
    }

    /// `None`: there is nobody.
    async fn ask_user(
        &mut self,
        form: &Form,
        field: &Field,
        introduced: &mut bool,
    ) -> Result<Option<Answer>, Error> {
        self.user.look();
        let User::There(terminal) = &mut self.user else {
            return Ok(None);
        };
        self.progress.asking(&field.label);
        if !std::mem::replace(introduced, true) {
            terminal.say(&question::introduction(form)).await?;
        }
        for _ in 0..ATTEMPTS {
            let answer = terminal.line(&question::prompt(field), echo_of(field)).await?;
            let answer = question::read(field, answer.ok_or_else(|| ended(form, field))?);
            let problem = match answer {
                Ok(answer) => match confirm(terminal, field, &answer).await? {
                    true => return Ok(Some(answer)),
                    false => "the two are not the same",
                },
                Err(problem) => problem,
            };
            terminal.say(&format!("{problem}\n")).await?;
        }
        Err(ended(form, field).note("asked three times"))
    }

    async fn cookie_from_browser(&mut self, url: &Url) -> Result<Secret, Unanswered> {
        match &self.browser {
            _ if self.manner == Manner::Alone => return Err(Unanswered::Failed(browser::alone(url))),
            // the flow knows what kind of page it is
            None => return Err(Unanswered::Nobody { fields: Vec::new() }),
            Some(_) if self.manner == Manner::Forbidden => {
                return Err(Unanswered::Failed(browser::forbidden(url)));
            }
            Some(Browser::Program(program)) => browser::start(program, url).map_err(Unanswered::Failed)?,
            Some(Browser::Print) => {}
        }
        self.user.look();
        self.progress.asking("sign in with a browser");
        let text = browser::instructions(self.browser.as_ref(), url);
        let result = match &mut self.user {
            User::There(terminal) => pasted(terminal, &text, self.read_line).await,
            User::Unknown | User::Nobody => {
                self.progress.notice(&text);
                line_of(self.read_line).await
            }
        };
        self.progress.resume();
        match result {
            Ok(Some(cookie)) => Ok(cookie),
            Ok(None) => Err(Unanswered::Failed(browser::no_cookie())),
            Err(error) => Err(Unanswered::Failed(error)),
        }
    }
}

impl Prompter for FrontEnd {
    fn step(&mut self, text: String) {
        self.progress.step(text);
    }

    fn show(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            self.progress.notice(&Clean(line).to_string());
        }
    }

    fn ask<'a>(&'a mut self, form: &'a Form) -> Asked<'a, Answers> {
        Box::pin(self.answers(form))
    }

    fn browse<'a>(&'a mut self, url: &'a Url) -> Asked<'a, Secret> {
        Box::pin(self.cookie_from_browser(url))
    }
}

impl Manner {
    fn of(interactive: bool) -> Self {
        match interactive {
            true => Self::Asking,
            false => Self::Forbidden,
        }
    }
}

impl User {
    fn of(interactive: bool) -> Self {
        match interactive {
            true => Self::Unknown,
            false => Self::Nobody,
        }
    }

    fn look(&mut self) {
        if matches!(self, Self::Unknown) {
            *self = match Terminal::open() {
                Ok(terminal) => Self::There(terminal),
                Err(error) => {
                    tracing::debug!(%error, "no terminal to ask on");
                    Self::Nobody
                }
            };
        }
    }
}

/// A secret nobody sees is typed twice before it is set.
async fn confirm(terminal: &mut Terminal, field: &Field, answer: &Answer) -> Result<bool, Error> {
    match (field.purpose, answer) {
        (Purpose::NewSecret, Answer::Text(first)) => {
            let second = terminal.line(&question::again(field), Echo::Off).await?;
            Ok(second.as_ref() == Some(first))
        }
        _ => Ok(true),
    }
}

/// The cookie, from the terminal or as a line of standard input, whichever is first.
async fn pasted(
    terminal: &mut Terminal,
    text: &str,
    read_line: Option<ReadLine>,
) -> Result<Option<Secret>, Error> {
    terminal.say(&format!("{text}\n")).await?;
    let line = async {
        match line_of(read_line).await {
            Ok(Some(line)) => line,
            // at its end there is still the terminal
            Ok(None) | Err(_) => std::future::pending().await,
        }
    };
    let typed = async {
        for _ in 0..ATTEMPTS {
            let line = terminal.line("DSID (not shown): ", Echo::Off).await?;
            match line.map(|line| Secret::new(line.expose().trim())) {
                Some(line) if line.is_empty() => {}
                line => return Ok(line),
            }
        }
        Ok(None)
    };
    tokio::select! {
        line = line => Ok(Some(line)),
        typed = typed => typed,
    }
}

async fn line_of(read_line: Option<ReadLine>) -> Result<Option<Secret>, Error> {
    let Some(read_line) = read_line else {
        return Ok(None);
    };
    let line = apart(read_line).await?;
    let line = line.map(|line| Secret::new(line.expose().trim()));
    Ok(line.filter(|line| !line.is_empty()))
}

fn echo_of(field: &Field) -> Echo {
    let is_hidden =
        field.kind == FieldKind::Secret || matches!(field.purpose, Purpose::NewSecret | Purpose::Password);
    if is_hidden { Echo::Off } else { Echo::On }
}

fn positions(form: &Form, wanted: impl Fn(&Field) -> bool) -> Vec<usize> {
    let fields = form.fields.iter().enumerate();
    fields
        .filter(|(_, field)| wanted(field))
        .map(|(position, _)| position)
        .collect()
}

fn ended(form: &Form, field: &Field) -> Error {
    Error::new(ExitStatus::InputNeeded, "the question was not answered")
        .at(format!("form {} at {}, field {}", form.id, form.host, field.name))
        .hint(missing::option_for(form, field))
}

fn unfit(form: &Form, field: &Field, why: &str) -> Error {
    Error::new(
        ExitStatus::BadData,
        format!("a prepared answer does not fit: {why}"),
    )
    .at(format!("form {} at {}, field {}", form.id, form.host, field.name))
    .hint("check which line of --passwd-on-stdin or --passwd-file is meant for this field")
}

/// How often a question is put that is not answered in the right form.
const ATTEMPTS: u32 = 3;

#[cfg(test)]
pub(super) mod tests;
