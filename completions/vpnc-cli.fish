# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_vpnc_cli_global_optspecs
    string join \n v/verbose q/quiet timestamp dump-http-traffic dump-secrets color= l/syslog json log-file= config= profile= h/help V/version
end

function __fish_vpnc_cli_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_vpnc_cli_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_vpnc_cli_using_subcommand
    set -l cmd (__fish_vpnc_cli_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "connect" -d 'Run the tunnel to a gateway until it is ended'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "up" -d 'Run the tunnel to a gateway until it is ended'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "auth" -d 'Sign in and print the session cookie and what else a later connect needs'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "authenticate" -d 'Sign in and print the session cookie and what else a later connect needs'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "login" -d 'Sign in and print the session cookie and what else a later connect needs'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "probe" -d 'Show what a gateway is and wants, without an account'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "info" -d 'Show what a gateway is and wants, without an account'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "status" -d 'Show how a running tunnel stands'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "events" -d 'Show what happens to a running tunnel, as JSON lines, until it ends or you press Ctrl-C'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "disconnect" -d 'End a running tunnel'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "down" -d 'End a running tunnel'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "reconnect" -d 'Drop the connection of a running tunnel and make a new one, now'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "logout" -d 'End a session on the gateway, given its cookie'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "bug-report" -d 'Write down what a maintainer needs to know, without secrets and names'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "profile" -d 'Show and make profiles: named files of settings'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "completions" -d 'Write a completion script for a shell to standard output'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "man" -d 'Write the manual pages, for packagers'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s u -l user -d 'Name of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l passwd-file -d 'Read passwords from a file, one in a line as with --passwd-on-stdin' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l passwd-command -d 'Take the password from the first line a command prints, for example \'pass show vpn\'' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l realm -d 'Realm of the account, of those the sign-in page lists' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l role -d 'Role to take, when the gateway lets you choose' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l authgroup -d 'Realm, and role too, where --realm and --role say nothing' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s g -l usergroup -d 'Page to sign in at, when the URL has no path' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s F -l form-entry -d 'Answer a field of a form; FORM is its name or id, or * for any (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l external-browser -d 'Where a sign-in that needs a browser goes on: a program started with the URL, or `print`' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l token-mode -d 'Generate one-time codes: totp or hotp [default: by the secret]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l token-secret -d 'Secret of the generator: base32:TEXT, 0xHEX, otpauth://…, TEXT[,COUNTER], @FILE, fd:N or cmd:COMMAND' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s p -l key-password -d 'Passphrase of the private key: TEXT, @FILE, fd:N or cmd:COMMAND; not the password of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s e -l cert-expire-warning -d 'Warn when the client certificate expires within this time; 0: never' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s C -l cookie -d 'The session cookie itself: `DSID=…`, or the value of DSID alone' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cookie-file -d 'Read the session cookie from a file, first line' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cookie-fd -d 'Read the session cookie from an open file descriptor, first line' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l hostcheck -d 'What to answer when the gateway asks about this machine [default: report]' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l hostcheck-useragent -d 'User-Agent of the host checker\'s requests, where the gateway answers 404 to the usual one' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l hostcheck-certificate -d 'Certificate with key, PEM, that identifies this machine to the host checker (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l force-trojan -l hostcheck-interval -d 'Seconds between the checks while the tunnel is up, instead of the gateway\'s' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l csd-wrapper -d 'Leave host checks to this program instead (a TNCC wrapper)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l csd-user -d 'User to run that program as; needed when you are root' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l device-id -d 'Identifier of this machine for the host checker, 32 hexadecimal digits [default: none is told]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s c -l certificate -d 'Client certificate: PEM, with its key or without, or PKCS#12' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l bind-interface -d 'Bind the sockets to the gateway to this interface' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l fwmark -d 'Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l reconnect-timeout -d 'Seconds to keep trying after the connection was lost; 0 gives up at once' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l session-limit -d 'Warn 10 minutes, 5 and 1 before a session is so old; gateways end them after 60 if nothing else is set' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l idle-limit -d 'Warn 2 minutes before so much time without traffic; gateways end such sessions after 10 if nothing else is set' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l esp-local-port -l dtls-local-port -d 'Local UDP port for ESP instead of any' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l force-dpd -d 'Seconds without an answer over ESP after which TLS is used, instead of the gateway\'s (at least 2)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s i -l interface -d 'Name of the tunnel interface; may be an existing one that belongs to you' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s m -l mtu -d 'Largest packet inside the tunnel, if below the gateway\'s (at least 576)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l network -d 'Who sets up addresses, routes and name servers [default: builtin, or script with -s]' -r -f -a "builtin\t'This program itself'
script\t'A vpnc-script: the command of -s, or the one installed in the usual place'
none\t'Nobody: the interface stays as it is'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s s -l script -d 'Set up the network with this command (a vpnc-script), run by /bin/sh' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l dns -d 'How the built-in set-up tells this machine the name servers' -r -f -a "auto\t'The first of those below that is there'
resolved\t'systemd-resolved, over D-Bus'
resolvconf\t'The program resolvconf'
file\t'/etc/resolv.conf itself'
none\t'Nobody'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l dns-domain -d 'Ask the VPN\'s name servers for this domain, instead of the gateway\'s list; ~DOMAIN is no search domain (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l dns-server -d 'Name server inside the VPN, instead of the gateway\'s (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l route -d 'Route this prefix into the tunnel, beside the gateway\'s list (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l exclude-route -d 'Keep this prefix outside the tunnel, beside the gateway\'s list (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l route-metric -d 'Metric of the routes into the tunnel (at least 10)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l name -d 'Name of this tunnel among others on the machine [default: the profile, else the host]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l pid-file -d 'Write the process number to this file; it is removed at the end' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s U -l setuid -d 'Run as this user once the device is open; a second process keeps the rights for undoing' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l on-up -d 'Run this command when the tunnel is up, with the environment of a vpnc-script' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l on-down -d 'Run this command before the tunnel is taken down' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l on-reconnect -d 'Run this command after each reconnect, as --on-up' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l socks -d 'No device: be a SOCKS5 proxy into the VPN, on this port (of 127.0.0.1 unless ADDR is given)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l netns -d 'Put the device into this network namespace: a name of `ip netns`, or a path' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l useragent -d 'User-Agent of every request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l local-hostname -d 'Host name told to the gateway [default: the name of this machine]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l os -d 'Accepted so that scripts for other clients work: this kind of gateway goes by --useragent' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l version-string -d 'Accepted so that scripts for other clients work: no version is told to this kind of gateway' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l http-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l proxy-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l dtls-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l dtls12-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l gnutls-priority -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l openssl-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l gnutls-debug -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s x -l xmlconfig -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l mca-certificate -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l mca-key -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l mca-key-password -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l compression -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s Q -l queue-len -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l base-mtu -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l passwd-on-stdin -d 'Read passwords from standard input: line 1 for the first password field, line 2 for the second'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-passwd -d 'Fail instead of filling a password field'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l accept-banner -d 'Go on past notices of the gateway without asking'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-takeover -d 'Do not end another session of the same user; give up when the gateway wants that'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l non-inter -l non-interactive -d 'Never ask anything: exit with status 4 and name what is missing'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l authenticate -d 'Sign in only and print what a later connect needs; the same as the command auth'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cookieonly -d 'Sign in only and print the session cookie alone'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l printcookie -d 'Print the session cookie after signing in, and go on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cookie-on-stdin -d 'Read the session cookie from standard input, first line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-esp -l no-dtls -l no-udp -d 'All packets over TLS, no ESP over UDP'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l passtos -d 'Datagrams of the tunnel take over the type of service of the packets inside'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l ignore-dns -d 'Leave out the gateway\'s name servers and domains'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-routes -d 'Leave out the gateway\'s routes'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l default-route -d 'Send everything into the tunnel, whatever the gateway says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-default-route -d 'Never send everything into the tunnel, whatever the gateway says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l fail-closed -d 'Block the VPN\'s prefixes while the tunnel is not up, instead of sending their packets elsewhere'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-ipv6-guard -d 'Leave IPv6 alone even when the tunnel takes the default route; otherwise it is blocked, since it would pass by'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l reconfigure -d 'Go on when the gateway hands out another inner address after a reconnect, instead of ending with status 2'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s b -l background -d 'Come back when the tunnel is up and leave it running; a failure before that is ours'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-logout -d 'Leave the session valid on the gateway at the end'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l relogin -d 'Sign in again by itself when the session has ended, with what the options give'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s S -l script-tun -d 'No device: exchange packets with the command of -s over a socket'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-xmlpost
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-http-keepalive
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l libproxy
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l key-password-from-fsid
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l disable-ipv6
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s d -l deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s D -l no-deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s u -l user -d 'Name of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l passwd-file -d 'Read passwords from a file, one in a line as with --passwd-on-stdin' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l passwd-command -d 'Take the password from the first line a command prints, for example \'pass show vpn\'' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l realm -d 'Realm of the account, of those the sign-in page lists' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l role -d 'Role to take, when the gateway lets you choose' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l authgroup -d 'Realm, and role too, where --realm and --role say nothing' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s g -l usergroup -d 'Page to sign in at, when the URL has no path' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s F -l form-entry -d 'Answer a field of a form; FORM is its name or id, or * for any (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l external-browser -d 'Where a sign-in that needs a browser goes on: a program started with the URL, or `print`' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l token-mode -d 'Generate one-time codes: totp or hotp [default: by the secret]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l token-secret -d 'Secret of the generator: base32:TEXT, 0xHEX, otpauth://…, TEXT[,COUNTER], @FILE, fd:N or cmd:COMMAND' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s p -l key-password -d 'Passphrase of the private key: TEXT, @FILE, fd:N or cmd:COMMAND; not the password of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s e -l cert-expire-warning -d 'Warn when the client certificate expires within this time; 0: never' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s C -l cookie -d 'The session cookie itself: `DSID=…`, or the value of DSID alone' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cookie-file -d 'Read the session cookie from a file, first line' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cookie-fd -d 'Read the session cookie from an open file descriptor, first line' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l hostcheck -d 'What to answer when the gateway asks about this machine [default: report]' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l hostcheck-useragent -d 'User-Agent of the host checker\'s requests, where the gateway answers 404 to the usual one' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l hostcheck-certificate -d 'Certificate with key, PEM, that identifies this machine to the host checker (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l force-trojan -l hostcheck-interval -d 'Seconds between the checks while the tunnel is up, instead of the gateway\'s' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l csd-wrapper -d 'Leave host checks to this program instead (a TNCC wrapper)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l csd-user -d 'User to run that program as; needed when you are root' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l device-id -d 'Identifier of this machine for the host checker, 32 hexadecimal digits [default: none is told]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s c -l certificate -d 'Client certificate: PEM, with its key or without, or PKCS#12' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l bind-interface -d 'Bind the sockets to the gateway to this interface' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l fwmark -d 'Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l reconnect-timeout -d 'Seconds to keep trying after the connection was lost; 0 gives up at once' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l session-limit -d 'Warn 10 minutes, 5 and 1 before a session is so old; gateways end them after 60 if nothing else is set' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l idle-limit -d 'Warn 2 minutes before so much time without traffic; gateways end such sessions after 10 if nothing else is set' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l esp-local-port -l dtls-local-port -d 'Local UDP port for ESP instead of any' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l force-dpd -d 'Seconds without an answer over ESP after which TLS is used, instead of the gateway\'s (at least 2)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s i -l interface -d 'Name of the tunnel interface; may be an existing one that belongs to you' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s m -l mtu -d 'Largest packet inside the tunnel, if below the gateway\'s (at least 576)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l network -d 'Who sets up addresses, routes and name servers [default: builtin, or script with -s]' -r -f -a "builtin\t'This program itself'
script\t'A vpnc-script: the command of -s, or the one installed in the usual place'
none\t'Nobody: the interface stays as it is'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s s -l script -d 'Set up the network with this command (a vpnc-script), run by /bin/sh' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l dns -d 'How the built-in set-up tells this machine the name servers' -r -f -a "auto\t'The first of those below that is there'
resolved\t'systemd-resolved, over D-Bus'
resolvconf\t'The program resolvconf'
file\t'/etc/resolv.conf itself'
none\t'Nobody'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l dns-domain -d 'Ask the VPN\'s name servers for this domain, instead of the gateway\'s list; ~DOMAIN is no search domain (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l dns-server -d 'Name server inside the VPN, instead of the gateway\'s (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l route -d 'Route this prefix into the tunnel, beside the gateway\'s list (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l exclude-route -d 'Keep this prefix outside the tunnel, beside the gateway\'s list (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l route-metric -d 'Metric of the routes into the tunnel (at least 10)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l name -d 'Name of this tunnel among others on the machine [default: the profile, else the host]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l pid-file -d 'Write the process number to this file; it is removed at the end' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s U -l setuid -d 'Run as this user once the device is open; a second process keeps the rights for undoing' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l on-up -d 'Run this command when the tunnel is up, with the environment of a vpnc-script' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l on-down -d 'Run this command before the tunnel is taken down' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l on-reconnect -d 'Run this command after each reconnect, as --on-up' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l socks -d 'No device: be a SOCKS5 proxy into the VPN, on this port (of 127.0.0.1 unless ADDR is given)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l netns -d 'Put the device into this network namespace: a name of `ip netns`, or a path' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l useragent -d 'User-Agent of every request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l local-hostname -d 'Host name told to the gateway [default: the name of this machine]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l os -d 'Accepted so that scripts for other clients work: this kind of gateway goes by --useragent' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l version-string -d 'Accepted so that scripts for other clients work: no version is told to this kind of gateway' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l http-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l proxy-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l dtls-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l dtls12-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l gnutls-priority -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l openssl-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l gnutls-debug -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s x -l xmlconfig -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l mca-certificate -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l mca-key -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l mca-key-password -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l compression -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s Q -l queue-len -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l base-mtu -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l passwd-on-stdin -d 'Read passwords from standard input: line 1 for the first password field, line 2 for the second'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-passwd -d 'Fail instead of filling a password field'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l accept-banner -d 'Go on past notices of the gateway without asking'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-takeover -d 'Do not end another session of the same user; give up when the gateway wants that'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l non-inter -l non-interactive -d 'Never ask anything: exit with status 4 and name what is missing'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l authenticate -d 'Sign in only and print what a later connect needs; the same as the command auth'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cookieonly -d 'Sign in only and print the session cookie alone'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l printcookie -d 'Print the session cookie after signing in, and go on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cookie-on-stdin -d 'Read the session cookie from standard input, first line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-esp -l no-dtls -l no-udp -d 'All packets over TLS, no ESP over UDP'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l passtos -d 'Datagrams of the tunnel take over the type of service of the packets inside'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l ignore-dns -d 'Leave out the gateway\'s name servers and domains'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-routes -d 'Leave out the gateway\'s routes'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l default-route -d 'Send everything into the tunnel, whatever the gateway says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-default-route -d 'Never send everything into the tunnel, whatever the gateway says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l fail-closed -d 'Block the VPN\'s prefixes while the tunnel is not up, instead of sending their packets elsewhere'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-ipv6-guard -d 'Leave IPv6 alone even when the tunnel takes the default route; otherwise it is blocked, since it would pass by'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l reconfigure -d 'Go on when the gateway hands out another inner address after a reconnect, instead of ending with status 2'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s b -l background -d 'Come back when the tunnel is up and leave it running; a failure before that is ours'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-logout -d 'Leave the session valid on the gateway at the end'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l relogin -d 'Sign in again by itself when the session has ended, with what the options give'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s S -l script-tun -d 'No device: exchange packets with the command of -s over a socket'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-xmlpost
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-http-keepalive
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l libproxy
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l key-password-from-fsid
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l disable-ipv6
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s d -l deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s D -l no-deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s u -l user -d 'Name of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l passwd-file -d 'Read passwords from a file, one in a line as with --passwd-on-stdin' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l passwd-command -d 'Take the password from the first line a command prints, for example \'pass show vpn\'' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l realm -d 'Realm of the account, of those the sign-in page lists' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l role -d 'Role to take, when the gateway lets you choose' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l authgroup -d 'Realm, and role too, where --realm and --role say nothing' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s g -l usergroup -d 'Page to sign in at, when the URL has no path' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s F -l form-entry -d 'Answer a field of a form; FORM is its name or id, or * for any (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l external-browser -d 'Where a sign-in that needs a browser goes on: a program started with the URL, or `print`' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l token-mode -d 'Generate one-time codes: totp or hotp [default: by the secret]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l token-secret -d 'Secret of the generator: base32:TEXT, 0xHEX, otpauth://…, TEXT[,COUNTER], @FILE, fd:N or cmd:COMMAND' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s p -l key-password -d 'Passphrase of the private key: TEXT, @FILE, fd:N or cmd:COMMAND; not the password of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s e -l cert-expire-warning -d 'Warn when the client certificate expires within this time; 0: never' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l format -d 'How the result is printed' -r -f -a "shell\t'COOKIE=\'…\' and others, for eval and nmcli'
json\t'One object'
env\t'VPNC_COOKIE=… and others, for an EnvironmentFile'
nm\t'Lines for the passwd-file of nmcli'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l hostcheck -d 'What to answer when the gateway asks about this machine [default: report]' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l hostcheck-useragent -d 'User-Agent of the host checker\'s requests, where the gateway answers 404 to the usual one' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l hostcheck-certificate -d 'Certificate with key, PEM, that identifies this machine to the host checker (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l force-trojan -l hostcheck-interval -d 'Seconds between the checks while the tunnel is up, instead of the gateway\'s' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l csd-wrapper -d 'Leave host checks to this program instead (a TNCC wrapper)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l csd-user -d 'User to run that program as; needed when you are root' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l device-id -d 'Identifier of this machine for the host checker, 32 hexadecimal digits [default: none is told]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s c -l certificate -d 'Client certificate: PEM, with its key or without, or PKCS#12' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l bind-interface -d 'Bind the sockets to the gateway to this interface' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l fwmark -d 'Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l useragent -d 'User-Agent of every request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l local-hostname -d 'Host name told to the gateway [default: the name of this machine]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l os -d 'Accepted so that scripts for other clients work: this kind of gateway goes by --useragent' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l version-string -d 'Accepted so that scripts for other clients work: no version is told to this kind of gateway' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l http-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l proxy-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l dtls-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l dtls12-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l gnutls-priority -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l openssl-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l gnutls-debug -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s x -l xmlconfig -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l mca-certificate -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l mca-key -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l mca-key-password -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l compression -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s Q -l queue-len -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l base-mtu -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l passwd-on-stdin -d 'Read passwords from standard input: line 1 for the first password field, line 2 for the second'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l no-passwd -d 'Fail instead of filling a password field'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l accept-banner -d 'Go on past notices of the gateway without asking'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l no-takeover -d 'Do not end another session of the same user; give up when the gateway wants that'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l non-inter -l non-interactive -d 'Never ask anything: exit with status 4 and name what is missing'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l cookieonly -d 'Print the session cookie alone'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l authenticate -d 'OpenConnect\'s word for this command'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l no-xmlpost
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l no-http-keepalive
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l libproxy
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l key-password-from-fsid
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l disable-ipv6
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s d -l deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s D -l no-deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand auth" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s u -l user -d 'Name of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l passwd-file -d 'Read passwords from a file, one in a line as with --passwd-on-stdin' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l passwd-command -d 'Take the password from the first line a command prints, for example \'pass show vpn\'' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l realm -d 'Realm of the account, of those the sign-in page lists' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l role -d 'Role to take, when the gateway lets you choose' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l authgroup -d 'Realm, and role too, where --realm and --role say nothing' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s g -l usergroup -d 'Page to sign in at, when the URL has no path' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s F -l form-entry -d 'Answer a field of a form; FORM is its name or id, or * for any (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l external-browser -d 'Where a sign-in that needs a browser goes on: a program started with the URL, or `print`' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l token-mode -d 'Generate one-time codes: totp or hotp [default: by the secret]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l token-secret -d 'Secret of the generator: base32:TEXT, 0xHEX, otpauth://…, TEXT[,COUNTER], @FILE, fd:N or cmd:COMMAND' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s p -l key-password -d 'Passphrase of the private key: TEXT, @FILE, fd:N or cmd:COMMAND; not the password of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s e -l cert-expire-warning -d 'Warn when the client certificate expires within this time; 0: never' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l format -d 'How the result is printed' -r -f -a "shell\t'COOKIE=\'…\' and others, for eval and nmcli'
json\t'One object'
env\t'VPNC_COOKIE=… and others, for an EnvironmentFile'
nm\t'Lines for the passwd-file of nmcli'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l hostcheck -d 'What to answer when the gateway asks about this machine [default: report]' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l hostcheck-useragent -d 'User-Agent of the host checker\'s requests, where the gateway answers 404 to the usual one' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l hostcheck-certificate -d 'Certificate with key, PEM, that identifies this machine to the host checker (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l force-trojan -l hostcheck-interval -d 'Seconds between the checks while the tunnel is up, instead of the gateway\'s' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l csd-wrapper -d 'Leave host checks to this program instead (a TNCC wrapper)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l csd-user -d 'User to run that program as; needed when you are root' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l device-id -d 'Identifier of this machine for the host checker, 32 hexadecimal digits [default: none is told]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s c -l certificate -d 'Client certificate: PEM, with its key or without, or PKCS#12' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l bind-interface -d 'Bind the sockets to the gateway to this interface' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l fwmark -d 'Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l useragent -d 'User-Agent of every request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l local-hostname -d 'Host name told to the gateway [default: the name of this machine]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l os -d 'Accepted so that scripts for other clients work: this kind of gateway goes by --useragent' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l version-string -d 'Accepted so that scripts for other clients work: no version is told to this kind of gateway' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l http-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l proxy-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l dtls-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l dtls12-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l gnutls-priority -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l openssl-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l gnutls-debug -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s x -l xmlconfig -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l mca-certificate -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l mca-key -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l mca-key-password -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l compression -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s Q -l queue-len -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l base-mtu -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l passwd-on-stdin -d 'Read passwords from standard input: line 1 for the first password field, line 2 for the second'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l no-passwd -d 'Fail instead of filling a password field'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l accept-banner -d 'Go on past notices of the gateway without asking'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l no-takeover -d 'Do not end another session of the same user; give up when the gateway wants that'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l non-inter -l non-interactive -d 'Never ask anything: exit with status 4 and name what is missing'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l cookieonly -d 'Print the session cookie alone'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l authenticate -d 'OpenConnect\'s word for this command'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l no-xmlpost
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l no-http-keepalive
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l libproxy
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l key-password-from-fsid
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l disable-ipv6
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s d -l deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s D -l no-deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand authenticate" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s u -l user -d 'Name of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l passwd-file -d 'Read passwords from a file, one in a line as with --passwd-on-stdin' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l passwd-command -d 'Take the password from the first line a command prints, for example \'pass show vpn\'' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l realm -d 'Realm of the account, of those the sign-in page lists' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l role -d 'Role to take, when the gateway lets you choose' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l authgroup -d 'Realm, and role too, where --realm and --role say nothing' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s g -l usergroup -d 'Page to sign in at, when the URL has no path' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s F -l form-entry -d 'Answer a field of a form; FORM is its name or id, or * for any (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l external-browser -d 'Where a sign-in that needs a browser goes on: a program started with the URL, or `print`' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l token-mode -d 'Generate one-time codes: totp or hotp [default: by the secret]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l token-secret -d 'Secret of the generator: base32:TEXT, 0xHEX, otpauth://…, TEXT[,COUNTER], @FILE, fd:N or cmd:COMMAND' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s p -l key-password -d 'Passphrase of the private key: TEXT, @FILE, fd:N or cmd:COMMAND; not the password of the account' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s e -l cert-expire-warning -d 'Warn when the client certificate expires within this time; 0: never' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l format -d 'How the result is printed' -r -f -a "shell\t'COOKIE=\'…\' and others, for eval and nmcli'
json\t'One object'
env\t'VPNC_COOKIE=… and others, for an EnvironmentFile'
nm\t'Lines for the passwd-file of nmcli'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l hostcheck -d 'What to answer when the gateway asks about this machine [default: report]' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l hostcheck-useragent -d 'User-Agent of the host checker\'s requests, where the gateway answers 404 to the usual one' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l hostcheck-certificate -d 'Certificate with key, PEM, that identifies this machine to the host checker (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l force-trojan -l hostcheck-interval -d 'Seconds between the checks while the tunnel is up, instead of the gateway\'s' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l csd-wrapper -d 'Leave host checks to this program instead (a TNCC wrapper)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l csd-user -d 'User to run that program as; needed when you are root' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l device-id -d 'Identifier of this machine for the host checker, 32 hexadecimal digits [default: none is told]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s c -l certificate -d 'Client certificate: PEM, with its key or without, or PKCS#12' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l bind-interface -d 'Bind the sockets to the gateway to this interface' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l fwmark -d 'Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l useragent -d 'User-Agent of every request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l local-hostname -d 'Host name told to the gateway [default: the name of this machine]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l os -d 'Accepted so that scripts for other clients work: this kind of gateway goes by --useragent' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l version-string -d 'Accepted so that scripts for other clients work: no version is told to this kind of gateway' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l http-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l proxy-auth -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l dtls-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l dtls12-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l gnutls-priority -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l openssl-ciphers -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l gnutls-debug -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s x -l xmlconfig -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l mca-certificate -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l mca-key -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l mca-key-password -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l compression -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s Q -l queue-len -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l base-mtu -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l passwd-on-stdin -d 'Read passwords from standard input: line 1 for the first password field, line 2 for the second'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l no-passwd -d 'Fail instead of filling a password field'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l accept-banner -d 'Go on past notices of the gateway without asking'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l no-takeover -d 'Do not end another session of the same user; give up when the gateway wants that'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l non-inter -l non-interactive -d 'Never ask anything: exit with status 4 and name what is missing'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l cookieonly -d 'Print the session cookie alone'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l authenticate -d 'OpenConnect\'s word for this command'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l no-xmlpost
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l no-http-keepalive
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l libproxy
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l key-password-from-fsid
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l disable-ipv6
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s d -l deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s D -l no-deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand login" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -s c -l certificate -d 'Client certificate: PEM, with its key or without, or PKCS#12' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l bind-interface -d 'Bind the sockets to the gateway to this interface' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l fwmark -d 'Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l useragent -d 'User-Agent of the requests' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand probe" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -s c -l certificate -d 'Client certificate: PEM, with its key or without, or PKCS#12' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l bind-interface -d 'Bind the sockets to the gateway to this interface' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l fwmark -d 'Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l useragent -d 'User-Agent of the requests' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand info" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l wait-for -d 'Wait until the tunnel is connected, or until there is none' -r -f -a "connected\t'Packets get through'
down\t'The tunnel is not running'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l timeout -d 'Seconds to wait at most [default: no limit]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand status" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand events" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l wait -d 'Seconds to wait for the end of the tunnel; 0 does not wait' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l keep-login -d 'Leave the session valid on the gateway: its cookie can be used again'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l all -d 'End all tunnels'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l repair -d 'Undo what a killed run has left behind; running tunnels are left alone'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand disconnect" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l wait -d 'Seconds to wait for the end of the tunnel; 0 does not wait' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l keep-login -d 'Leave the session valid on the gateway: its cookie can be used again'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l all -d 'End all tunnels'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l repair -d 'Undo what a killed run has left behind; running tunnels are left alone'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand down" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand reconnect" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s C -l cookie -d 'The session cookie itself: `DSID=…`, or the value of DSID alone' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l cookie-file -d 'Read the session cookie from a file, first line' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l cookie-fd -d 'Read the session cookie from an open file descriptor, first line' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s c -l certificate -d 'Client certificate: PEM, with its key or without, or PKCS#12' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l bind-interface -d 'Bind the sockets to the gateway to this interface' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l fwmark -d 'Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l useragent -d 'User-Agent of the request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l cookie-on-stdin -d 'Read the session cookie from standard input, first line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -s o -l output -d 'Write it to this new file, which only you can read, instead of standard output' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l log -d 'Take in the last lines of this file, written with --log-file' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l show-hosts -d 'Show names and addresses of machines instead of fingerprints'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand bug-report" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -f -a "list" -d 'List the profiles and their gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -f -a "show" -d 'Show the settings that count, and where each comes from; secrets as ***'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -f -a "path" -d 'Print the name of the profile\'s file, also of one that is yet to be made'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and not __fish_seen_subcommand_from list show path import" -f -a "import" -d 'Make a profile of an option file of OpenConnect or a connection of NetworkManager'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l name -d 'Write it as a profile of this name, instead of to standard output' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l force -d 'Write over a profile that is there already'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand profile; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l completions -d 'Folder for the completion scripts' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l config -d 'Read settings from this file instead of your own config.toml' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l profile -d 'Take the settings of this profile; its name may also stand in place of the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l dump-http-traffic -d 'Show requests and answers, secrets replaced by their length and a fingerprint; implies -v'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l dump-secrets -d 'Show the secrets in them as well: never pass such an output on'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s l -l syslog -d 'Send the messages to the system log instead of standard error'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l json -d 'Print results as JSON objects, and messages as one object in a line; nothing is asked'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s V -l version -d 'Print version'
