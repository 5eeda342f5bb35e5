//! Pages that other clients give up on or get wrong.

use crate::scene::Scene;

/// What is posted to a page, as `TARGET BODY`; all of it leads to a session.
#[track_caller]
fn posted(page: &str, options: &[&str]) -> String {
    let scene = Scene::written(&format!("{BEFORE}GET {{{{welcome}}}}\n  text {page}\n{AFTER}"));
    scene.joe("secret", options).exits(0);
    let requests = scene.requests();
    let target = requests.iter().find_map(|request| request.strip_prefix("POST "));
    format!("{} {}", target.unwrap(), scene.forms()[0])
}

/// The same with a form named frmLogin of these fields.
#[track_caller]
fn of_login(fields: &str) -> String {
    let text = posted(
        &format!("<form name=frmLogin method=post action=login.cgi>{fields}{BUTTON}</form>"),
        &[],
    );
    text.strip_prefix("/dana-na/auth/url_default/login.cgi ")
        .unwrap()
        .to_owned()
}

/// The same with a form nobody knows.
#[track_caller]
fn of_survey(fields: &str, options: &[&str]) -> String {
    let text = posted(
        &format!("<form name=frmSurvey method=post action=x.cgi>{fields}{BUTTON}</form>"),
        options,
    );
    text.strip_prefix("/dana-na/auth/url_default/x.cgi ")
        .unwrap()
        .to_owned()
}

/// What is said about a page that is not answered.
#[track_caller]
fn asked(page: &str, lines: &str) -> String {
    let scene = Scene::written(&format!("{BEFORE}GET {{{{welcome}}}}\n  text {page}\n{AFTER}"));
    let ended = scene.joe(lines, &[]).exits(4);
    assert_eq!(scene.forms(), Vec::<String>::new());
    ended.stderr
}

#[test]
fn a_form_of_an_unknown_name_is_answered() {
    assert_eq!(
        of_survey("<input name=email>", &["-F", "frmSurvey:email=j@x"]),
        "email=j%40x&go=Go"
    );
    assert_eq!(
        of_survey("<input name=email>", &["-F", "*:email=j@x"]),
        "email=j%40x&go=Go"
    );
}

#[test]
fn a_form_that_is_not_the_first_is_found() {
    let search = "<form name=frmSearch action=find.cgi><input type=hidden name=q></form>";
    let text = posted(
        &format!("{search}<form name=frmLogin method=post action=login.cgi>{JOE}{BUTTON}</form>"),
        &[],
    );
    assert_eq!(
        text,
        "/dana-na/auth/url_default/login.cgi username=joe&password=secret&go=Go"
    );
}

#[test]
fn the_password_is_not_the_answer_to_a_challenge() {
    let scene = Scene::of("pcs-8/defender-code");
    scene
        .joe("secret", &[])
        .exits(4)
        .says("a one-time code is needed");
    assert_eq!(scene.forms().len(), 1);
}

#[test]
fn the_password_is_no_new_password() {
    for (flow, text) in [
        ("pcs-8/change-password", "the password has to be changed"),
        ("sa-7/new-pin", "a new PIN has to be set"),
    ] {
        let scene = Scene::of(flow);
        scene.as_told().exits(4).says(text);
        assert_eq!(scene.forms().len(), 1, "{flow}");
        assert_eq!(scene.faults(), Vec::<String>::new(), "{flow}");
    }
}

#[test]
fn the_user_name_gives_way_to_an_answer_of_the_users_own() {
    let fields = "<input name=username><input name=user_floor>";
    let text = of_survey(fields, &["-F", "*:user_floor=3"]);
    assert_eq!(text, "username=joe&user_floor=3&go=Go");
}

#[test]
fn button_elements_and_pictures_are_pressed() {
    let form = |button: &str| {
        posted(
            &format!("<form name=frmLogin method=post action=login.cgi>{JOE}{button}</form>"),
            &[],
        )
    };
    assert!(
        form("<button name=btnSubmit value=In>Sign in</button>").ends_with("&password=secret&btnSubmit=In")
    );
    let picture = form("<input type=image name=btnSubmit src=x.gif>");
    assert!(
        picture.contains("&btnSubmit.x=") && picture.contains("&btnSubmit.y="),
        "{picture}"
    );
}

#[test]
fn fields_without_a_type_and_of_newer_types_are_sent() {
    assert_eq!(
        of_login("<input name=username><input type=password name=password>"),
        "username=joe&password=secret&go=Go"
    );
    let fields = "<input type=tel name=phone><input type=number name=room><input type=radio name=net value=a><input type=radio name=net value=b>";
    let options = ["-F", "*:phone=1", "-F", "*:room=2", "-F", "*:net=b"];
    assert_eq!(of_survey(fields, &options), "phone=1&room=2&net=b&go=Go");
}

#[test]
fn boxes_are_sent_only_when_they_are_ticked() {
    let boxes = "<input type=checkbox name=a value=1><input type=checkbox name=b value=1 checked>";
    assert_eq!(
        of_login(&format!("{JOE}{boxes}")),
        "username=joe&password=secret&b=1&go=Go"
    );
}

