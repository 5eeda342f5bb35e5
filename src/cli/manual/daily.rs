//! Sections about life with a tunnel: names, routes, files, rights, other programs.

use super::Section;

/// Commands for a tunnel that runs.
pub const INSTANCES: Section = Section {
    heading: "Running tunnels",
    entries: &[
        (
            "names",
            "each tunnel has a name: --name, else that of its profile, else the host of the gateway. The commands below \
             need it only when several tunnels run",
        ),
        (
            "vpnc-cli connect -b …",
            "comes back when the tunnel is up and leaves it running, or ends with the status of the failure; what has to be \
             asked is asked before",
        ),
        (
            "vpnc-cli status [NAME]",
            "shows state, addresses, path, counters and the last error; --json for programs; --wait-for connected or down, \
             with --timeout SECONDS, for scripts. Ends with 0 when connected, 4 when the tunnel runs but is not, 3 when \
             there is none, 1 when its process has died",
        ),
        (
            "vpnc-cli events [NAME]",
            "one JSON object a line for each thing that happens, until the tunnel ends",
        ),
        (
            "vpnc-cli reconnect [NAME]",
            "drops the connection and makes a new one now",
        ),
        (
            "vpnc-cli disconnect [NAME]",
            "undoes the network set-up and logs out; --keep-login leaves the session valid; --all means every tunnel",
        ),
        (
            "vpnc-cli disconnect --repair",
            "takes back what runs that were killed have left: routes, addresses, name servers. The next connect does it, \
             too",
        ),
    ],
};

/// Routes.
pub const ROUTES: Section = Section {
    heading: "Routes",
    entries: &[
        (
            "the gateway's list",
            "is used unless --no-routes is given; --route and --exclude-route add to it, and where two say the same of \
             one prefix the user's counts. --default-route and --no-default-route decide about all the rest",
        ),
        (
            "the gateway itself",
            "stays outside the tunnel, by the path the machine has to it at the moment, also after the network changed",
        ),
        (
            "--fail-closed",
            "blocks the prefixes of the VPN while the tunnel is not up. They are known from the first connection on, and \
             stay blocked when the tunnel ends otherwise than on request, until the next connect or disconnect --repair",
        ),
        (
            "IPv6",
            "does not go into the tunnel. When that takes the default route, IPv6 is blocked, since it would pass by; \
             --no-ipv6-guard leaves it alone",
        ),
    ],
};

/// Ways to do without rights.
pub const WITHOUT_ROOT: Section = Section {
    heading: "Without root",
    entries: &[
        (
            "--socks [ADDR:]PORT",
            "needs none: programs that know SOCKS5 reach the VPN through it, for example \
             curl --socks5-hostname 127.0.0.1:1080 http://wiki/. Names are asked inside",
        ),
        (
            "--netns NAME",
            "only programs started in that network namespace use the VPN: ip netns exec NAME …",
        ),
        (
            "--script-tun",
            "the command of -s gets packets on a socket instead of a device",
        ),
        (
            "a device made in advance",
            "ip tuntap add dev vpn0 mode tun user joe; then vpnc-cli connect -i vpn0 --network none, as joe",
        ),
    ],
};

/// The tunnel as a service.
pub const SYSTEMD: Section = Section {
    heading: "Systemd",
    entries: &[
        (
            "vpnc-cli@.service",
            "a template for profiles: systemctl enable --now vpnc-cli@work. It is ready when addresses, routes and name \
             servers are in place, and systemctl status shows path and address",
        ),
        (
            "secrets",
            "LoadCredential=vpnc.password:/etc/vpn.password, likewise vpnc.cookie and vpnc.token-secret",
        ),
        (
            "coming back",
            "Restart=on-failure with RestartPreventExitStatus=2 3 4 5 6 8 64 65 66 77 78: what a second try cannot mend",
        ),
    ],
};

/// What happens when the network changes.
pub const CHANGES: Section = Section {
    heading: "Changes of the network",
    entries: &[
        (
            "another network",
            "a new address or default route, a link that comes back and the end of a suspend are noticed at once: ESP goes on \
             from the new address, and the connection is made anew with the same session. Programs keep their connections",
        ),
        (
            "the gateway refuses",
            "most gateways bind a session to the address it was made from: then the program ends with status 2, or signs in \
             again with --relogin",
        ),
        (
            "--relogin",
            "signs in again with what the options give: passwords, and a fresh one-time code each time; at most a few times \
             when sessions do not last",
        ),
        (
            "another inner address",
            "ends the tunnel with status 2, unless --reconfigure or --relogin is given",
        ),
    ],
};
