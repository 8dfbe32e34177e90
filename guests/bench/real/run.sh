#!/bin/sh
# PID 1 on the disk of real programs: runs each once and prints what the programs of guests/bench print.
export PATH=/usr/bin:/bin HOME=/tmp TMPDIR=/tmp LC_ALL=C.UTF-8
mount -t tmpfs tmp /tmp
cd /tmp || exit
echo programs follow

# row NAME PROGRAM ARGUMENT...: the checksum is of what the program writes to its standard output.
row() {
    name=$1 program=$2
    shift
    if [ ! -x "/usr/bin/$program" ]; then
        printf 'start %s\nbench %s missing %s: its package is not to be had\n' "$name" "$name" "$program"
        return
    fi
    # Read the program in from the disk before, so that the row is about running it.
    cat "/usr/bin/$program" >/dev/null
    echo "start $name"
    read -r _
    read -r from _ </proc/uptime
    "$@" >out 2>errors </dev/null
    status=$?
    read -r to _ </proc/uptime
    printf 'bench %s ' "$name"
    if [ "$status" != 0 ]; then
        echo "broken status $status $(tail -n 1 errors)"
        return
    fi
    # Hundredths of a second; the first minutes of uptime begin with no zero but "0.".
    hundredths=$((${to%.*} * 100 + 1${to#*.} - ${from%.*} * 100 - 1${from#*.}))
    sum=$(cksum <out)
    printf '%d.%02d 0 %s\n' $((hundredths / 100)) $((hundredths % 100)) "${sum% *}"
}


row gzip gzip -9 -c /bench/text /bench/text /bench/text
row xz xz -2 -T1 -c /bench/text
row sqlite3 sqlite3 :memory: '.read /bench/queries.sql'
row python3 python3 -I -S /bench/objects.py
row gcc gcc -O2 -S -o - '-DBENCH="lz"' /bench/lz.c
row node node /bench/engine.js
row qjs qjs /bench/engine.js
row luajit luajit /bench/engine.lua

sync
echo o >/proc/sysrq-trigger
sleep 60
