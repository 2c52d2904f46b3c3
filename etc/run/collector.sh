#!/bin/sh
# collector.sh FILE: appends every event to FILE. A new process is started when the file has been moved away:
# move it, then kill this process, and the daemon starts it again with a fresh file.

mkdir -p "$(dirname "$1")" || exit 1
exec cat >>"$1"
