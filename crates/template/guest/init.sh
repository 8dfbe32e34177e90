#!/bin/busybox sh
# PID 1 of lodge's small initial file system (busybox only).
#
#   no root=  : an interactive shell on the console; `exit` or `poweroff` ends the machine
#   root=DEV  : mount DEV, finish an unfinished installation in it, hand over to its own init
#
# Signals a busybox `poweroff`, `halt` or `reboot` sends to PID 1: USR2, USR1, TERM.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
/bin/busybox mount -t proc -o nosuid,nodev,noexec proc /proc
/bin/busybox mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
/bin/busybox --install -s
mkdir -p /dev/pts /dev/shm
mount -t devpts -o gid=5,mode=620 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=1777 tmp /tmp

root='' rootflags='' write='' init=/sbin/init setup='' name='' shares=''
read -r cmdline </proc/cmdline
for word in $cmdline; do
    case $word in
        root=*) root=${word#root=} ;;
        rootflags=*) rootflags=,${word#rootflags=} ;;
        rw) write=yes ;;
        init=*) init=${word#init=} ;;
        lodge.setup=*) setup=${word#lodge.setup=} ;;
        lodge.name=*) name=${word#lodge.name=} ;;
        systemd.mount-extra=*) shares="$shares ${word#systemd.mount-extra=}" ;;
    esac
done

# Drivers for every device the machine shows: the bus first, then what hangs on it.
modprobe -q virtio_mmio
for alias in /sys/bus/virtio/devices/*/modalias /sys/bus/pci/devices/*/modalias; do
    [ -r "$alias" ] && read -r alias <"$alias" && modprobe -q "$alias"
done

die() {
    echo "lodge: $*" >&2
    echo "lodge: a rescue shell follows; 'exit' powers off" >&2
    setsid cttyhack sh -l
    finish poweroff
}

# Ends the machine: everybody out, disks flushed, then the power switch.
finish() {
    trap '' USR1 USR2 TERM
    kill -TERM -1 2>/dev/null
    usleep 50000
    kill -KILL -1 2>/dev/null
    sync
    umount -a -r 2>/dev/null
    "$1" -f
    while :; do sleep 60; done # the power is going; PID 1 must not return
}

# Mounts a folder of the host, said as systemd takes it: what:where:type:options.
mount_share() {
    mkdir -p "$2" && mount -t "$3" -o "${4#nofail,}" "$1" "$2" || {
        echo "lodge: cannot mount the shared folder $1 on $2" >&2
        return
    }
    # As long requests as the device takes.
    ahead=/sys/class/bdi/$(mountpoint -d "$2")/read_ahead_kb
    [ ! -w "$ahead" ] || echo 1024 >"$ahead"
}

if [ -z "$root" ]; then
    for share in $shares; do
        IFS=:
        set -- $share
        unset IFS
        mount_share "$@"
    done
    trap 'finish poweroff' USR2
    trap 'finish halt' USR1
    trap 'finish reboot' TERM
    hostname "${name:-lodge}"
    ip link set lo up 2>/dev/null
    # Every card asks for an address of its own accord; nobody waits for the answer.
    for card in /sys/class/net/*/device; do
        card=${card%/device}
        card=${card##*/}
        [ -e "/sys/class/net/$card" ] && udhcpc -f -i "$card" >/dev/null 2>&1 </dev/null &
    done
    cd /root
    setsid cttyhack sh -l &
    shell=$!
    while kill -0 "$shell" 2>/dev/null; do wait "$shell"; done
    finish poweroff
fi

# A label or UUID is looked for among the block devices; any may take a moment to appear.
find_root() {
    case $root in
        LABEL=* | UUID=*) device=$(findfs "$root" 2>/dev/null) ;;
        *) device=$root ;;
    esac
    [ -b "$device" ]
}
tries=0
until find_root; do
    tries=$((tries + 1))
    [ "$tries" -gt 100 ] && die "no disk answers to root=$root; devices: $(echo /sys/class/block/*)"
    usleep 100000
done
mount -t ext4 -o "ro$rootflags" "$device" /newroot || die "cannot mount $device as ext4 with options ro$rootflags"

if [ -e /newroot/var/lib/lodge/unfinished ]; then
    # Without delayed allocation the data of a file is on the disk before the record that a package is done, so
    # that a power cut leaves no package "installed" whose files are empty.
    umount /newroot
    mount -t ext4 -o "rw,nodelalloc$rootflags" "$device" /newroot || die "cannot write to $device"
    for point in dev proc sys run; do
        mount -o rbind "/$point" "/newroot/$point"
    done
    chroot /newroot /usr/lib/lodge/finish-install
    status=$?
    for point in run sys proc dev; do
        umount -l "/newroot/$point"
    done
    if [ "$status" != 0 ]; then
        echo 'lodge: the installation is not finished; the next start tries again' >&2
        [ "$setup" = only ] && finish poweroff
        die 'its log is /newroot/var/log/lodge-install.log'
    fi
    umount /newroot
    [ "$setup" = only ] && finish poweroff
    mount -t ext4 -o "ro$rootflags" "$device" /newroot || die "cannot mount $device as ext4 again"
fi
[ "$setup" = only ] && finish poweroff
[ -z "$write" ] || mount -o remount,rw /newroot

umount /tmp
umount /dev/pts /dev/shm
for point in dev proc sys run; do
    mount --move "/$point" "/newroot/$point"
done
exec switch_root /newroot "$init"
