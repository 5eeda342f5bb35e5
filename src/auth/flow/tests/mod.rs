//! Whole sign-ins, page by page.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};

mod forms;
mod steps;

use super::*;
use crate::exit::ExitStatus;
use crate::form::{Answer, FieldKind, Purpose};

const WELCOME: &str = "/dana-na/auth/url_default/welcome.cgi";
const LOGIN: &str = "/dana-na/auth/url_default/login.cgi";
const PRIMARY: &str = r#"<form name="frmLogin" action="login.cgi" method="POST">
    <input type=hidden name=tz_offset><input type=text name=username><input type=password name=password>
    <input type=hidden name=realm value="Users"><input type=submit name=btnSubmit value="Sign In">
    <input type=submit name=help value=Help></form>"#;

/// A sign-in and its last step.
struct Walk {
    flow: Flow,
    step: Result<Step, FlowError>,
}

impl Walk {
    fn new(settings: FlowSettings) -> Self {
        let mut flow = Flow::new(settings, &Url::parse("https://gw.test/").unwrap());
        let step = flow.start();
        Self { flow, step }
    }

    /// A sign-in that has been shown this page.
    fn at(settings: FlowSettings, page: &str) -> Self {
        let mut walk = Self::new(settings);
        walk.sent();
        walk.redirect(WELCOME, &[]);
        walk.sent();
        walk.page(page);
        walk
    }

    /// The request of the last step, as `GET URL` or `POST URL BODY`.
    fn sent(&self) -> String {
        match &self.step {
            Ok(Step::Send(request)) => match &request.form {
                None => format!("GET {}", request.url),
                Some(form) => format!("POST {} {}", request.url, form.text.expose()),
            },
            other => panic!("a request was expected, not {other:?}"),
        }
    }

    fn cookies(&self) -> &str {
        match &self.step {
            Ok(Step::Send(request)) => request.cookies.expose(),
            other => panic!("a request was expected, not {other:?}"),
        }
    }

    fn respond(&mut self, status: u16, location: Option<&str>, cookies: &[&str], body: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if let Some(location) = location {
            headers.insert(LOCATION, location.parse().unwrap());
        }
        for cookie in cookies {
            headers.append(SET_COOKIE, cookie.parse().unwrap());
        }
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.step = self.flow.handle_response(&Response {
            status,
            headers,
            body,
        });
    }

    fn page(&mut self, body: &str) {
        self.respond(200, None, &[], body);
    }

    fn redirect(&mut self, location: &str, cookies: &[&str]) {
        self.respond(302, Some(location), cookies, "");
    }

    fn asked(&self) -> &Form {
        match &self.step {
            Ok(Step::Ask(form)) => form,
            other => panic!("a question was expected, not {other:?}"),
        }
    }

    fn questions(&self) -> Vec<(&str, Purpose)> {
        let fields = self.asked().fields.iter();
        fields.map(|field| (field.name.as_str(), field.purpose)).collect()
    }

    fn answer(&mut self, answers: &[Answer]) {
        self.step = self.flow.handle_answers(&answers.to_vec());
    }

    fn texts(&mut self, texts: &[&str]) {
        let answers: Vec<Answer> = texts
            .iter()
            .map(|text| Answer::Text(Secret::new(*text)))
            .collect();
        self.answer(&answers);
    }

    fn error(&self) -> &FlowError {
        match &self.step {
            Err(error) => error,
            other => panic!("an error was expected, not {other:?}"),
        }
    }

    fn done(&self) -> &Outcome {
        match &self.step {
            Ok(Step::Done(outcome)) => outcome,
            other => panic!("a session was expected, not {other:?}"),
        }
    }

    fn finish(&mut self) -> &Outcome {
        self.redirect("/dana/home/starter0.cgi", &["DSID=0123; path=/; secure"]);
        self.done()
    }
}

fn joe() -> FlowSettings {
    FlowSettings {
        path: "/".to_owned(),
        user: Some("joe".to_owned()),
        takeover: true,
        ..FlowSettings::default()
    }
}

fn entry(form: &str, field: &str, value: &str) -> FormEntry {
    FormEntry {
        form: form.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
    }
}
