//! The cookie jar and its policy.

use cookie_store::{Cookie, CookieExpiration, CookieStore, RawCookie, StoreAction};
use thiserror::Error;
use url::Url;

use crate::secret::Secret;

/// The cookies of one login, kept in memory only.
///
/// RFC 6265 rules with the differences of `juniper-nc.md §3.4`: an empty value deletes the cookie, a header without
/// `=` is ignored. `cookie_store` asks the system for the time of day itself and takes no clock from its caller.
///
/// There is no `Debug`: it would show the values.
pub struct Jar {
    gateway: Url,
    store: CookieStore,
}

/// Why a cookie given by the user cannot be used. None of the texts holds the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CookieError {
    /// Nothing but blanks and separators.
    #[error("it is empty")]
    Empty,
    /// Other cookies, but not the one that is the session.
    #[error("there is no DSID in it")]
    NoSession,
    /// `DSID=` without a value.
    #[error("its DSID has no value")]
    EmptySession,
    /// A character that cannot stand in a `Cookie` header: control characters, blanks inside, not ASCII.
    #[error("it holds a character that no cookie has, perhaps a blank, a quote or a line break")]
    BadCharacter,
}

impl Jar {
    /// An empty jar for the gateway at this URL.
    pub fn new(gateway: &Url) -> Self {
        Self {
            gateway: gateway.clone(),
            store: CookieStore::new(),
        }
    }

