//! The state of a tunnel for people.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde_json::Value;

use crate::error::Clean;

/// A few lines, the first of which says it all. What is not known is left out.
pub(super) fn status(object: &Value) -> String {
    let mut text = headline(object);
    let rows = [
        ("gateway", gateway(object)),
        ("interface", interface(object)),
        ("path", path(object)),
        ("channel", channel(object)),
        ("traffic", traffic(object)),
        ("names", names(object)),
        ("routes", routes(object, "routes")),
        ("outside", routes(object, "excluded")),
        ("session", session(object)),
        (
            "host check",
            time(&object["host_check"]["next_at"]).map(|time| format!("next at {time}")),
        ),
        ("reconnects", reconnects(object)),
        ("last error", plain(&object["last_error"])),
    ];
    for (label, value) in rows {
        if let Some(value) = value {
            text += &format!("  {label:<LABEL$}  {}\n", Clean(&value));
        }
    }
    text
}

fn headline(object: &Value) -> String {
    let name = plain(&object["name"]).unwrap_or_else(|| "no tunnel".to_owned());
    let state = match object["state"].as_str() {
        Some("stopped") => "not running".to_owned(),
        Some("login") => "signing in".to_owned(),
        Some(state) => state.to_owned(),
        None => "unknown".to_owned(),
    };
    let since = time(&object["since"]).map(|time| format!(" since {time}"));
    let line = format!("{name}: {state}{}", since.unwrap_or_default());
    format!("{}\n", Clean(&line))
}

fn gateway(object: &Value) -> Option<String> {
    let server = &object["server"];
    let url = plain(&server["url"])?;
    Some(match plain(&server["address"]) {
        Some(address) => format!("{url} ({address})"),
        None => url,
    })
}

fn interface(object: &Value) -> Option<String> {
    let mut parts = vec![plain(&object["interface"])?];
    parts.extend(texts(&object["ipv4"]));
    parts.extend(texts(&object["ipv6"]));
    parts.extend(object["mtu"].as_u64().map(|mtu| format!("MTU {mtu}")));
    Some(parts.join(", "))
}

fn path(object: &Value) -> Option<String> {
    let transport = &object["transport"];
    let active = transport["active"].as_str()?;
    let esp = &transport["esp"];
    let mut text = active.to_uppercase();
    if active == "esp"
        && let (Some(cipher), Some(mac)) = (esp["cipher"].as_str(), esp["mac"].as_str())
    {
        text += &format!(", {cipher} with {mac}");
    }
    if let Some(reason) = plain(&transport["reason"]) {
        text += &format!(" ({reason})");
    }
    Some(text)
}

fn channel(object: &Value) -> Option<String> {
    let tls = &object["transport"]["tls"];
    let version = tls["version"].as_str()?;
    let suite = plain(&tls["suite"]).map(|suite| format!(", {suite}"));
    Some(format!("TLS {version}{}", suite.unwrap_or_default()))
}

fn traffic(object: &Value) -> Option<String> {
    let traffic = &object["traffic"];
    let received = traffic["rx_bytes"].as_u64()?;
    let sent = traffic["tx_bytes"].as_u64()?;
    object["interface"].as_str()?;
    Some(format!("{} received, {} sent", size(received), size(sent)))
}

fn names(object: &Value) -> Option<String> {
    let servers = texts(&object["dns"]);
    let domains = texts(&object["domains"]);
    match (servers.is_empty(), domains.is_empty()) {
        (true, true) => None,
        (false, true) => Some(servers.join(", ")),
        (true, false) => Some(format!("domains {}", shortened(&domains))),
        (false, false) => Some(format!("{} for {}", servers.join(", "), shortened(&domains))),
    }
}

fn routes(object: &Value, list: &str) -> Option<String> {
    let prefixes = texts(&object[list]);
    (!prefixes.is_empty()).then(|| shortened(&prefixes))
}

