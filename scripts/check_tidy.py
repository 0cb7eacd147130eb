#!/usr/bin/env python3
"""Runs clang-tidy, with the checks of .clang-tidy, on what the compiler gets: the batches of
neighbouring sources that CMake makes, since what a run costs is the headers that they share. Needs
the compile commands and generated headers of build/release (scripts/tidy.sh makes them). What was
clean is remembered, by the content of all that it includes, in build/tidy."""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

import check_headers
import check_layers

FOLDERS = ("messages", "runtime", "actors", "apps")
BUILD = "build/release"
STAMPS = "build/tidy"
TOOL = ["clang-tidy-19", "-p", BUILD, "--quiet", "--extra-arg=-w"]  # -w: GCC's warnings are enough
INCLUDE = re.compile(r'^#include "(.*)"', re.MULTILINE)
FINDING = re.compile(r": (error|warning): ")


def read_batches():
    """The sources of each unit that is compiled, by the unit's path."""
    with open(f"{BUILD}/compile_commands.json", encoding="utf-8") as commands:
        units = [os.path.relpath(command["file"]) for command in json.load(commands)]
    out = {}
    for unit in units:
        if unit.endswith(".cxx"):
            with open(unit, encoding="utf-8") as file:
                out[unit] = [os.path.relpath(path) for path in INCLUDE.findall(file.read())]
        elif not unit.startswith(BUILD):
            out[unit] = [unit]
    return out


def choose(paths, batches):
    """What to check: the batches with sources below a folder; a file alone."""
    out = {}
    for path in paths:
        path = os.path.relpath(path)
        if os.path.isfile(path) and path.endswith((".cpp", ".hpp")):
            out[path] = [path]
            continue
        found = {unit: sources for unit, sources in batches.items()
                 if any(source.startswith(path + "/") for source in sources)}
        if not found:
            sys.exit(f"tidy: {path} is no source and no folder of sources")
        out.update(found)
    return out


def check(unit):
    """(seconds, findings, all that the tool said); findings are None where it was content."""
    start = time.monotonic()
    run = subprocess.run([*TOOL, unit], capture_output=True, text=True, check=False)
    findings = None
    if run.returncode != 0:
        findings = [line.replace(os.getcwd() + "/", "") for line in run.stdout.splitlines()
                    if FINDING.search(line)]
    return time.monotonic() - start, findings, run.stdout + run.stderr


def describe(sources):
    more = len(sources) - 1
    return sources[0] + (f" and {more} more" if more else "")


def main():
    parser = argparse.ArgumentParser(
        prog="tidy.sh", description="clang-tidy 19 with the checks of .clang-tidy.")
    parser.add_argument("paths", nargs="*", metavar="PATH", default=FOLDERS,
                        help="a file, checked alone, or a folder; default: " + " ".join(FOLDERS))
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), metavar="N",
                        help="batches at a time; default: one for each core")
    arguments = parser.parse_args()

    units = choose(arguments.paths, read_batches())
    sources = check_layers.read_sources(["messages", "runtime", "actors", "apps", "tests", "perf"])
    version = subprocess.run([TOOL[0], "--version"], capture_output=True, text=True, check=True)
    with open(".clang-tidy", encoding="utf-8") as checks:
        key = [*TOOL, version.stdout, *(line for line in checks if not line.startswith("#"))]
    os.makedirs(STAMPS, exist_ok=True)
    stamps = {}
    for unit, batch in units.items():
        hashes = "".join(check_headers.content_hash(path, sources, key) for path in batch)
        stamps[unit] = f"{STAMPS}/{hashlib.sha256(hashes.encode()).hexdigest()}"
    waiting = [unit for unit in units if not os.path.exists(stamps[unit])]

    start, done, seen = time.monotonic(), 0, set()
    failed = False
    with open(f"{STAMPS}/tidy.log", "w", encoding="utf-8") as log, \
            concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = {pool.submit(check, unit): unit for unit in waiting}
        for run in concurrent.futures.as_completed(runs):
            unit, (seconds, findings, said) = runs[run], run.result()
            done += 1
            new = [line for line in dict.fromkeys(findings or []) if line not in seen]
            seen.update(new)  # a header's come with each batch that includes it
            print(f"{done} of {len(waiting)}: {describe(units[unit])}: "
                  f"{'good' if findings is None else f'{len(new)} found'} ({seconds:.0f} s)",
                  *new, sep="\n", flush=True)
            if findings is None:
                open(stamps[unit], "w", encoding="utf-8").close()
            else:
                failed = True
                log.write(said)
                if not findings:
                    print("\n".join(said.splitlines()[-5:]))
    print(f"tidy: {len(units)} units, {len(waiting)} checked in {time.monotonic() - start:.0f} s, "
          f"{len(seen)} found" + (f"; the whole log is in {STAMPS}/tidy.log" if failed else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
