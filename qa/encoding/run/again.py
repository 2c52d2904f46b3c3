#!/usr/bin/env python3
"""Started first, it announces 10.0.0.0/24 and ends once that was sent; started again, it finds the route still there and
announces another one.
"""
import sys

print("show adj-rib out", flush=True)
again = False
for line in sys.stdin:
    if line.strip() == "done":
        break
    again = again or "10.0.0.0/24" in line

print("announce route 10.0.%d.0/24 next-hop 10.0.0.1" % again, flush=True)
for line in sys.stdin:
    if "shutdown" in line or (not again and '"10.0.0.0/24"' in line):
        break