    /// Takes the value of `--cookie` apart and keeps its parts for the gateway (`juniper-nc.md §6.2`).
    ///
    /// A part without a name is the session (`DSID`); of parts with the same name the first wins; blanks around a
    /// part are dropped. On an error the jar is as before.
    pub fn insert_option(&mut self, option: &Secret) -> Result<(), CookieError> {
        let text = option.expose().trim_matches(BLANKS);
        if text
            .chars()
            .any(|character| character.is_control() || !character.is_ascii())
        {
            return Err(CookieError::BadCharacter);
        }
        let mut parts: Vec<(&str, &str)> = Vec::new();
        for part in text.split(';').map(|part| part.trim_matches(BLANKS)) {
            if part.is_empty() {
                continue;
            }
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim_matches(BLANKS), value.trim_matches(BLANKS)),
                None => (SESSION, part),
            };
            let name = if name.is_empty() { SESSION } else { name };
            if !name.bytes().all(is_name) || !value.bytes().all(is_value) {
                return Err(CookieError::BadCharacter);
            }
            if parts.iter().all(|(known, _)| *known != name) {
                parts.push((name, value));
            }
        }
        match parts.iter().find(|(name, _)| *name == SESSION) {
            _ if parts.is_empty() => return Err(CookieError::Empty),
            None => return Err(CookieError::NoSession),
            Some((_, "")) => return Err(CookieError::EmptySession),
            Some(_) => {}
        }
        // first, so that no crowd of others keeps it out
        parts.sort_by_key(|(name, _)| *name != SESSION);
        let gateway = self.gateway.clone();
        for (name, value) in parts {
            let mut cookie = RawCookie::new(name, value);
            cookie.set_path("/");
            cookie.set_secure(true);
            self.insert(&cookie, &gateway, Deletion::Allowed);
        }
        Ok(())
    }

    /// Keeps, changes and deletes cookies by the `Set-Cookie` lines of the response from `url`.
    ///
    /// Lines that are no cookies, or cookies of a foreign host, change nothing; nor do lines beyond the limits of
    /// RFC 6265 §6.1.
    pub fn store<'a>(&mut self, url: &Url, set_cookie_lines: impl IntoIterator<Item = &'a str>) {
        self.store_lines(url, set_cookie_lines, Deletion::Allowed);
    }

    /// The same for the answer to a tunnel request: it may replace the session, but not delete it, because every
    /// reconnect needs it.
    pub fn store_tunnel_answer<'a>(
        &mut self,
        url: &Url,
        set_cookie_lines: impl IntoIterator<Item = &'a str>,
    ) {
        self.store_lines(url, set_cookie_lines, Deletion::ExceptSession);
    }

    fn store_lines<'a>(&mut self, url: &Url, lines: impl IntoIterator<Item = &'a str>, deletion: Deletion) {
        let mut surplus = 0_usize;
        for line in lines {
            if line.len() > MAX_LENGTH {
                surplus += 1;
                continue;
            }
            let Ok(mut cookie) = RawCookie::parse(line) else {
                continue;
            };
            if cookie.value().is_empty() {
                cookie.make_removal();
            }
            // the session belongs to the host that gave it, whatever it says: no other host may plant one
            if cookie.name() == SESSION && cookie.domain().is_none_or(|domain| covers(domain, url)) {
                cookie.unset_domain();
            } else if cookie
                .domain()
                .is_some_and(|domain| !domain.trim_matches('.').contains('.'))
            {
                continue;
            }
            if !self.insert(&cookie, url, deletion) {
                surplus += 1;
            }
        }
        if surplus > 0 {
            tracing::debug!(surplus, "too many or too long cookies, not kept");
        }
    }

    /// The value of the `Cookie` header for a request to `url`, `a=1; b=2`, empty when there is none to send.
    ///
    /// Cookies of longer paths come first (RFC 6265 §5.4), then the session, then the others by name.
    pub fn header(&self, url: &Url) -> Secret {
        let mut cookies = self.store.matches(url);
        cookies.sort_by(|a, b| {
            let rank = |cookie: &Cookie<'_>| (usize::MAX - cookie.path.len(), cookie.name() != SESSION);
            rank(a).cmp(&rank(b)).then_with(|| a.name().cmp(b.name()))
        });
        let length = cookies
            .iter()
            .map(|cookie| cookie.name().len() + cookie.value().len() + 3)
            .sum();
        let mut text = String::with_capacity(length);
        for cookie in cookies {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(cookie.name());
            text.push('=');
            text.push_str(cookie.value());
        }
        Secret::new(text)
    }

    /// True when the jar holds the cookie that is the session, for the gateway itself.
    pub fn has_session(&self) -> bool {
        self.value(&tunnel_url(&self.gateway), SESSION).is_some()
    }

    /// The session that a tunnel request to the host of `url` would carry, if there is one.
    ///
    /// The value `x` stands for none: gateways delete cookies by it (`juniper-forms.md §1`).
    pub fn session_of(&self, url: &Url) -> Option<Secret> {
        self.value(&tunnel_url(url), SESSION)
            .filter(|value| value.expose() != "x")
    }

    /// When the session ends by what its cookie says, in seconds since 1970. Known gateways say nothing.
    pub fn session_expiry(&self) -> Option<i64> {
        let cookies = self.store.matches(&tunnel_url(&self.gateway)).into_iter();
        cookies
            .filter(|cookie| cookie.name() == SESSION)
            .find_map(|cookie| match cookie.expires {
                CookieExpiration::AtUtc(time) => Some(time.unix_timestamp()),
                CookieExpiration::SessionEnd => None,
            })
    }

    /// The value of the cookie with this name that is sent first to `url`.
    pub fn value(&self, url: &Url, name: &str) -> Option<Secret> {
        let cookies = self.store.matches(url).into_iter();
        cookies
            .filter(|cookie| cookie.name() == name && !cookie.value().is_empty())
            .max_by_key(|cookie| cookie.path.len())
            .map(|cookie| Secret::new(cookie.value()))
    }

    /// Gives the cookies with this name that are sent to `url` a new value and leaves their attributes as they are.
    /// When there is none it is made for `/dana-na/` on the host of `url`, as gateways do (`juniper-nc.md §5.4`).
    pub fn replace(&mut self, url: &Url, name: &str, value: &Secret) {
        let matching = self.store.matches(url).into_iter();
        let stored: Vec<RawCookie<'static>> = matching
            .filter(|cookie| cookie.name() == name)
            .map(|cookie| {
                let mut raw = RawCookie::clone(cookie).into_owned();
                raw.set_path(String::from(&cookie.path));
                raw
            })
            .collect();
        for mut cookie in stored {
            cookie.set_value(value.expose().to_owned());
            self.insert(&cookie, url, Deletion::Allowed);
        }
        if self.value(url, name).is_none() {
            let mut cookie = RawCookie::new(name, value.expose());
            cookie.set_path(SIGN_IN_PATH);
            cookie.set_secure(true);
            self.insert(&cookie, url, Deletion::Allowed);
        }
    }

    /// `store_response_cookies` would write values to the log. False when the jar is full.
    fn insert(&mut self, cookie: &RawCookie<'_>, url: &Url, deletion: Deletion) -> bool {
        match self.try_insert(cookie, url, deletion) {
            Ok(kept) => kept,
            // gateways delete what was never there, on every page
            Err(cookie_store::CookieError::Expired) => true,
            Err(error) => {
                tracing::debug!(name = cookie.name(), %error, "cookie not kept");
                true
            }
        }
    }

    fn try_insert(
        &mut self,
        raw: &RawCookie<'_>,
        url: &Url,
        deletion: Deletion,
    ) -> Result<bool, cookie_store::CookieError> {
        let cookie = Cookie::try_from_raw_cookie(raw, url)?.into_owned();
        if deletion == Deletion::ExceptSession && raw.name() == SESSION && cookie.is_expired() {
            tracing::debug!("the gateway deletes the session while it opens the tunnel, kept");
            return Ok(true);
        }
        let (domain, path) = (String::from(&cookie.domain), String::from(&cookie.path));
        let action = self.store.insert(cookie, url)?;
        let full = action == StoreAction::Inserted && raw.name() != SESSION && !self.has_room(&domain);
        // a deleted one would stay as expired and count
        if full || action == StoreAction::ExpiredExisting {
            self.store.remove(&domain, &path, raw.name());
        }
        Ok(!full)
    }

    /// Counted with the newcomer of this domain.
    fn has_room(&self, domain: &str) -> bool {
        let all = self.store.iter_any().count();
        let same = self
            .store
            .iter_any()
            .filter(|cookie| String::from(&cookie.domain) == domain);
        same.count() <= MAX_COOKIES && all <= MAX_ALL_COOKIES
    }
}