fn session(object: &Value) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(plain(&object["user"]));
    parts.extend(plain(&object["realm"]).map(|realm| format!("realm {realm}")));
    parts.extend(plain(&object["role"]).map(|role| format!("role {role}")));
    let login = &object["login"];
    parts.extend(time(&login["expires_at"]).map(|time| format!("ends at {time}")));
    let idle = login["idle_timeout_s"].as_u64();
    parts.extend(idle.map(|seconds| format!("or after {} min without traffic", seconds / 60)));
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn reconnects(object: &Value) -> Option<String> {
    let count = object["reconnects"].as_u64()?;
    (count > 0).then(|| count.to_string())
}

fn plain(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(plain).collect()
}

fn shortened(items: &[String]) -> String {
    let shown = items.iter().take(SHOWN).map(String::as_str);
    let shown = shown.collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// In the time zone of the reader.
fn time(value: &Value) -> Option<String> {
    let time: Timestamp = value.as_str()?.parse().ok()?;
    let time = time.round(Unit::Second).ok()?;
    let zoned = time.to_zoned(TimeZone::system());
    Some(zoned.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Octets in units people read.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn size(octets: u64) -> String {
    if octets < 1024 {
        return format!("{octets} B");
    }
    let mut amount = octets as f64 / 1024.0;
    let mut units = ["KiB", "MiB", "GiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        // 1023.95 would be shown as 1024.0
        if amount < 1023.95 {
            break;
        }
        amount /= 1024.0;
        unit = next;
    }
    format!("{amount:.1} {unit}")
}

/// Prefixes and domains shown of a long list.
const SHOWN: usize = 6;

/// Columns of the labels.
const LABEL: usize = 10;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_are_short() {
        for (octets, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_570, "1.0 MiB"),
            (1536 * 1024, "1.5 MiB"),
            (5 << 40, "5120.0 GiB"),
        ] {
            assert_eq!(size(octets), text);
        }
    }

    #[test]
    fn a_connected_tunnel_is_told_in_a_few_lines() {
        let routes: Vec<String> = (0..9).map(|number| format!("10.{number}.0.0/16")).collect();
        let object = json!({
            "name": "work", "state": "connected", "since": "2026-01-31T12:00:00Z",
            "server": {"url": "https://vpn.example.com/", "address": "192.0.2.10"},
            "user": "joe", "realm": "Staff", "interface": "tun0", "mtu": 1400, "ipv4": ["172.16.5.7/32"],
            "dns": ["172.16.0.53"], "domains": ["corp.example", "~intra.example"], "routes": routes,
            "transport": {"active": "esp", "esp": {"cipher": "aes-256-cbc", "mac": "sha1"},
                "tls": {"version": "1.3", "suite": "X"}, "reason": "probe answered"},
            "traffic": {"rx_bytes": 2048, "tx_bytes": 1},
            "reconnects": 2, "last_error": "bad\u{1b}[2J",
        });
        let text = status(&object);
        assert!(text.starts_with("work: connected since 2026-"), "{text}");
        for line in [
            "  gateway     https://vpn.example.com/ (192.0.2.10)\n",
            "  interface   tun0, 172.16.5.7/32, MTU 1400\n",
            "  path        ESP, aes-256-cbc with sha1 (probe answered)\n",
            "  channel     TLS 1.3, X\n",
            "  traffic     2.0 KiB received, 1 B sent\n",
            "  names       172.16.0.53 for corp.example, ~intra.example\n",
            "10.5.0.0/16 and 3 more\n",
            "  session     joe, realm Staff\n",
            "  reconnects  2\n",
            "  last error  bad?[2J\n",
        ] {
            assert!(text.contains(line), "no {line:?} in\n{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let object = json!({"schema": 1, "name": null, "state": "stopped"});
        assert_eq!(status(&object), "no tunnel: not running\n");
        assert_eq!(status(&json!(["rubbish"])), "no tunnel: unknown\n");
    }
}
