#!/bin/bash
# A machine run by NetworkManager: its daemon and a system bus of their own, in private mounts and processes.
#
# Arguments: the client, the network device, its address with prefix, the router, a folder for logs. Then it obeys
# lines on standard input. What would reach the real machine is covered first: /run, /etc, /sys and the state of
# NetworkManager. /sys must be read-only, or NetworkManager waits for a udev that is not there
# (networkmanager.md §10).
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
client=$1 device=$2 address=$3 router=$4 log=$5

fail() {
    echo "failed: $*"
    exit 1
}

mount --make-rprivate / || fail mount
mount -t tmpfs -o mode=755 tmpfs /run || fail /run
mkdir -p /run/dbus /run/NetworkManager /run/lock /run/etc
cp -r /etc/. /run/etc/ 2>/dev/null
mount --bind /run/etc /etc || fail /etc
mount -t tmpfs -o mode=755 tmpfs /var/lib/NetworkManager || fail state
mount -t tmpfs -o mode=755 tmpfs /etc/NetworkManager || fail settings
mount -t sysfs -o ro sysfs /sys || fail /sys
mount --bind "$client" "$(command -v openconnect)" || fail client
mkdir -p /etc/NetworkManager/{conf.d,system-connections,dispatcher.d,VPN}
cat >/etc/NetworkManager/NetworkManager.conf <<E
[main]
plugins=keyfile
dns=default
rc-manager=file
auth-polkit=false
no-auto-default=*
[connectivity]
enabled=false
[logging]
level=DEBUG
E
# the usual system bus, without another user, a daemon, a pid file, the system log and a starter that is set-id
sed -e '/<user>/d' -e '/<fork/d' -e '/<pidfile>/d' -e '/<syslog/d' -e '/<servicehelper>/d' \
    -e 's,<includedir>system.d<,<includedir>/usr/share/dbus-1/system.d<,' \
    /usr/share/dbus-1/system.conf >/run/dbus/system.conf
# only the policy that is needed
for file in /etc/dbus-1/system.d/*; do
    [ "${file##*/}" = nm-openconnect-service.conf ] || rm "$file"
done
sed -i 's,</busconfig>,<includedir>/etc/dbus-1/system.d</includedir></busconfig>,' /run/dbus/system.conf

dbus-daemon --config-file=/run/dbus/system.conf --nofork --nopidfile >"$log/bus.log" 2>&1 &
for _ in $(seq 200); do [ -S /run/dbus/system_bus_socket ] && break; sleep .05; done
[ -S /run/dbus/system_bus_socket ] || fail bus
NetworkManager --no-daemon --debug >"$log/nm.log" 2>&1 &
for _ in $(seq 200); do nmcli -t -f RUNNING general 2>/dev/null | grep -qx running && break; sleep .05; done
nmcli -t -f RUNNING general 2>/dev/null | grep -qx running || fail NetworkManager
nmcli connection add type ethernet con-name base ifname "$device" ipv4.method manual ipv4.addresses "$address" \
    ipv4.gateway "$router" ipv4.dns "$router" ipv6.method disabled >"$log/base.log" 2>&1 || fail base
nmcli -w 20 connection up base >>"$log/base.log" 2>&1 || fail base

echo ready
# one order in a line; the answer ends with a line that has its status
while IFS= read -r order; do
    (eval "$order") </dev/null 2>&1
    printf '\nstatus %d\n' $?
done
