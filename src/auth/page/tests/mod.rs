//! Behaviour of whole pages.

mod catalogue;
mod hostile;
mod layout;

use url::Url;

use super::{Control, ControlKind, Page, PageForm, read};

fn page(html: &str) -> Page {
    read(html.as_bytes(), None, &url()).expect("within the limits")
}

fn url() -> Url {
    Url::parse("https://vpn.example.com/dana-na/auth/url_default/welcome.cgi").unwrap()
}

/// The only form of a page.
fn form(html: &str) -> PageForm {
    let mut forms = page(html).forms;
    assert_eq!(forms.len(), 1, "{html}");
    forms.remove(0)
}

/// A control in short: kind, name, value, label.
fn short(control: &Control) -> String {
    let kind = match &control.kind {
        ControlKind::Hidden => "hidden".to_owned(),
        ControlKind::Text => "text".to_owned(),
        ControlKind::Password => "password".to_owned(),
        ControlKind::TextArea => "area".to_owned(),
        ControlKind::Checkbox { checked } => format!("check{}", if *checked { "ed" } else { "" }),
        ControlKind::Radio { checked } => format!("radio{}", if *checked { "!" } else { "" }),
        ControlKind::Select { options, multiple } => {
            let options: Vec<_> = options
                .iter()
                .map(|option| {
                    let selected = if option.selected { "!" } else { "" };
                    let disabled = if option.disabled { "-" } else { "" };
                    format!("{}={}{selected}{disabled}", option.value, option.label)
                })
                .collect();
            format!(
                "select{}[{}]",
                if *multiple { "*" } else { "" },
                options.join(",")
            )
        }
        ControlKind::Submit => "submit".to_owned(),
        ControlKind::Image => "image".to_owned(),
        ControlKind::Other => "other".to_owned(),
    };
    let flags = [
        (control.disabled, "disabled"),
        (control.invisible, "invisible"),
        (control.readonly, "readonly"),
    ];
    let flags: String = flags
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| format!(" {name}"))
        .collect();
    format!(
        "{kind} {}={} ({}){flags}",
        control.name, control.value, control.label
    )
}

/// All controls of a form in short.
fn controls(form: &PageForm) -> Vec<String> {
    form.controls.iter().map(short).collect()
}

/// `[form name] name, name…` for each form.
fn owners(html: &str) -> Vec<String> {
    let forms = page(html).forms;
    let names = |form: &PageForm| {
        let names: Vec<_> = form
            .controls
            .iter()
            .map(|control| control.name.as_str())
            .collect();
        format!("[{}] {}", form.name, names.join(","))
    };
    forms.iter().map(names).collect()
}