/// RFC 6265 §5.1.3.
fn covers(domain: &str, url: &Url) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let host = url.host_str().unwrap_or_default();
    let rest = host.strip_suffix(&domain);
    !domain.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The session must reach the tunnel request, whatever path the gateway URL has.
fn tunnel_url(gateway: &Url) -> Url {
    let mut url = gateway.clone();
    url.set_path(TUNNEL_PATH);
    url
}

/// What a response may delete.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deletion {
    /// Every cookie.
    Allowed,
    /// Every cookie but the one that is the session.
    ExceptSession,
}

/// RFC 6265 §4.1.1 with RFC 7230 tokens.
fn is_name(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&octet)
}

/// RFC 6265 §4.1.1. Quotes around a pasted value come from a tool that shows it, not from the gateway.
fn is_value(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b'"' | b',' | b';' | b'\\')
}

/// The cookie that is the session.
const SESSION: &str = "DSID";
const TUNNEL_PATH: &str = "/dana/js";
/// Where all pages of the sign-in are.
const SIGN_IN_PATH: &str = "/dana-na/";
/// Cookies of one host that RFC 6265 §6.1 asks for.
const MAX_COOKIES: usize = 50;
/// Cookies of a whole sign-in: a gateway, its other names and some identity providers.
const MAX_ALL_COOKIES: usize = 300;
/// Octets of one cookie that RFC 6265 §6.1 asks for.
const MAX_LENGTH: usize = 4096;
const BLANKS: [char; 2] = [' ', '\t'];

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn gateway() -> Url {
        url("https://gateway.test/")
    }

    fn given(option: &str) -> Result<String, CookieError> {
        let mut jar = Jar::new(&gateway());
        jar.insert_option(&Secret::new(option))?;
        assert!(jar.has_session());
        Ok(jar
            .header(&url("https://gateway.test/dana/js?prot=1"))
            .expose()
            .to_owned())
    }

    #[test]
    fn cookies_of_the_user_follow_the_table() {
        let table = [
            ("0123abcd", "DSID=0123abcd"),
            ("DSID=0123", "DSID=0123"),
            (
                "DSID=0123; DSFirst=1; DSLast=2; DSSignInUrl=/",
                "DSID=0123; DSFirst=1; DSLast=2; DSSignInUrl=/",
            ),
            (
                "DSLast=2;DSID=0123 ;; DSFirst=1;",
                "DSID=0123; DSFirst=1; DSLast=2",
            ),
            ("DSFirst=1; 0123", "DSID=0123; DSFirst=1"),
            ("=0123", "DSID=0123"),
            ("DSID=1; DSID=2; 3", "DSID=1"),
            ("DSID=a=b==", "DSID=a=b=="),
            (" \tDSID=0123\t ", "DSID=0123"),
        ];
        for (option, header) in table {
            assert_eq!(given(option).as_deref(), Ok(header), "{option:?}");
        }
    }

    #[test]
    fn unusable_cookies_of_the_user_are_refused() {
        let table = [
            ("", CookieError::Empty),
            (" ; ;", CookieError::Empty),
            ("DSFirst=1", CookieError::NoSession),
            ("dsid=1", CookieError::NoSession),
            ("DSID=", CookieError::EmptySession),
            ("DSID=; DSID=1", CookieError::EmptySession),
            ("DSID=1\r\nX: y", CookieError::BadCharacter),
            ("DSID=1\n", CookieError::BadCharacter),
            ("DSID=1\0", CookieError::BadCharacter),
            ("DSID=\u{fc}", CookieError::BadCharacter),
            ("DSID=1 2", CookieError::BadCharacter),
            ("DS ID=1; DSID=1", CookieError::BadCharacter),
        ];
        for (option, error) in table {
            assert_eq!(given(option), Err(error), "{option:?}");
        }
    }

    #[test]
    fn a_refused_cookie_leaves_the_jar_as_it_was() {
        let mut jar = Jar::new(&gateway());
        jar.insert_option(&Secret::new("DSID=1")).unwrap();
        jar.insert_option(&Secret::new("DSFirst=1; a b")).unwrap_err();
        assert_eq!(jar.header(&gateway()).expose(), "DSID=1");
    }

    #[test]
    fn the_session_goes_to_the_gateway_only_and_only_over_tls() {
        let mut jar = Jar::new(&url("https://gateway.test/admins"));
        jar.insert_option(&Secret::new("DSID=1")).unwrap();
        assert!(jar.has_session());
        for other in [
            "https://other.test/",
            "https://x.gateway.test/",
            "http://gateway.test/",
        ] {
            assert!(jar.header(&url(other)).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_session_may_say_when_it_ends() {
        let mut jar = Jar::new(&gateway());
        jar.store(&gateway(), ["DSID=1; path=/; secure"]);
        assert_eq!(jar.session_expiry(), None);
        jar.store(
            &gateway(),
            ["DSID=1; path=/; expires=Fri, 12-Nov-2094 00:00:00 GMT; secure"],
        );
        assert_eq!(jar.session_expiry(), Some(3_940_358_400));
    }

    #[test]
    fn an_empty_value_deletes() {
        // R7, R13
        let mut jar = Jar::new(&gateway());
        jar.store(&gateway(), ["DSIVS=", "DSIVS=; path=/", "DSID=; path=/; secure"]);
        assert!(jar.header(&gateway()).is_empty());
        assert!(!jar.has_session());
        jar.store(&gateway(), ["DSID=1; path=/; secure", "DSIVS=x; path=/"]);
        assert!(jar.has_session());
        jar.store(&gateway(), ["DSID=; path=/", "DSIVS=; path=/"]);
        assert!(!jar.has_session());
        assert!(jar.header(&gateway()).is_empty());
    }

    #[derive(Clone, Default)]
    struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_deletion_is_no_event_and_a_foreign_cookie_is_one() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let mut jar = Jar::new(&gateway());
            jar.store(&gateway(), ["DSIVS=", "DSID=x; path=/; max-age=0"]);
            assert_eq!(log.0.lock().unwrap().len(), 0);
            jar.store(&gateway(), ["DSID=x; domain=elsewhere.test"]);
            assert_ne!(log.0.lock().unwrap().len(), 0);
        });
    }

    #[test]
    fn a_tunnel_answer_replaces_the_session_but_does_not_delete_it() {
        let mut jar = Jar::new(&gateway());
        jar.insert_option(&Secret::new("DSID=1; DSFirst=1")).unwrap();
        let gone = "DSID=x; path=/; expires=Thu, 01 Jan 1970 22:00:00 GMT; secure";
        let lines = ["DSID=; path=/; secure", gone, "DSID=x; path=/; max-age=0"];
        jar.store_tunnel_answer(&gateway(), lines);
        jar.store_tunnel_answer(&gateway(), ["DSFirst=; path=/"]);
        assert_eq!(jar.header(&gateway()).expose(), "DSID=1");
        jar.store_tunnel_answer(&gateway(), ["DSID=2; path=/; secure"]);
        assert_eq!(jar.header(&gateway()).expose(), "DSID=2");
        jar.store(&gateway(), [gone]);
        assert!(!jar.has_session());
    }

    #[test]
    fn the_jar_is_bounded() {
        let mut jar = Jar::new(&gateway());
        let many: Vec<String> = (0..60).map(|number| format!("c{number}=x")).collect();
        jar.insert_option(&Secret::new(format!("{}; DSID=1", many.join("; "))))
            .unwrap();
        assert!(jar.has_session());
        let count = |jar: &Jar| jar.header(&gateway()).expose().split("; ").count();
        assert_eq!(count(&jar), MAX_COOKIES);
        jar.store(
            &gateway(),
            ["DSID=2; path=/; secure", "c0=new; path=/", "further=x; path=/"],
        );
        let header = jar.header(&gateway());
        assert!(header.expose().starts_with("DSID=2; c0=new; "));
        assert!(!header.expose().contains("further"));
        jar.store(&gateway(), ["c0=; path=/", "further=x; path=/"]);
        assert_eq!(count(&jar), MAX_COOKIES);
        let header = jar.header(&gateway());
        assert!(header.expose().ends_with("further=x"), "{}", header.expose());
    }

    #[test]
    fn a_long_cookie_is_not_kept() {
        let mut jar = Jar::new(&gateway());
        let of_length = |length: usize| format!("a={}", "x".repeat(length - 2));
        jar.store(&gateway(), [of_length(MAX_LENGTH + 1).as_str()]);
        assert!(jar.header(&gateway()).is_empty());
        jar.store(&gateway(), [of_length(MAX_LENGTH).as_str()]);
        assert_eq!(jar.header(&gateway()).expose().len(), MAX_LENGTH);
    }

    #[test]
    fn a_date_in_1970_deletes() {
        // R8
        let mut jar = Jar::new(&gateway());
        let gone = "DSASSERTREF=x; path=/; expires=Thu, 01 Jan 1970 22:00:00 GMT; secure";
        jar.store(&gateway(), [gone]);
        assert!(jar.header(&gateway()).is_empty());
        jar.store(&gateway(), ["DSASSERTREF=real; path=/; secure"]);
        assert_eq!(jar.header(&gateway()).expose(), "DSASSERTREF=real");
        jar.store(&gateway(), [gone]);
        assert!(jar.header(&gateway()).is_empty());
    }

    #[test]
    fn one_name_with_two_paths_is_two_cookies() {
        // R9
        let mut jar = Jar::new(&gateway());
        jar.store(
            &url("https://gateway.test/dana-na/auth/welcome.cgi"),
            [
                "DSSIGNIN=url_default; path=/dana-na/; expires=12-Nov-2096 00:00:00 GMT; secure",
                "DSSIGNIN=url_5; path=/; secure",
            ],
        );
        let header = |path: &str| jar.header(&gateway().join(path).unwrap()).expose().to_owned();
        assert_eq!(header("/dana/js"), "DSSIGNIN=url_5");
        assert_eq!(
            header("/dana-na/auth/x.cgi"),
            "DSSIGNIN=url_default; DSSIGNIN=url_5"
        );
    }

    #[test]
    fn lines_that_are_no_cookies_are_ignored() {
        let mut jar = Jar::new(&gateway());
        let foreign = "DSID=2; domain=other.test; path=/";
        jar.store(
            &gateway(),
            ["nonsense", "", "; path=/", "=x", foreign, "DSSignInURL=/; path=/"],
        );
        assert_eq!(jar.header(&gateway()).expose(), "DSSignInURL=/");
        assert!(!jar.has_session());
    }

    #[test]
    fn a_session_of_another_host_is_none_of_the_gateway() {
        let mut jar = Jar::new(&gateway());
        jar.store(&url("https://other.test/"), ["DSID=1; path=/; secure"]);
        assert!(!jar.has_session());
    }

    #[test]
    fn the_value_is_that_of_the_longest_path_and_only_for_its_place() {
        let mut jar = Jar::new(&gateway());
        let page = url("https://gateway.test/dana-na/auth/welcome.cgi?p=preauth");
        jar.store(
            &page,
            [
                "DSSIGNIN=short; path=/; secure",
                "DSSIGNIN=long; path=/dana-na/; secure",
            ],
        );
        let value = |at: &str, name: &str| jar.value(&url(at), name).map(|value| value.expose().to_owned());
        assert_eq!(value(page.as_str(), "DSSIGNIN").as_deref(), Some("long"));
        assert_eq!(
            value("https://gateway.test/", "DSSIGNIN").as_deref(),
            Some("short")
        );
        for (at, name) in [
            (page.as_str(), "dssignin"),
            ("https://other.test/dana-na/", "DSSIGNIN"),
        ] {
            assert_eq!(value(at, name), None, "{at} {name}");
        }
    }

    #[test]
    fn a_replaced_cookie_keeps_its_attributes() {
        let page = url("https://gateway.test/dana-na/auth/welcome.cgi");
        for (line, sent_to, not_sent_to) in [
            (
                "DSPREAUTH=old; path=/; secure",
                "https://gateway.test/",
                "http://gateway.test/",
            ),
            (
                "DSPREAUTH=old; path=/dana-na/auth; secure",
                "https://gateway.test/dana-na/auth/x",
                "https://gateway.test/dana-na/",
            ),
            (
                "DSPREAUTH=old; domain=gateway.test; path=/; httponly",
                "https://node.gateway.test/",
                "https://other.test/",
            ),
            (
                "DSPREAUTH=old",
                "https://gateway.test/dana-na/auth/x",
                "https://gateway.test/",
            ),
        ] {
            let mut jar = Jar::new(&gateway());
            jar.store(&page, [line]);
            jar.replace(&page, "DSPREAUTH", &Secret::new("new"));
            assert_eq!(jar.header(&page).expose(), "DSPREAUTH=new", "{line}");
            assert_eq!(jar.header(&url(sent_to)).expose(), "DSPREAUTH=new", "{line}");
            assert!(jar.header(&url(not_sent_to)).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_replaced_cookie_that_was_not_there_is_one_of_the_sign_in() {
        let mut jar = Jar::new(&gateway());
        let page = url("https://gateway.test/dana-na/auth/welcome.cgi");
        jar.replace(&page, "DSPREAUTH", &Secret::new("new"));
        assert_eq!(jar.header(&page).expose(), "DSPREAUTH=new");
        assert!(jar.header(&gateway()).is_empty());
        assert!(jar.header(&url("http://gateway.test/dana-na/")).is_empty());
    }

    #[test]
    fn two_cookies_of_one_name_are_both_replaced() {
        let mut jar = Jar::new(&gateway());
        let page = url("https://gateway.test/dana-na/auth/welcome.cgi");
        jar.store(&page, ["DSPREAUTH=a; path=/", "DSPREAUTH=b; path=/dana-na/"]);
        jar.replace(&page, "DSPREAUTH", &Secret::new("c"));
        assert_eq!(jar.header(&page).expose(), "DSPREAUTH=c; DSPREAUTH=c");
    }

    #[test]
    fn the_session_of_a_host_is_what_its_tunnel_request_would_carry() {
        let mut jar = Jar::new(&gateway());
        let cluster = url("https://node.test/dana-na/auth/x.cgi");
        jar.store(&cluster, ["DSID=narrow; path=/dana-na/; secure"]);
        assert_eq!(jar.session_of(&cluster), None);
        jar.store(&cluster, ["DSID=wide; path=/; secure"]);
        assert_eq!(jar.session_of(&cluster), Some(Secret::new("wide")));
        assert_eq!(jar.session_of(&gateway()), None);
        assert!(!jar.has_session());
    }

    #[test]
    fn no_other_host_plants_a_session() {
        let mut jar = Jar::new(&gateway());
        let evil = url("https://evil.test/");
        jar.store(
            &evil,
            [
                "DSID=1; Domain=.test",
                "DSID=2; Domain=gateway.test",
                "a=1; Domain=test",
            ],
        );
        jar.store(
            &url("https://evil.gateway.test/"),
            ["DSID=3; Domain=gateway.test"],
        );
        assert_eq!(jar.session_of(&gateway()), None);
        assert_eq!(jar.header(&gateway()).expose(), "");
    }

    #[test]
    fn a_session_has_room_and_the_value_x_is_none() {
        let mut jar = Jar::new(&gateway());
        let lines: Vec<String> = (0..60).map(|number| format!("c{number}=1")).collect();
        jar.store(&gateway(), lines.iter().map(String::as_str));
        jar.store(&gateway(), ["DSID=x"]);
        assert_eq!(jar.session_of(&gateway()), None);
        jar.store(&gateway(), ["DSID=0123"]);
        assert_eq!(jar.session_of(&gateway()), Some(Secret::new("0123")));
        assert_eq!(jar.header(&gateway()).expose().matches('=').count(), 51);
    }
}
