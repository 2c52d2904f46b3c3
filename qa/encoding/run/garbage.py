#!/usr/bin/env python3
"""Prints what no command is, and one good command at the end."""
import sys

out = sys.stdout.buffer
out.write(b"\xff\xfe\x80 announce\n\n\0\0\0\n   \t \n")
out.write(b"announce route \xc3\x28/24 next-hop 10.0.0.1\n")
out.write(b"a" * (1 << 20) + b"\n")
out.write(b"b" * (3 << 20) + b"\n")
out.write(b"announce route 10.0.0.0/24 next-hop 10.0.0.1\n")
out.flush()
for line in sys.stdin.buffer:
    if b"shutdown" in line:
        break
