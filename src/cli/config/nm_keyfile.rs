//! Connections of NetworkManager (`networkmanager.md §7`) as profiles.

use super::profile::Imported;
use crate::error::Error;
use crate::exit::ExitStatus;

/// Takes over what a keyfile says.
pub(super) fn import(text: &str) -> Result<Imported, Error> {
    let file = Keyfile::parse(text);
    let service = file.value("vpn", "service-type").unwrap_or_default();
    if !SERVICES.contains(&service.as_str()) {
        return Err(refused("the connection is none of the OpenConnect plugin"));
    }
    // without a word about it the plugin means another protocol
    match file.value("vpn", "protocol").as_deref() {
        Some("nc" | "juniper") => {}
        Some("pulse") => return Err(refused("the connection speaks pulse, which is not built yet")),
        _ => {
            return Err(refused(
                "the connection is not one of Network Connect (protocol=nc)",
            ));
        }
    }
    let mut imported = Imported::default();
    let mut gateway = file.value("vpn", "gateway").unwrap_or_default();
    if gateway.is_empty() {
        return Err(refused("the connection names no gateway"));
    }
    if let Some(group) = file.value("vpn", "usergroup").filter(|_| !gateway.contains('/')) {
        gateway = format!("https://{gateway}/{group}");
    }
    imported.add("server", &gateway);
    for (key, value) in file.group("vpn") {
        vpn_setting(&mut imported, &file, key, &value);
    }
    for (key, _) in file.group("vpn-secrets") {
        imported.remarks.push(format!("{key}: a secret, not taken over"));
    }
    addresses(&mut imported, &file);
    Ok(imported)
}

fn vpn_setting(imported: &mut Imported, file: &Keyfile, key: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    if let Some(field) = key.strip_prefix("form:") {
        imported.add("form-entry", &format!("{field}={value}"));
        return;
    }
    if let Some((_, option)) = SAME.iter().find(|(known, _)| *known == key) {
        imported.add(option, value);
        return;
    }
    let is_set = matches!(value, "yes" | "true" | "1");
    match key {
        "disable_udp" if is_set => imported.settings.push(("no-esp".to_owned(), None)),
        "csd_wrapper" if file.is_set("vpn", "enable_csd_trojan") => imported.add("csd-wrapper", value),
        "stoken_source" => match value {
            "totp" | "hotp" => imported.add("token-mode", value),
            "disabled" => {}
            other => imported.remarks.push(format!(
                "stoken_source={other}: such one-time codes are not built"
            )),
        },
        _ if KNOWN.contains(&key) || key.ends_with("-flags") => {}
        _ => imported.remarks.push(format!("{key}: not taken over")),
    }
}

/// What the user wants of addresses and routes.
fn addresses(imported: &mut Imported, file: &Keyfile) {
    for (key, value) in file.group("ipv4") {
        let is_set = matches!(value.as_str(), "yes" | "true" | "1");
        let is_route = key
            .strip_prefix("route")
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()));
        match key {
            "never-default" if is_set => imported.settings.push(("no-default-route".to_owned(), None)),
            "ignore-auto-routes" if is_set => imported.settings.push(("no-routes".to_owned(), None)),
            "ignore-auto-dns" if is_set => imported.settings.push(("ignore-dns".to_owned(), None)),
            "dns" => list(&value).for_each(|server| imported.add("dns-server", server)),
            "dns-search" => list(&value).for_each(|domain| imported.add("dns-domain", domain)),
            // prefix, next hop, metric: behind a tunnel the prefix says all
            _ if is_route => {
                if let Some(prefix) = value.split(',').next().filter(|prefix| !prefix.is_empty()) {
                    imported.add("route", prefix);
                }
            }
            _ => {}
        }
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ','])
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn refused(why: &str) -> Error {
    Error::new(ExitStatus::BadData, why)
}

/// Groups of keys and values, the way GLib writes them.
struct Keyfile<'a>(Vec<(&'a str, &'a str, String)>);

