#!/usr/bin/env python3
"""Shows how far a long command has got: one line that moves on a terminal, a line every ten seconds
elsewhere. Reads ninja's output, `[12/75] ...`.

Usage: ninja 2>&1 | scripts/progress.py LABEL LOG   (LOG gets all of the output)
"""
import os
import re
import select
import sys
import time

NINJA = re.compile(r"^\[(\d+)/(\d+)\] ")
STEP_S = 10  # between lines where nothing can move


def parse(line):
    """(done, all) that a line of output tells, or None."""
    found = NINJA.match(line)
    return (int(found[1]), int(found[2])) if found else None


def minutes(seconds):
    if seconds < 60:
        return f"{max(5 * round(seconds / 5), 5)} s"
    return f"{round(seconds / 60)} min"


def describe(label, done, total, elapsed):
    """`building: 37 of 114 after 2 min, about 4 min left`."""
    out = f"{label}: {done} of {total} after {minutes(elapsed)}"
    if 0 < done < total and elapsed >= 5:
        out += f", about {minutes(elapsed * (total - done) / done)} left"
    return out


def main():
    label, log_path = sys.argv[1:3]
    moves, begin = sys.stdout.isatty(), time.monotonic()
    shown_at, known, rest = begin, None, b""
    with open(log_path, "ab") as log:
        while True:
            ready = select.select([0], [], [], 1)[0]
            read = os.read(0, 1 << 16) if ready else None
            if read:
                log.write(read)
                log.flush()
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    known = parse(line.decode(errors="replace")) or known
            now = time.monotonic()
            if known and now - shown_at >= (0.1 if moves else STEP_S):
                text = describe(label, *known, now - begin)
                print(f"\r\x1b[K{text}" if moves else text, end="" if moves else "\n", flush=True)
                shown_at = now
            if read == b"":
                break
    if moves:
        print("\r\x1b[K", end="", flush=True)


if __name__ == "__main__":
    main()
