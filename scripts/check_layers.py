#!/usr/bin/env python3
"""Fails on includes and link lines that climb the layers (docs/architecture.md, "Folders"; within a
folder, its README), and on plain classes that reach CAF."""
import os
import re
import sys

# What each folder may include and link; folders that are absent (tests, perf) may use all.
ALLOWED = {
    "messages": {"messages"},
    "runtime": {"messages", "runtime"},
    "actors/market": {"messages", "runtime", "actors/market"},
    "actors/calc": {"messages", "runtime", "actors/calc"},
    "actors/execution": {"messages", "runtime", "actors/execution"},
    "actors/control": {"messages", "runtime", "actors/control"},
    "apps": {"messages", "runtime", "actors/market", "actors/calc", "actors/execution",
             "actors/control", "apps"},
}

# What may reach a CAF header in messages, runtime and actors; all else are plain classes, which run
# without actors. By the names of files, without their endings.
MAY_REACH_CAF = re.compile(r"messages/caf_types|runtime/actors/.*|"
                           r"runtime/net/(reactor\w*|job_queue|worker_\w+|connection|"
                           r"connect_failure|listener|packet_stream)|"
                           r".*_actor(_\w+)?|.*_protocol")

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
LAYERS = re.compile(r"^Layers, each knows only those before it: (.*)\.$", re.MULTILINE)
LINKED = re.compile(r"tickmesh_(messages|runtime|market|calc|execution|control|apps)\b")


def folder_of(path):
    """The layer that a path belongs to, or None."""
    parts = path.split("/")
    if parts[0] == "actors" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if parts[0] in ALLOWED else None


def read_layers():
    """The layers of each folder whose README names them, lowest first."""
    out = {}
    for top in ALLOWED:
        try:
            with open(f"{top}/README.md", encoding="utf-8") as readme:
                found = LAYERS.search(readme.read())
        except FileNotFoundError:
            continue
        if found:
            out[top] = found[1].split(", ")
    return out


def check_layers(sources, layers):
    """Inside a folder, includes go down the layers that its README names."""
    faults = []
    for path, lines in sources.items():
        top = folder_of(path)
        if top not in layers:
            continue
        order = layers[top]
        layer_of = {name: place for place, name in enumerate(order)}
        own = os.path.relpath(os.path.dirname(path), top)
        if own != "." and own not in layer_of:
            faults.append(f"{path}:1: {own} is no layer of {top}/README.md")
            continue
        for number, target, quoted in includes_of(lines):
            if not quoted or folder_of(target) != top:
                continue
            other = os.path.relpath(os.path.dirname(target), top)
            if other in layer_of and other != own and (
                    own == "." and not path.endswith("main.cpp")
                    or own != "." and layer_of[other] > layer_of[own]):
                faults.append(f"{path}:{number}: {own} must not include {target}, which is above "
                              f"it in {top}/README.md")
    return faults


def read_sources(folders):
    """Lines of every C++ file below the folders, by path."""
    out = {}
    for top in folders:
        for directory, _, names in os.walk(top):
            for name in sorted(names):
                if name.endswith((".hpp", ".cpp")):
                    path = os.path.join(directory, name)
                    with open(path, encoding="utf-8") as source:
                        out[path] = source.read().splitlines()
    return out


def includes_of(lines):
    """(line number, include path, is it quoted) of each include that no comment allows."""
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if found and "// allowed:" not in line:
            yield number, found.group(2), found.group(1) == '"'


def path_to_caf(path, sources, seen):
    """The chain of includes from a file to a CAF header, or None."""
    seen.add(path)
    for _, target, quoted in includes_of(sources.get(path, [])):
        if not quoted and target.startswith("caf/"):
            return [path, f"<{target}>"]
        if quoted and target not in seen:
            chain = path_to_caf(target, sources, seen)
            if chain:
                return [path] + chain
    return None


def check_includes(sources):
    faults = []
    for path, lines in sources.items():
        folder = folder_of(path)
        for number, target, quoted in includes_of(lines):
            if not quoted:
                continue
            if "/" not in target:
                faults.append(f"{path}:{number}: \"{target}\": write the path from the top")
            elif folder and folder_of(target) not in ALLOWED[folder]:
                faults.append(f"{path}:{number}: {folder} must not include {target}")
        stem = os.path.splitext(path)[0]
        if folder not in (None, "apps") and not MAY_REACH_CAF.fullmatch(stem):
            chain = path_to_caf(path, sources, set())
            if chain:
                faults.append(f"{path}:1: a plain class reaches CAF: {' -> '.join(chain)}; a file "
                              "with an actor is named *_actor, one with its messages *_protocol")
    return faults


def check_link_lines():
    faults = []
    for folder, allowed in ALLOWED.items():
        path = f"{folder}/CMakeLists.txt"
        names = {name.split("/")[-1] for name in allowed}
        with open(path, encoding="utf-8") as lists:
            for number, line in enumerate(lists, 1):
                for name in LINKED.findall(line):
                    if name not in names:
                        faults.append(f"{path}:{number}: {folder} must not link tickmesh_{name}")
    return faults


def main():
    sources = read_sources(["messages", "runtime", "actors", "apps"])
    if len(sources) < 80:
        sys.exit(f"layers: only {len(sources)} files found")
    faults = check_includes(sources) + check_layers(sources, read_layers()) + check_link_lines()
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
