#!/bin/sh
# anycast.sh PREFIX SECONDS COMMAND...: announces PREFIX while COMMAND succeeds.
#
# A change needs three checks in a row, so that one lost packet moves nobody.

prefix=$1
pause=$2
shift 2

# Answers must be read, or they fill the pipe; nothing here depends on them.
exec 3<&0 # a background loop does not inherit the standard input
while read -r answer; do
    [ "$answer" = error ] && echo "a command was refused" >&2
done <&3 &
reader=$!
trap 'kill "$reader" 2>/dev/null' EXIT

state=down
row=0
while kill -0 "$reader" 2>/dev/null; do # without the daemon there is nobody to tell
    if "$@" </dev/null >/dev/null 2>&1; then now=up; else now=down; fi
    if [ "$now" = "$state" ]; then
        row=0
    else
        row=$((row + 1))
    fi
    if [ "$row" -ge 3 ]; then
        state=$now
        row=0
        echo "service is $state" >&2
        if [ "$state" = up ]; then
            echo "announce route $prefix next-hop self"
        else
            echo "withdraw route $prefix"
        fi
    fi
    sleep "$pause"
done
