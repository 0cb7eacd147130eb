#!/usr/bin/env python3
"""Compiles every header alone, with the project's own flags. Needs the generated headers of
build/release. What has compiled is remembered, by the content of all that it includes, in
build/headers."""
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys

import check_layers

JOBS = 2
GENERATED = "build/release"
STAMPS = "build/headers"


def compile_flags():
    with open("cmake/tickmesh_targets.cmake", encoding="utf-8") as targets:
        text = targets.read()
    options = re.search(r"target_compile_options\(tickmesh_flags INTERFACE\s+([^)]*)\)", text)
    test_paths = ['-DTICKMESH_SOURCE_DIR="."', '-DTICKMESH_PROGRAM="tickmesh"']
    return ["-std=c++20", *options.group(1).split(), *test_paths, "-fsyntax-only", "-I.",
            "-isystem", GENERATED]


def content_hash(header, sources, flags):
    """Of the header and of all project files that it includes, directly or not."""
    waiting, seen = [header], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        waiting += [target for _, target, quoted in check_layers.includes_of(sources.get(path, []))
                    if quoted]
    digest = hashlib.sha256(repr(flags).encode())
    for path in sorted(seen):
        source = re.sub(r"\.pb\.h$", ".proto", path)
        digest.update(path.encode())
        if os.path.exists(source):
            with open(source, "rb") as file:
                digest.update(file.read())
    return digest.hexdigest()


def compile_alone(header, flags):
    """What the compiler has to say; empty when the header is complete."""
    run = subprocess.run(["g++", *flags, "-x", "c++", "-"], input=f'#include "{header}"\n',
                         capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else run.stderr


def main():
    if not os.path.exists(f"{GENERATED}/messages/proto/market.pb.h"):
        sys.exit("headers: build first (scripts/build.sh tickmesh)")
    sources = check_layers.read_sources(["messages", "runtime", "actors", "apps", "tests", "perf"])
    headers = [path for path in sources if path.endswith(".hpp")]
    if len(headers) < 60:
        sys.exit(f"headers: only {len(headers)} found")
    flags = compile_flags()
    version = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True)
    key = flags + [version.stdout.splitlines()[0]]
    os.makedirs(STAMPS, exist_ok=True)
    stamps = {header: f"{STAMPS}/{content_hash(header, sources, key)}" for header in headers}
    waiting = [header for header in headers if not os.path.exists(stamps[header])]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        said = pool.map(lambda header: compile_alone(header, flags), waiting)
        for header, message in zip(waiting, said):
            if message:
                failed += 1
                print(f"{header}:1: does not compile alone:\n{message[:1000]}")
            else:
                open(stamps[header], "w", encoding="utf-8").close()
    print(f"headers: {len(headers)} headers, {len(waiting)} compiled, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
