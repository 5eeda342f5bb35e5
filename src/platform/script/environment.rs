//! The configuration as environment variables (`networkmanager.md §11`, `juniper-nc.md §18.2`).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::config::{NetworkConfig, means_default_route};
use crate::platform::Interface;
use crate::platform::linux::process;

/// Variables that every call has, beside `reason`.
pub(super) fn base(log_level: u8) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("VPNPID".to_owned(), process::run_id().to_string()),
        ("LOG_LEVEL".to_owned(), log_level.min(3).to_string()),
    ])
}

/// The configuration as the script reads it (`networkmanager.md §11`). What has no value is not there.
pub(super) fn variables(interface: &Interface, config: &NetworkConfig) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| {
        if !value.is_empty() {
            all.insert(name.to_owned(), value);
        }
    };
    let (search, routing) = clean_domains(&config.domains);
    set("VPNGATEWAY", interface.gateway.to_string());
    set("TUNDEV", interface.name.clone());
    set("INTERNAL_IP4_ADDRESS", config.address.to_string());
    set("INTERNAL_IP4_MTU", interface.mtu.to_string());
    if let Some(net) = config
        .prefix_len
        .and_then(|len| Ipv4Net::new(config.address, len).ok())
    {
        set("INTERNAL_IP4_NETMASK", net.netmask().to_string());
        set("INTERNAL_IP4_NETMASKLEN", net.prefix_len().to_string());
        set("INTERNAL_IP4_NETADDR", net.network().to_string());
    }
    set("INTERNAL_IP4_DNS", first_three(&config.dns));
    set("INTERNAL_IP4_NBNS", first_three(&config.wins));
    set("CISCO_DEF_DOMAIN", search.join(" "));
    set("CISCO_SPLIT_DNS", split_domains(config, &search, &routing));
    set("CISCO_CSTP_OPTIONS", option_lines(config, &search));
    for (prefix, nets) in [
        ("CISCO_SPLIT_INC", &include(config)),
        ("CISCO_SPLIT_EXC", &config.exclude),
    ] {
        if !nets.is_empty() {
            set(prefix, nets.len().to_string());
        }
        for (index, net) in nets.iter().enumerate() {
            set(&format!("{prefix}_{index}_ADDR"), net.network().to_string());
            set(&format!("{prefix}_{index}_MASK"), net.netmask().to_string());
            set(&format!("{prefix}_{index}_MASKLEN"), net.prefix_len().to_string());
        }
    }
    all
}

/// Takes out the variables that are longer than a process may be given, and names them.
pub(super) fn take_oversized(environment: &mut BTreeMap<String, String>) -> Vec<String> {
    let oversized =
        |(name, value): (&String, &String)| (name.len() + value.len() > VARIABLE_LIMIT).then(|| name.clone());
    let names: Vec<String> = environment.iter().filter_map(oversized).collect();
    for name in &names {
        environment.remove(name);
    }
    names
}

/// Octets of one variable. The kernel refuses to start a program with a string over 128 KiB (MAX_ARG_STRLEN).
const VARIABLE_LIMIT: usize = 120 * 1024;

/// The list for `CISCO_CSTP_OPTIONS`, one `key=value` a line, nothing left out (`juniper-nc.md §18.2`).
fn option_lines(config: &NetworkConfig, domains: &[&str]) -> String {
    let mut lines = vec![
        format!("ipaddr={}", config.address),
        format!("netmask={}", config.netmask),
    ];
    lines.extend(config.dns.iter().map(|server| format!("DNS={server}")));
    if !domains.is_empty() {
        lines.push(format!("search={}", domains.join(",")));
    }
    lines.extend(config.wins.iter().map(|server| format!("WINS={server}")));
    let nets = [
        ("split-include", &include(config)),
        ("split-exclude", &config.exclude),
    ];
    for (key, nets) in nets {
        let line = |net: &Ipv4Net| format!("{key}={}/{}", net.network(), net.netmask());
        lines.extend(nets.iter().map(line));
    }
    lines.join("\n")
}

/// The includes as scripts understand them: none stand for the default route, and beside others it is 0.0.0.0/0. When
/// nothing at all is to be routed, the own address stands in, which leads here anyway.
fn include(config: &NetworkConfig) -> Vec<Ipv4Net> {
    let mut include = config.include.clone();
    let means_default = means_default_route(&include);
    if config.default_route && !means_default {
        include.push(Ipv4Net::default());
    } else if !config.default_route && means_default {
        include.retain(|net| net.prefix_len() > 0);
        if include.is_empty() {
            include.push(config.address.into());
        }
    }
    include
}

