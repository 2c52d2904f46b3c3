#!/usr/bin/env python3
"""A helper that follows a script, one step for each argument:

    ?TEXT   waits for a line that contains TEXT; lines before it are dropped
    !TEXT   the next line must be TEXT
    other   is printed, in one write; it may hold several lines

After the last step it reads until it is told to stop. When a line is not what it must be, it announces 192.0.2.255/32,
which no case expects, so that the test fails at once and says why in the log.
"""
import sys


def line():
    text = sys.stdin.readline()
    if not text:
        sys.exit(0)
    return text.rstrip("\n")


def say(text):
    # With PYTHONUNBUFFERED print() would write the end of the line by itself.
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


for step in sys.argv[1:]:
    if step.startswith("?"):
        while step[1:] not in line():
            pass
    elif step.startswith("!"):
        got = line()
        if got != step[1:]:
            print(f"expected {step[1:]!r}, got {got!r}", file=sys.stderr, flush=True)
            say("announce route 192.0.2.255/32 next-hop 192.0.2.255")
            break
    else:
        say(step)

while "shutdown" not in line():
    pass
