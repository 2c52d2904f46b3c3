#!/bin/sh
# The helper of conf.toml: announces a few routes, and shows in the log what it is told.

# Commands go to the standard output. Each is answered by a line: "done" or "error".
echo 'announce route 192.0.2.0/25 next-hop self local-preference 200'
echo 'announce route 192.0.2.128/25 next-hop self community [ 65000:2 65000:3 ]'
echo 'announce ipv6 unicast 2001:db8:200::/48 next-hop 2001:db8::2 as-path [ 65000 65200 ]'

# Answers and events come on the standard input, until the daemon ends. The standard error is logged.
while read -r line; do
    case "$line" in
        done) ;;
        error) echo "a command was refused" >&2 ;;
        *) echo "told: $line" >&2 ;;
    esac
done
