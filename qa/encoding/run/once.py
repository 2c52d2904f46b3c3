#!/usr/bin/env python3
"""Prints its arguments once the session is up, waits until they were sent, and ends."""
import sys

for line in sys.stdin:
    if '"state": "up"' in line:
        break
for command in sys.argv[1:]:
    print(command, flush=True)
for line in sys.stdin:
    if '"announce"' in line:
        break