/// Scripts take three servers and get no more (R67).
fn first_three(servers: &[Ipv4Addr]) -> String {
    let words: Vec<_> = servers.iter().take(3).map(Ipv4Addr::to_string).collect();
    words.join(" ")
}

/// The domains whose questions belong to the VPN's servers. Unset when all questions do, or when nobody has asked for
/// more than a list of search domains: scripts then decide as they always have.
fn split_domains(config: &NetworkConfig, search: &[&str], routing: &[&str]) -> String {
    if routing.is_empty() || routing.contains(&".") || config.default_route {
        return String::new();
    }
    [search, routing].concat().join(",")
}

/// Domains that a shell script can read without harm: those to search, and those with `~` in front, without it, which are
/// only for routing. A leading `-` would look like an option.
fn clean_domains(domains: &[String]) -> (Vec<&str>, Vec<&str>) {
    let is_clean = |domain: &str| {
        !domain.is_empty()
            && !domain.starts_with('-')
            && domain
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    let (mut search, mut routing) = (Vec::new(), Vec::new());
    for domain in domains {
        let (list, name) = match domain.strip_prefix('~') {
            Some(name) => (&mut routing, name),
            None => (&mut search, domain.as_str()),
        };
        if is_clean(name) {
            list.push(name);
        } else {
            tracing::warn!(?domain, "domain with odd characters is not given to the script");
        }
    }
    (search, routing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{config, nets};

    #[test]
    fn a_full_configuration_gives_exactly_these_variables() {
        let config = NetworkConfig {
            address: Ipv4Addr::new(10, 20, 1, 2),
            prefix_len: Some(16),
            netmask: Ipv4Addr::new(255, 255, 0, 0),
            mtu: 1400,
            dns: (1..=5).map(|last| Ipv4Addr::new(10, 20, 0, last)).collect(),
            domains: ["corp.example", "x$(reboot)", "-x", "lab_1.example", ""]
                .map(str::to_owned)
                .to_vec(),
            wins: vec![Ipv4Addr::new(10, 20, 0, 60)],
            default_route: false,
            include: nets(&["10.0.0.0/8", "192.168.7.9/24"]),
            exclude: nets(&["10.1.2.3/32"]),
        };
        let expected = [
            ("CISCO_CSTP_OPTIONS", ALL_OPTIONS),
            ("CISCO_DEF_DOMAIN", "corp.example lab_1.example"),
            ("CISCO_SPLIT_EXC", "1"),
            ("CISCO_SPLIT_EXC_0_ADDR", "10.1.2.3"),
            ("CISCO_SPLIT_EXC_0_MASK", "255.255.255.255"),
            ("CISCO_SPLIT_EXC_0_MASKLEN", "32"),
            ("CISCO_SPLIT_INC", "2"),
            ("CISCO_SPLIT_INC_0_ADDR", "10.0.0.0"),
            ("CISCO_SPLIT_INC_0_MASK", "255.0.0.0"),
            ("CISCO_SPLIT_INC_0_MASKLEN", "8"),
            ("CISCO_SPLIT_INC_1_ADDR", "192.168.7.0"),
            ("CISCO_SPLIT_INC_1_MASK", "255.255.255.0"),
            ("CISCO_SPLIT_INC_1_MASKLEN", "24"),
            ("INTERNAL_IP4_ADDRESS", "10.20.1.2"),
            ("INTERNAL_IP4_DNS", "10.20.0.1 10.20.0.2 10.20.0.3"),
            ("INTERNAL_IP4_MTU", "1390"),
            ("INTERNAL_IP4_NBNS", "10.20.0.60"),
            ("INTERNAL_IP4_NETADDR", "10.20.0.0"),
            ("INTERNAL_IP4_NETMASK", "255.255.0.0"),
            ("INTERNAL_IP4_NETMASKLEN", "16"),
            ("TUNDEV", "tun0"),
            ("VPNGATEWAY", "203.0.113.5"),
        ];
        let all = variables(&interface(), &config);
        assert_eq!(
            all.iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn domains_for_routing_are_no_search_domains() {
        for (include, domains, search, split) in [
            (
                &["10.0.0.0/8"][..],
                &["corp.example"][..],
                Some("corp.example"),
                None,
            ),
            (
                &["10.0.0.0/8"],
                &["corp.example", "~lab.example", "~x y"],
                Some("corp.example"),
                Some("corp.example,lab.example"),
            ),
            (&["10.0.0.0/8"], &["~lab.example"], None, Some("lab.example")),
            (&["10.0.0.0/8"], &["~."], None, None),
            (&[], &["~lab.example"], None, None),
        ] {
            let mut config = config(include, &[]);
            config.domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
            let all = variables(&interface(), &config);
            let value = |name: &str| all.get(name).map(String::as_str);
            assert_eq!(value("CISCO_DEF_DOMAIN"), search, "{domains:?}");
            assert_eq!(value("CISCO_SPLIT_DNS"), split, "{domains:?}");
            assert!(!all.values().any(|value| value.contains('~')));
        }
    }

    #[test]
    fn what_has_no_value_is_unset() {
        let config = NetworkConfig {
            address: Ipv4Addr::new(10, 20, 1, 2),
            prefix_len: None,
            netmask: Ipv4Addr::new(255, 0, 255, 0),
            mtu: 1400,
            dns: Vec::new(),
            domains: vec!["a b".to_owned()],
            wins: Vec::new(),
            default_route: true,
            include: Vec::new(),
            exclude: Vec::new(),
        };
        let all = variables(&interface(), &config);
        let expected = [
            ("CISCO_CSTP_OPTIONS", "ipaddr=10.20.1.2\nnetmask=255.0.255.0"),
            ("INTERNAL_IP4_ADDRESS", "10.20.1.2"),
            ("INTERNAL_IP4_MTU", "1390"),
            ("TUNDEV", "tun0"),
            ("VPNGATEWAY", "203.0.113.5"),
        ];
        assert_eq!(
            all.iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn the_default_route_is_told_in_the_way_scripts_know() {
        for (include, default_route, told) in [
            (&[][..], true, &[][..]),
            (&[], false, &["10.20.1.2/32"]),
            (&["10.0.0.0/8"], true, &["10.0.0.0/8", "0.0.0.0/0"]),
            (&["10.0.0.0/8"], false, &["10.0.0.0/8"]),
            (&["0.0.0.0/0", "10.0.0.0/8"], true, &["0.0.0.0/0", "10.0.0.0/8"]),
            (&["0.0.0.0/0", "10.0.0.0/8"], false, &["10.0.0.0/8"]),
        ] {
            let mut config = config(include, &[]);
            config.default_route = default_route;
            let all = variables(&interface(), &config);
            let count = all.get("CISCO_SPLIT_INC").map(|count| count.parse());
            assert_eq!(count, (!told.is_empty()).then_some(Ok(told.len())), "{config:?}");
            for (index, net) in nets(told).iter().enumerate() {
                let value = |name: &str| all[&format!("CISCO_SPLIT_INC_{index}_{name}")].clone();
                assert_eq!(value("ADDR"), net.addr().to_string(), "{config:?}");
                assert_eq!(value("MASKLEN"), net.prefix_len().to_string(), "{config:?}");
            }
        }
    }

    #[test]
    fn a_variable_too_long_for_the_kernel_is_left_out() {
        let mut config = config(&["10.0.0.0/8"], &[]);
        let mut small = variables(&interface(), &config);
        assert!(take_oversized(&mut small).is_empty());
        config.include = (0..5000)
            .map(|number| Ipv4Net::from(Ipv4Addr::from(0x0a00_0000 + number)))
            .collect();
        let mut large = variables(&interface(), &config);
        assert_eq!(take_oversized(&mut large), ["CISCO_CSTP_OPTIONS"]);
        assert_eq!(large["CISCO_SPLIT_INC"], "5000");
        assert!(!large.contains_key("CISCO_CSTP_OPTIONS"));
    }

    #[test]
    fn every_call_names_process_and_verbosity() {
        let all = base(7);
        assert_eq!(all["VPNPID"], std::process::id().to_string());
        assert_eq!(all["LOG_LEVEL"], "3");
        assert_eq!(all.len(), 2);
    }

    fn interface() -> Interface {
        Interface {
            name: "tun0".to_owned(),
            gateway: [203, 0, 113, 5].into(),
            mtu: 1390,
        }
    }

    const ALL_OPTIONS: &str = "ipaddr=10.20.1.2\nnetmask=255.255.0.0\nDNS=10.20.0.1\nDNS=10.20.0.2\n\
        DNS=10.20.0.3\nDNS=10.20.0.4\nDNS=10.20.0.5\nsearch=corp.example,lab_1.example\nWINS=10.20.0.60\n\
        split-include=10.0.0.0/255.0.0.0\nsplit-include=192.168.7.0/255.255.255.0\n\
        split-exclude=10.1.2.3/255.255.255.255";
}
