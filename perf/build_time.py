#!/usr/bin/env python3
"""What a build from nothing costs, beside a unit that includes the same libraries.

Usage: perf/build_time.py [SOURCE_TREE]   (default: the one that this file is in)
Prints {"figures": {KEY: value}, "notes": {TEXT: value}}. Builds in a directory of its own, without
a compiler cache. perf/run.sh build calls it.
"""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
YARDSTICK = TOP / "perf" / "build_yardstick.cpp"
YARDSTICK_FLAGS = ["-std=gnu++20", "-O2", "-g1", "-DFMT_SHARED", "-DSPDLOG_SHARED_LIB",
                   "-DSPDLOG_COMPILED_LIB", "-DSPDLOG_FMT_EXTERNAL"]
TESTS = ["unit_tests", "actors_tests", "network_tests", "process_tests", "broker_sim"]
LEAVES = ["order_router.cpp", "rendezvous.cpp", "tick_cleaner.cpp"]


def run(*words):
    """CPU and wall seconds of a command with its children."""
    used, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}\n{done.stdout[-4000:]}{done.stderr}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return cpu, time.monotonic() - begin


def measure(source):
    """(figures, notes) of the source tree."""
    figures, notes, yardsticks = {}, {}, []
    with tempfile.TemporaryDirectory(prefix="tickmesh-build-") as scratch:
        def yardstick():
            compiler = os.environ.get("CXX", "c++")
            yardsticks.append(run(compiler, *YARDSTICK_FLAGS, "-c", YARDSTICK, "-o",
                                  f"{scratch}/yardstick.o")[0])

        def build(*targets):
            return run("cmake", "--build", f"{scratch}/build", "--target", *targets)

        run("cmake", "-S", source, "-B", f"{scratch}/build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=",
            "-DCMAKE_CXX_FLAGS=-O2 -g1", "-DCCACHE=OFF")
        yardstick()
        program, notes["build: tickmesh, s"] = build("tickmesh")
        yardstick()
        tests, notes["build: tests, s"] = build(*TESTS)
        yardstick()
        for leaf in LEAVES:
            for path in pathlib.Path(source).glob(f"*/**/{leaf}"):
                path.touch()
                notes[f"build: after a change of {leaf}, s"] = build("tickmesh")[1]
        yardstick()
    figures["build_cpu_s_tickmesh"] = program
    figures["build_cpu_s_tests"] = tests
    figures["build_vs_yardstick"] = program / statistics.median(yardsticks)
    notes["build: yardstick, CPU s"] = statistics.median(yardsticks)
    return figures, notes


if __name__ == "__main__":
    names = ("figures", "notes")
    values = measure(sys.argv[1] if len(sys.argv) > 1 else TOP)
    print(json.dumps(dict(zip(names, values)), indent=2))
