#!/usr/bin/env python3
"""What a tick costs each host of a cluster in system calls, counted by strace, by hand.

Usage: perf/system_calls.py [TICKS_PER_SECOND]   (default 1000)
Needs a build of the release preset, and strace. Prints, for each host, its calls a tick of the
whole cluster. A process that is traced is slower: these are counts, not times.
"""
import pathlib
import signal
import subprocess
import sys
import time

import blocks
from cluster import WORKERS, run_cluster

WARM_UP_S, COUNTED_S = 2, 3


def count_calls(pid, into):
    """Calls of all threads of a process for a while, by name."""
    tracer = subprocess.Popen(["strace", "-f", "-c", "-o", into, "-p", str(pid)],
                              stderr=subprocess.DEVNULL)
    time.sleep(COUNTED_S)
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    rows = [line.split() for line in pathlib.Path(into).read_text(encoding="ascii").splitlines()]
    return {row[-1]: int(row[3]) for row in rows
            if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}


def calls_of(host, rate):
    counted = {}

    def watch(group):
        time.sleep(WARM_UP_S)
        counted.update(count_calls(group.processes[host].child.pid, group.directory / "calls"))

    run_cluster(blocks.arrival_load(rate, WARM_UP_S + COUNTED_S + 2), watch)
    return counted


def main():
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for host in ["control", *WORKERS]:
        per_tick = {name: count / (rate * COUNTED_S)
                    for name, count in calls_of(host, rate).items()}
        shown = sorted(per_tick.items(), key=lambda row: -row[1])
        print(f"{host:<8}", ", ".join(f"{name} {count:.2f}" for name, count in shown
                                      if count >= 0.005), flush=True)


if __name__ == "__main__":
    main()
