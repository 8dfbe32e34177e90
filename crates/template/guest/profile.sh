# Read by the login shell of lodge's small initial file system.
PS1='\u@\h:\w\$ '
alias ll='ls -l'
[ -n "$LODGE_GREETED" ] || {
    export LODGE_GREETED=1
    echo
    echo "Linux $(uname -r) on $(uname -m), busybox. 'poweroff' or 'exit' ends the machine."
    echo
}
