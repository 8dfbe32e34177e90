#!/bin/sh
# What busybox's udhcpc calls with what the DHCP server said: sets the address, the way out, and who knows names.
case $1 in
    deconfig)
        ip link set "$interface" up
        ip -4 address flush dev "$interface"
        ;;
    bound | renew)
        ip address replace "$ip/${mask:-24}" broadcast + dev "$interface"
        [ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
        for gateway in $router; do
            ip route replace default via "$gateway" dev "$interface"
            break
        done
        {
            [ -z "$search$domain" ] || echo "search ${search:-$domain}"
            for server in $dns; do echo "nameserver $server"; done
        } >/etc/resolv.conf.new && mv /etc/resolv.conf.new /etc/resolv.conf
        ;;
esac
