#!/usr/bin/env python3
"""Never reads. Withdraws what was never announced, as often as its argument says, then announces 10.0.0.0/24."""
import signal
import sys

for n in range(int(sys.argv[1])):
    print("withdraw route 10.0.9.0/24 next-hop 10.0.0.1")
print("announce route 10.0.0.0/24 next-hop 10.0.0.1", flush=True)
signal.pause()
