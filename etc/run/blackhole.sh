#!/bin/sh
# blackhole.sh FILE SECONDS: announces the addresses in FILE, and withdraws those that are no longer in it.

list=$1
pause=$2

exec 3<&0 # a background loop does not inherit the standard input
while read -r answer; do
    [ "$answer" = error ] && echo "a command was refused: look at $list" >&2
done <&3 &
reader=$!
folder=$(mktemp -d) || exit 1
trap 'kill "$reader" 2>/dev/null; rm -rf "$folder"' EXIT

# The next hop means nothing to those who drop, but a route needs one: the discard prefixes of RFC 6666 and of ours.
announce() {
    case "$1" in
        *:*) echo "announce route $1 next-hop 100::1 community [ 65535:666 no-export ]" ;;
        *) echo "announce route $1 next-hop 192.0.2.66 community [ 65535:666 no-export ]" ;;
    esac
}

: >"$folder/old"
while kill -0 "$reader" 2>/dev/null; do
    # Comments and empty lines aside; a file that is not there is an empty one.
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$list" 2>/dev/null | sort -u >"$folder/new"
    comm -23 "$folder/old" "$folder/new" | while read -r gone; do
        echo "withdraw route $gone"
        echo "no longer blackholed: $gone" >&2
    done
    comm -13 "$folder/old" "$folder/new" | while read -r fresh; do
        announce "$fresh"
        echo "blackholed: $fresh" >&2
    done
    mv "$folder/new" "$folder/old"
    sleep "$pause"
done
