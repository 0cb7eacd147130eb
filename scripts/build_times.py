#!/usr/bin/env python3
"""Prints the compiler time of each target in ninja's log, in seconds of one core."""
import collections
import re
import sys


def main() -> None:
    latest = {}
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            if line.startswith("#"):
                continue
            start, end, _, output, _ = line.rstrip("\n").split("\t")
            latest[output] = (int(end) - int(start)) / 1000
    seconds = collections.Counter()
    for output, duration in latest.items():
        target = re.search(r"CMakeFiles/([^/]+)\.dir/", output)
        if target:
            seconds[target.group(1)] += duration
    print("  compile time a target, in s of one core: " +
          ", ".join(f"{name} {total:.0f}" for name, total in seconds.most_common()))


if __name__ == "__main__":
    main()
