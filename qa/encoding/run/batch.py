#!/usr/bin/env python3
"""Begins a batch of 100,000 routes whose last line is wrong, commits it, and announces one route if all answers were right."""
import sys

N = 100_000


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def lines():
    # Events may come between the answers.
    for line in sys.stdin:
        if not line.startswith("{"):
            yield line.rstrip("\n")


answers = lines()
say("begin\n")
say("".join(f"announce route 10.{n >> 8 & 255}.{n & 255}.{n >> 16}/32 next-hop 10.0.0.1\n" for n in range(N)))
say("announce route 10.0.0.0/24 next-hop\ncommit\n")
expected = ["done"] * (N + 1) + ["error", "error"]
got = [next(answers) for _ in expected]
if got == expected:
    say("announce route 10.0.0.0/24 next-hop 10.0.0.1\n")
else:
    print("wrong answers:", {word: got.count(word) for word in set(got)}, file=sys.stderr, flush=True)
for line in sys.stdin:
    if "shutdown" in line:
        break