#[test]
fn disabled_fields_are_not_sent() {
    let disabled = "<input type=hidden name=h value=1 disabled><input name=t value=1 disabled>";
    assert_eq!(
        of_login(&format!("{JOE}{disabled}")),
        "username=joe&password=secret&go=Go"
    );
}

#[test]
fn fields_of_the_same_name_are_all_sent() {
    let twice = "<input type=hidden name=k value=1><input type=hidden name=k value=2>";
    assert_eq!(
        of_login(&format!("{twice}{JOE}")),
        "k=1&k=2&username=joe&password=secret&go=Go"
    );
}

#[test]
fn fields_without_a_name_are_passed_over() {
    assert_eq!(
        of_login(&format!("<input><input type=hidden value=x>{JOE}")),
        "username=joe&password=secret&go=Go"
    );
}

#[test]
fn a_form_without_name_and_id_is_answered() {
    let text = posted(
        &format!("<form method=post action=login.cgi>{JOE}{BUTTON}</form>"),
        &[],
    );
    assert!(text.ends_with(" username=joe&password=secret&go=Go"), "{text}");
}

#[test]
fn options_in_groups_and_without_values_are_chosen_by_label() {
    let list = "<select name=where><optgroup label=In><option value=o>Office</optgroup><optgroup label=Out><option>Hotel</optgroup></select>";
    assert_eq!(of_survey(list, &["-F", "*:where=hotel"]), "where=Hotel&go=Go");
    assert_eq!(of_survey(list, &["-F", "*:where=Office"]), "where=o&go=Go");
}

#[test]
fn addresses_of_forms_are_understood() {
    let form =
        |attributes: &str| format!("<form name=frmLogin method=post {attributes}>{JOE}{BUTTON}</form>");
    let base = format!("<base href=/dana-na/auth/url_7/>{}", form("action=login.cgi"));
    let target = |page: &str| posted(page, &[]).split(' ').next().unwrap().to_owned();
    assert_eq!(target(&base), "/dana-na/auth/url_7/login.cgi");
    assert_eq!(
        target(&form("action=\"\"")),
        "/dana-na/auth/url_default/welcome.cgi?back=/a/b/c"
    );
    assert_eq!(
        target(&form("")),
        "/dana-na/auth/url_default/welcome.cgi?back=/a/b/c"
    );
    // what stands in a query is no folder
    assert_eq!(
        target(&form("action=login.cgi")),
        "/dana-na/auth/url_default/login.cgi"
    );
    assert_eq!(
        target(&form("action=../other/login.cgi?x=/y")),
        "/dana-na/auth/other/login.cgi?x=/y"
    );
}

#[test]
fn a_button_may_have_an_address_of_its_own() {
    let page = format!(
        "<form name=frmLogin method=post action=no.cgi>{JOE}<button name=go value=Go formaction=yes.cgi>In</button></form>"
    );
    assert_eq!(
        posted(&page, &[]),
        "/dana-na/auth/url_default/yes.cgi username=joe&password=secret&go=Go"
    );
}

#[test]
fn a_field_outside_may_belong_to_a_form() {
    let page = "<form name=frmLogin id=f method=post action=login.cgi><input name=username><input type=submit name=go value=Go></form><input type=password name=password form=f>";
    assert_eq!(
        posted(page, &[]),
        "/dana-na/auth/url_default/login.cgi username=joe&go=Go&password=secret"
    );
}

#[test]
fn forms_are_sent_in_the_character_set_of_their_page() {
    let scene = Scene::of("transport/charset-values");
    scene.as_told().exits(0);
    assert_eq!(scene.faults(), Vec::<String>::new());
}

#[test]
fn cookies_outlive_a_visit_to_another_host() {
    for flow in ["adfs/password-cookies", "pcs-8/signin-cookies"] {
        let scene = Scene::of(flow);
        scene.as_told().exits(0);
        assert_eq!(scene.faults(), Vec::<String>::new(), "{flow}");
    }
}

#[test]
fn roles_are_found_in_nested_tables() {
    let scene = Scene::of("pcs-8/roles-nested");
    scene.joe("secret", &["--role", "Developers"]).exits(0);
}

#[test]
fn text_around_the_fields_is_shown() {
    let page = "<form name=frmSurvey method=post action=x.cgi><p>Where are you today?</p><label for=w>Town of stay</label><input id=w name=w><input type=submit></form>";
    let text = asked(page, "");
    assert!(
        text.contains("Where are you today?") && text.contains("Town of stay"),
        "{text}"
    );
}

#[test]
fn pages_that_lead_on_are_followed() {
    for flow in ["custom/meta-refresh", "custom/script-redirect"] {
        let scene = Scene::of(flow);
        scene.joe("secret", &[]).exits(0);
        assert_eq!(scene.faults(), Vec::<String>::new(), "{flow}");
    }
}

const JOE: &str = "<input name=username><input type=password name=password>";
const BUTTON: &str = "<input type=submit name=go value=Go>";
const BEFORE: &str = "[start]\nGET /\n  302 {{welcome}}?back=/a/b/c\n";
const AFTER: &str = "POST /*\n  session\n  302 {{home}}\n";
