//! Which proxy to use: the option, else the environment.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use super::args::ReachArgs;
use super::environment::Environment;
use crate::error::Error;
use crate::exit::ExitStatus;

/// The proxy on the way to `host`, if any.
pub fn choose(
    args: &ReachArgs,
    environment: &Environment,
    host: &str,
    port: u16,
) -> Result<Option<Url>, Error> {
    if args.no_proxy {
        return Ok(None);
    }
    if let Some(text) = &args.proxy {
        return parse(text, "--proxy").map(Some);
    }
    let set = VARIABLES
        .iter()
        .find_map(|name| Some((*name, environment.text(name)?)));
    let Some((name, text)) = set else {
        return Ok(None);
    };
    let exceptions = environment
        .text("no_proxy")
        .or_else(|| environment.text("NO_PROXY"));
    if exceptions.is_some_and(|list| is_excepted(list, host, port)) {
        tracing::debug!(host, "no_proxy names the gateway, going directly");
        return Ok(None);
    }
    parse(text, name).map(Some)
}

/// The text is never repeated in an error: it may hold a password.
fn parse(text: &str, source: &str) -> Result<Url, Error> {
    let wrong = |why: &str| {
        Error::new(ExitStatus::Usage, format!("{why} in {source}"))
            .hint("http://HOST:PORT, socks5://HOST:PORT or socks5h://HOST:PORT; or --no-proxy")
    };
    let text = match text.contains("://") {
        true => text.to_owned(),
        false => format!("http://{text}"),
    };
    let url = Url::parse(&text).map_err(|_| wrong("unreadable proxy URL"))?;
    match url.scheme() {
        "http" | "socks5" | "socks5h" => {}
        "https" => return Err(wrong("TLS to a proxy is not supported, as asked for")),
        _ => return Err(wrong("unknown kind of proxy")),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("no host"));
    }
    Ok(url)
}

/// The usual rules: `*`, a host, a domain with all below it, an address or a prefix; each perhaps with a port.
fn is_excepted(list: &str, host: &str, port: u16) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    list.split([',', ' '])
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            let (name, entry_port) = split_port(entry);
            let port_fits = entry_port.is_none_or(|entry_port| entry_port == port);
            port_fits
                && (name == "*"
                    || address.map_or_else(|| is_below(host, name), |address| covers(name, address)))
        })
}

fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    let domain = domain
        .trim_start_matches("*.")
        .trim_start_matches('.')
        .to_ascii_lowercase();
    let Some(rest) = host.strip_suffix(&domain) else {
        return false;
    };
    !domain.is_empty() && (rest.is_empty() || rest.ends_with('.'))
}

fn covers(entry: &str, address: IpAddr) -> bool {
    let entry = entry.trim_start_matches('[').trim_end_matches(']');
    entry.parse::<IpAddr>() == Ok(address) || entry.parse::<IpNet>().is_ok_and(|net| net.contains(&address))
}

/// In this order; the first that is set counts.
const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(args: &ReachArgs, variables: &[(&str, &str)]) -> Result<Option<String>, Error> {
        let environment = Environment::from_lookup(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.into())
        });
        let url = choose(args, &environment, "vpn.example.com", 443)?;
        Ok(url.map(String::from))
    }

    #[test]
    fn the_option_beats_the_environment() {
        let environment = [("https_proxy", "http://env:3128")];
        let mut args = ReachArgs::default();
        assert_eq!(
            chosen(&args, &environment),
            Ok(Some("http://env:3128/".to_owned()))
        );
        args.proxy = Some("option:3128".to_owned());
        assert_eq!(
            chosen(&args, &environment),
            Ok(Some("http://option:3128/".to_owned()))
        );
        args.no_proxy = true;
        assert_eq!(chosen(&args, &environment), Ok(None));
    }

    #[test]
    fn variables_count_in_their_order() {
        let args = ReachArgs::default();
        let both = [
            ("ALL_PROXY", "socks5h://all:1080"),
            ("HTTPS_PROXY", "http://https:1"),
        ];
        assert_eq!(chosen(&args, &both), Ok(Some("http://https:1/".to_owned())));
        assert_eq!(
            chosen(&args, &both[..1]),
            Ok(Some("socks5h://all:1080".to_owned()))
        );
        assert_eq!(chosen(&args, &[("http_proxy", "http://x")]), Ok(None));
    }

    #[test]
    fn unusable_proxies_are_refused_without_repeating_them() {
        for text in [
            "https://p:1",
            "ftp://p",
            "http://",
            "http://joe:hunter2@",
            "http://p:99999",
        ] {
            let args = ReachArgs {
                proxy: Some(text.to_owned()),
                ..ReachArgs::default()
            };
            let error = chosen(&args, &[]).expect_err(text);
            assert_eq!(error.status, ExitStatus::Usage);
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn no_proxy_knows_hosts_domains_and_prefixes() {
        let table = [
            ("*", "gw", true),
            ("gw", "gw", true),
            ("example.com", "vpn.example.com", true),
            (".example.com", "vpn.example.com", true),
            ("*.example.com", "vpn.example.com", true),
            ("ample.com", "vpn.example.com", false),
            ("vpn.example.com:443", "vpn.example.com", true),
            ("vpn.example.com:8443", "vpn.example.com", false),
            ("a, VPN.example.com", "vpn.example.com", true),
            ("192.0.2.0/24", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.3.0/24", "192.0.2.7", false),
            ("2001:db8::/32", "2001:db8::1", true),
            ("[2001:db8::1]:443", "2001:db8::1", true),
            ("", "gw", false),
            (",", "gw", false),
            (".", "gw", false),
        ];
        for (list, host, excepted) in table {
            assert_eq!(is_excepted(list, host, 443), excepted, "{list} {host}");
        }
    }
}
