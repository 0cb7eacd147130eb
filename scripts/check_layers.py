#!/usr/bin/env python3
"""Fails on includes and link lines that climb the layers (docs/architecture.md, "Folders"), and on
plain classes that reach CAF."""
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

# The files (without ending) that may reach a CAF header. All others in messages, runtime and actors
# are plain classes, which run without actors. A new actor adds its file here.
ACTOR_FILES = {
    "messages/caf_types",
    "runtime/actor_system", "runtime/epoch_keeper", "runtime/row_writer", "runtime/slot_protocol",
    "runtime/supervisor",
    "actors/market/data_slot", "actors/market/feed_handler", "actors/market/market_messages",
    "actors/market/symbol_stream", "actors/market/data_slot_links",
    "actors/market/data_slot_replicas", "actors/market/data_slot_rounds",
    "actors/market/data_slot_steps", "actors/market/data_slot_subscriptions",
    "actors/market/log_keeper", "actors/market/log_replica", "actors/market/slot_log",
    "actors/market/tick_subscription",
    "actors/calc/calc_messages", "actors/calc/calc_slot",
    "actors/calc/calc_slot_links", "actors/calc/factor_calculator",
    "actors/execution/brokers/broker_gateway", "actors/execution/brokers/sim_gateway",
    "actors/execution/exec_slot", "actors/execution/exec_slot_gateways",
    "actors/execution/exec_slot_journal", "actors/execution/exec_slot_links",
    "actors/execution/exec_slot_operator", "actors/execution/exec_slot_steps",
    "actors/execution/execution_messages",
    "actors/execution/journal_keeper", "actors/execution/risk_checker",
    "actors/execution/ledger/ledger_keeper", "actors/execution/ledger/ledger_sender",
    "actors/execution/snapshot/snapshot_keeper",
    "actors/control/control_codec", "actors/control/coordinator", "actors/control/host_agent",
    "actors/control/host_agent_steps", "actors/control/host_counts", "actors/control/host_slots",
    "actors/control/host_stop",
    "actors/control/slot_document",
}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
LINKED = re.compile(r"tickmesh_(messages|runtime|market|calc|execution|control|apps)\b")


def folder_of(path):
    """The layer that a path belongs to, or None."""
    parts = path.split("/")
    if parts[0] == "actors" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if parts[0] in ALLOWED else None


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
        if folder not in (None, "apps") and stem not in ACTOR_FILES:
            chain = path_to_caf(path, sources, set())
            if chain:
                faults.append(f"{path}:1: a plain class reaches CAF: {' -> '.join(chain)}; list "
                              "actors in ACTOR_FILES of scripts/check_layers.py")
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
    missing = [stem for stem in sorted(ACTOR_FILES)
               if f"{stem}.hpp" not in sources and f"{stem}.cpp" not in sources]
    faults = [f"scripts/check_layers.py:1: ACTOR_FILES names {stem}, which is gone"
              for stem in missing]
    faults += check_includes(sources) + check_link_lines()
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
