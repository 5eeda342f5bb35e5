# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_vpnc_cli_global_optspecs
    string join \n v/verbose q/quiet timestamp color= log-file= h/help V/version
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
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "connect" -d 'Run the tunnel to a gateway until it is ended'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "up" -d 'Run the tunnel to a gateway until it is ended'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "logout" -d 'End a login on the gateway, given its cookie'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "completions" -d 'Write a completion script for a shell to standard output'
complete -c vpnc-cli -n "__fish_vpnc_cli_needs_command" -f -a "man" -d 'Write the manual pages, for packagers'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s C -l cookie -d 'The session cookie itself: `DSID=…`, or the value of DSID alone' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cookie-file -d 'Read the session cookie from a file, first line' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cookie-fd -d 'Read the session cookie from an open file descriptor, first line' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s c -l certificate -d 'Client certificate, PEM' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l reconnect-timeout -d 'Seconds to keep trying after the connection was lost; 0 gives up at once' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l esp-local-port -l dtls-local-port -d 'Local UDP port for ESP instead of any' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l force-dpd -d 'Seconds without an answer over ESP after which TLS is used, instead of the gateway\'s (at least 2)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s i -l interface -d 'Name of the tunnel interface; may be an existing one that belongs to you' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s m -l mtu -d 'Largest packet inside the tunnel, if below the gateway\'s (at least 576)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s s -l script -d 'Set up the network with this command (a vpnc-script), run by /bin/sh' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l network -d 'Who sets up addresses and routes; name servers only by script [default: builtin, or script with -s]' -r -f -a "builtin\t'This program itself'
script\t'A vpnc-script: the command of -s, or the one installed in the usual place'
none\t'Nobody: the interface stays as it is'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l name -d 'Name of this tunnel among others on the machine [default: the host]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l useragent -d 'User-Agent of every request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l local-hostname -d 'Host name told to the gateway [default: the name of this machine]' -r
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
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s e -l cert-expire-warning -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l cookie-on-stdin -d 'Read the session cookie from standard input, first line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-esp -l no-dtls -l no-udp -d 'All packets over TLS, no ESP over UDP'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-logout -d 'Leave the login valid on the gateway at the end'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l non-inter -d 'Never ask anything; accepted, nothing is asked yet'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-xmlpost
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-http-keepalive
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l libproxy
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l key-password-from-fsid
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s l -l syslog
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l disable-ipv6
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s d -l deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s D -l no-deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l no-passwd
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand connect" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s C -l cookie -d 'The session cookie itself: `DSID=…`, or the value of DSID alone' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cookie-file -d 'Read the session cookie from a file, first line' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cookie-fd -d 'Read the session cookie from an open file descriptor, first line' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s c -l certificate -d 'Client certificate, PEM' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l reconnect-timeout -d 'Seconds to keep trying after the connection was lost; 0 gives up at once' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l esp-local-port -l dtls-local-port -d 'Local UDP port for ESP instead of any' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l force-dpd -d 'Seconds without an answer over ESP after which TLS is used, instead of the gateway\'s (at least 2)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s i -l interface -d 'Name of the tunnel interface; may be an existing one that belongs to you' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s m -l mtu -d 'Largest packet inside the tunnel, if below the gateway\'s (at least 576)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s s -l script -d 'Set up the network with this command (a vpnc-script), run by /bin/sh' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l network -d 'Who sets up addresses and routes; name servers only by script [default: builtin, or script with -s]' -r -f -a "builtin\t'This program itself'
script\t'A vpnc-script: the command of -s, or the one installed in the usual place'
none\t'Nobody: the interface stays as it is'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l name -d 'Name of this tunnel among others on the machine [default: the host]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l protocol -d 'Accepted so that scripts for other clients work: only `nc` is built' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l useragent -d 'User-Agent of every request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l local-hostname -d 'Host name told to the gateway [default: the name of this machine]' -r
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
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s e -l cert-expire-warning -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l cookie-on-stdin -d 'Read the session cookie from standard input, first line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-esp -l no-dtls -l no-udp -d 'All packets over TLS, no ESP over UDP'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-logout -d 'Leave the login valid on the gateway at the end'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l juniper -d 'Old spelling of --protocol=nc'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l non-inter -d 'Never ask anything; accepted, nothing is asked yet'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-xmlpost
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-http-keepalive
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l libproxy
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l key-password-from-fsid
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s l -l syslog
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l disable-ipv6
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s d -l deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s D -l no-deflate
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l no-passwd
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand up" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l server -d 'The gateway, as an option instead of the last argument' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s C -l cookie -d 'The session cookie itself: `DSID=…`, or the value of DSID alone' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l cookie-file -d 'Read the session cookie from a file, first line' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l cookie-fd -d 'Read the session cookie from an open file descriptor, first line' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l servercert -d 'Trust this public key and no other: pin-sha256:BASE64 (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l cafile -d 'Trust the certificate authorities in this PEM file as well (may be repeated)' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l sni -d 'Name sent in the TLS handshake when it differs from the host in the URL' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s c -l certificate -d 'Client certificate, PEM' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s k -l sslkey -d 'Private key of the client certificate, PEM, when it is in a file of its own' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l tls -d 'Which TLS library to use' -r -f -a "auto\t'Modern first, legacy when refused'
modern\t'TLS 1.2 and 1.3 with forward secrecy only'
legacy\t'OpenSSL with all it can do'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l resolve -d 'Use this address for a host name instead of asking the DNS (may be repeated)' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s P -l proxy -d 'Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l connect-timeout -d 'Seconds for each attempt to connect and to agree on TLS' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l useragent -d 'User-Agent of the request' -r
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l cookie-on-stdin -d 'Read the session cookie from standard input, first line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l no-system-trust -d 'Leave out the certificate authorities of the system'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l allow-insecure-crypto -d 'Allow RC4, 3DES and TLS before 1.2 for very old gateways'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l pfs -d 'Only cipher suites with forward secrecy; the same as --tls=modern'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l no-cert-check -d 'Answered with an explanation'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l no-proxy -d 'Go directly, whatever the environment says'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand logout" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand completions" -s V -l version -d 'Print version'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l completions -d 'Folder for the completion scripts' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l log-file -d 'Append a copy of the messages, with their times, to a file that only you can read' -r -F
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s v -l verbose -d 'Say more; twice says everything'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s q -l quiet -d 'Say nothing but errors'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -l timestamp -d 'Put the local time before each line'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vpnc-cli -n "__fish_vpnc_cli_using_subcommand man" -s V -l version -d 'Print version'