impl<'a> Keyfile<'a> {
    fn parse(text: &'a str) -> Self {
        let mut group = "";
        let mut entries = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                group = name;
            } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
                entries.push((group, key.trim_end(), unescaped(value.trim_start())));
            }
        }
        Self(entries)
    }

    fn group(&self, name: &str) -> impl Iterator<Item = (&'a str, String)> {
        let entries = self.0.iter().filter(move |(group, ..)| *group == name);
        entries.map(|(_, key, value)| (*key, value.clone()))
    }

    fn value(&self, group: &str, key: &str) -> Option<String> {
        // of a key that stands there twice the last counts
        self.group(group)
            .filter(|(known, _)| *known == key)
            .last()
            .map(|(_, value)| value)
    }

    fn is_set(&self, group: &str, key: &str) -> bool {
        self.value(group, key)
            .is_some_and(|value| matches!(value.as_str(), "yes" | "true" | "1"))
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some(escaped)) => {
                characters.next();
                plain.push(match escaped {
                    's' => ' ',
                    't' => '\t',
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                });
            }
            _ => plain.push(character),
        }
    }
    plain
}

const SERVICES: &[&str] = &[
    "org.freedesktop.NetworkManager.openconnect",
    "org.freedesktop.NetworkManager.vpnccli",
];

/// Keys of the plugin and our options for the same.
const SAME: &[(&str, &str)] = &[
    ("user", "user"),
    ("user-name", "user"),
    ("realm", "realm"),
    ("role", "role"),
    ("authgroup", "authgroup"),
    ("usercert", "certificate"),
    ("userkey", "sslkey"),
    ("cacert", "cafile"),
    ("servercert", "servercert"),
    ("gwcert", "servercert"),
    ("resolve", "resolve"),
    ("useragent", "useragent"),
    ("reported_os", "os"),
    ("mtu", "mtu"),
    ("proxy", "proxy"),
];

/// Keys that are looked at elsewhere, or say nothing about the connection.
const KNOWN: &[&str] = &[
    "service-type",
    "protocol",
    "gateway",
    "usergroup",
    "authtype",
    "autoconnect-flags",
    "certsigs",
    "disable_udp",
    "enable_csd_trojan",
    "csd_wrapper",
    "lasthost",
    "pem_passphrase_fsid",
    "prevent_invalid_cert",
    "save_passwords",
    "xmlconfig",
    "mcacert",
    "mcakey",
];

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTION: &str = r"
[connection]
id=work
type=vpn

[vpn]
authtype=password
cacert=/etc/ssl/gw.pem
cookie-flags=2
csd_wrapper=/usr/bin/tncc
disable_udp=yes
enable_csd_trojan=no
form:frmLogin:username=joe
form:frmLogin:password=hunter2
gateway=vpn.example.com
usergroup=admins
protocol=nc
# mtu=9
reported_os=win
stoken_source=totp
odd=x\sy
service-type=org.freedesktop.NetworkManager.openconnect

[vpn-secrets]
cookie=DSID=hunter2

[ipv4]
dns=10.0.0.1;10.0.0.2;
dns-search=corp.example;~intra.example;
method=auto
never-default=true
route1=10.0.0.0/8,0.0.0.0,50
route1_options=mtu=1000
";

    #[test]
    fn what_has_a_meaning_here_is_taken_over_and_secrets_are_not() {
        let imported = import(CONNECTION).expect("understood");
        let settings: Vec<String> = imported
            .settings
            .iter()
            .map(|(option, value)| match value {
                Some(value) => format!("{option}={value}"),
                None => option.clone(),
            })
            .collect();
        let expected = [
            "server=https://vpn.example.com/admins",
            "cafile=/etc/ssl/gw.pem",
            "no-esp",
            "form-entry=frmLogin:username=joe",
            "os=win",
            "token-mode=totp",
            "dns-server=10.0.0.1",
            "dns-server=10.0.0.2",
            "dns-domain=corp.example",
            "dns-domain=~intra.example",
            "no-default-route",
            "route=10.0.0.0/8",
        ];
        assert_eq!(settings, expected);
        let remarks = imported.remarks.join("\n");
        assert!(remarks.contains("odd: not taken over"), "{remarks}");
        assert!(remarks.contains("form-entry: a secret"), "{remarks}");
        assert!(remarks.contains("cookie: a secret"), "{remarks}");
        assert!(!remarks.contains("hunter2"), "{remarks}");
    }

    #[test]
    fn other_connections_are_refused() {
        for (from, to) in [
            ("protocol=nc", "protocol=anyconnect"),
            ("protocol=nc", ""),
            ("protocol=nc", "protocol=pulse"),
            ("NetworkManager.openconnect", "NetworkManager.openvpn"),
            ("gateway=vpn.example.com", ""),
        ] {
            let error = import(&CONNECTION.replace(from, to)).expect_err(to);
            assert_eq!(error.status, ExitStatus::BadData);
        }
        import("").expect_err("nothing");
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescaped(r"\sa\tb\\c\;d\"), " a\tb\\c;d\\");
    }
}
