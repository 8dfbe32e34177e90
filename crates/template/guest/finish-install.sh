#!/bin/sh
# Finishes the installation of a Debian that was unpacked elsewhere: runs the packages' own scripts, on the CPU
# they are for. Called once by the initial file system, before the guest's own init. May be cut off at any point
# and run again: dpkg records what is done.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux LC_ALL=C.UTF-8
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true SYSTEMD_OFFLINE=1
state=/var/lib/lodge
log=/var/log/lodge-install.log
info=/var/lib/dpkg/info

say() { printf 'lodge: %s\n' "$*"; }

# Prints every package as it is set up, with its number; everything goes to the log.
follow() {
    number=$(dpkg-query --show --showformat='${db:Status-Status}\n' | grep -c '^installed')
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        case $line in
            'Setting up '*)
                number=$((number + 1))
                name=${line#Setting up }
                printf 'lodge: [%3d/%d] %s\n' "$number" "$total" "${name%% *}"
                ;;
        esac
    done
}

total=$(grep -c '^Package: ' /var/lib/dpkg/status)
say "setting up $total packages, once; this takes a few minutes"

# No service is to start before there is an init to look after it.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

if [ ! -e "$state/prepared" ]; then
    # What dpkg would have run before unpacking. The users and groups must be there before anything else.
    for script in "$info"/base-passwd.preinst "$info"/*.preinst; do
        package=${script##*/}
        package=${package%.preinst}
        DPKG_MAINTSCRIPT_PACKAGE=${package%:*} DPKG_MAINTSCRIPT_NAME=preinst DPKG_ROOT='' \
            "$script" install >>"$log" 2>&1 </dev/null || echo "preinst of $package failed" >>"$log"
    done
    sync
    : >"$state/prepared"
fi

dpkg --configure -a 2>&1 </dev/null | follow
if [ -n "$(dpkg --audit)" ]; then
    # One package's failure often is another's being late.
    dpkg --configure -a 2>&1 </dev/null | follow
fi
if [ -n "$(dpkg --audit)" ]; then
    say 'some packages could not be set up:'
    tail -n 15 "$log"
    exit 1
fi

# The network: cards by systemd-networkd, names through whatever it was told, ssh when somebody asks for it. Nothing
# waits for the network at boot.
{
    systemctl enable systemd-networkd.service systemd-resolved.service
    systemctl disable systemd-networkd-wait-online.service
    systemctl disable ssh.service && systemctl enable ssh.socket
} >>"$log" 2>&1
ln -sf ../run/systemd/resolve/resolv.conf /etc/resolv.conf

# The console is in the hands of whoever runs the machine: root logs in there without a password. Nothing else
# accepts an empty one.
passwd --delete root >>"$log" 2>&1 || exit 1
: >/etc/machine-id # every copy of this disk becomes a machine of its own at its first start
touch -r /usr /etc/.updated /var/.updated # what the first start would rebuild is new already
rm -f /usr/sbin/policy-rc.d /var/lib/dbus/machine-id "$state/prepared"
sync
mv "$state/unfinished" "$state/finished" && sync
say 'done'
