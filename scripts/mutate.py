#!/usr/bin/env python3
"""Changes the source in small ways, one at a time, and tells which changes no test notices.

    scripts/mutate.py actors/execution/orders/order_manager.cpp actors/calc --count 50 --seed 7

A mutant is one small change: a condition negated, a bound moved by one, a constant changed, a
statement dropped, an early return, && for ||, min for max (mutations.py has them all). Each is
built and tested in a git worktree of its own under the temporary directory; the tree in which you
work is not touched. What is not committed counts, what git does not know does not.

For each mutant one file is compiled, the test programs that cover its folder are linked, and those
of their tests run that the table COVERING names for it; --tests names others. A mutant is killed
when a test fails, crashes or hangs. One that does not compile does not count.

The end is a list of survivors with file, line, before and after, and the line

    mutants_killed_percent 96.0 (48 of 50; 3 did not compile, 1 explained)

A survivor is a missing test, or a change that changes nothing. The latter are explained in
tests/mutants_explained.txt, by the text of the line, and do not count then:

    file: actors/calc/bands/bollinger.cpp
    line: if (count < period_) return;
    mutation: < to <=
    reason: the window is full then, and the next line does the same

The same seed and sources give the same mutants. Every result is a line of --results, and a run that
is repeated goes on where it was ended. The first run builds everything once, the others what has
changed since; a mutant then costs a compilation, a link and the tests. Exit code: 0 when nothing
has survived, 1 when something has, 2 when no mutant could be tried.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import queue
import random
import re
import subprocess
import sys

import mutation_tree
import mutations

TOP = pathlib.Path(__file__).resolve().parent.parent
EXPLAINED = "tests/mutants_explained.txt"

# Which tests cover a file: the longest prefix of its path counts. Program, and doctest's filter of
# source files, or, for broker_sim, the number of seeds.
COVERING = {
    "messages/": [("unit_tests", "*/unit/messages/*,*/unit/golden/*,*/stream_encoder_*,"
                   "*/tick_block_*")],
    "runtime/": [("unit_tests", "*/unit/runtime/*,*/result_rows_*,*/journal_test*,"
                  "*/tick_log_test*"),
                 ("actors_tests", "*writers*")],
    "runtime/links/": [("unit_tests", "*/unit/runtime/links/*"),
                       ("actors_tests", "*links*,*calc_slot*")],
    "runtime/actors/supervisor": [("actors_tests", "*supervisor*,*calc_slot*")],
    "actors/calc/": [("unit_tests", "*/unit/calc/*,*/stream_rows_*"),
                     ("actors_tests", "*calc_slot*")],
    "actors/control/": [("unit_tests", "*/unit/control/*"), ("actors_tests", "*cluster*")],
    "actors/control/host/host_agent": [("actors_tests", "*cluster*")],
    "actors/market/": [("unit_tests", "*/unit/market/*")],
    "actors/market/slot/data_slot": [("actors_tests", "*data_slot*,*live_*,*subscription*")],
    "actors/market/slot/data_slot_counts": [("unit_tests", "*/data_slot_counts_*")],
    "actors/market/slot/log_": [("unit_tests", "*/log_source_*,*/sync_notice_*"),
                                ("actors_tests", "*log_keeper*,*live_*,*cluster_failover*")],
    "actors/market/tick_log/": [("unit_tests", "*/unit/market/tick_log/*,*/subscription_reader_*")],
    "actors/execution/": [("unit_tests", "*/unit/execution/*,*/unit/apps/reports/*"),
                          ("broker_sim", "100")],
    "actors/execution/slot/": [("unit_tests", "*/unit/execution/slot/*"),
                               ("actors_tests", "*exec_*,*journal_keeper*")],
    "actors/execution/slot/exec_slot": [("actors_tests", "*exec_*")],
    "actors/execution/slot/risk_checker": [("actors_tests", "*exec_*,*ledger*")],
    "actors/execution/gateways/": [("unit_tests", "*/unit/execution/gateways/*,*/broker_*"),
                                   ("actors_tests", "*gateway*"), ("broker_sim", "100")],
    "actors/execution/journal/": [("unit_tests", "*/unit/execution/journal/*,*/journal_replay_*"),
                                  ("actors_tests", "*journal*,*exec_restart*")],
    "actors/execution/ledger/": [("unit_tests", "*/unit/execution/ledger/*"),
                                 ("actors_tests", "*ledger*")],
    "apps/": [("unit_tests", "*/unit/apps/*")],
}


def covering_tests(path):
    fits = [prefix for prefix in COVERING if path.startswith(prefix)]
    return COVERING[max(fits, key=len)] if fits else []


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", help="source files, or folders of them")
    parser.add_argument("--count", type=int, default=20, help="mutants that are tried; default 20")
    parser.add_argument("--seed", type=int, default=1, help="chooses the mutants; default 1")
    parser.add_argument("--jobs", type=int, default=1, help="worktrees at work; default 1")
    parser.add_argument("--tests", action="append", metavar="PROGRAM=FILTER",
                        help="tests to run in place of the table's: unit_tests=*order_*, "
                        "broker_sim=300; may be repeated")
    parser.add_argument("--only", metavar="PROGRAM,...",
                        help="of the tests for a file, those of these programs alone")
    parser.add_argument("--headers", action="store_true",
                        help="change headers, too: slow, for all that includes them is built")
    parser.add_argument("--test-seconds", type=float, default=120,
                        help="for one test program, at most; default 120")
    parser.add_argument("--build-seconds", type=float, default=600,
                        help="for the build of one mutant, at most; default 600")
    parser.add_argument("--results", default="build/mutants.jsonl",
                        help="file of results, which is gone on with; default build/mutants.jsonl")
    parser.add_argument("--list", action="store_true", help="only say which mutants there would be")
    parser.add_argument("--drop-trees", action="store_true", help="remove the worktrees at the end")
    return parser.parse_args()


def stop(why):
    print(f"mutate: {why}", file=sys.stderr)
    sys.exit(2)


def sources_of(paths, headers):
    """`paths` as seen from where the script was started; in the result, from the top."""
    endings = (".cpp", ".hpp") if headers else (".cpp",)
    paths = [os.path.relpath(path, TOP) for path in paths]
    for path in paths:
        if path.startswith("..") or not (TOP / path).exists():
            stop(f"{path}: not there, below {TOP}")
    listed = subprocess.run(["git", "ls-files", "-z", "--", *paths], cwd=TOP, check=True,
                            capture_output=True, text=True).stdout
    return sorted(p for p in listed.split("\0") if p.endswith(endings) and (TOP / p).is_file())


def key_of(path, mutant, text):
    """Of this change in this text: another text has other results."""
    words = json.dumps([path, mutant.line, mutant.mutation, mutant.after])
    return hashlib.sha256((words + text).encode()).hexdigest()[:16]


def choose(paths, count, seed):
    everything = [(path, mutant) for path in paths
                  for mutant in mutations.find_mutants((TOP / path).read_text())]
    chosen = random.Random(seed).sample(everything, min(count, len(everything)))
    return sorted(chosen, key=lambda m: (m[0], m[1].line, m[1].mutation, m[1].after))


def one_line(text):
    return " ".join(" ".join(text).split())


def read_explained(text):
    """{(file, line's text, mutation): reason}. Fails on a paragraph that lacks one of the four."""
    out = {}
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [l for l in paragraph.splitlines() if l.strip() and not l.startswith("#")]
        if not lines:
            continue
        entry = {}
        for line in lines:
            name, _, value = line.partition(":")
            entry[name.strip()] = " ".join(value.split())
        missing = [n for n in ("file", "line", "mutation", "reason") if not entry.get(n)]
        if missing:
            raise ValueError(f"{EXPLAINED}: without {missing[0]}: {paragraph.strip()[:80]}")
        out[entry["file"], entry["line"], entry["mutation"]] = entry["reason"]
    return out


def read_results(path):
    if not path.exists():
        return {}
    results = {}
    for line in path.read_text().splitlines():
        try:
            result = json.loads(line)
            results[result["key"]] = result
        except (ValueError, KeyError):
            pass  # cut off when the run was ended
    return results


def tests_for(path, arguments):
    tests = covering_tests(path)
    if arguments.tests:
        tests = [tuple(t.split("=", 1)) for t in arguments.tests]
    only = arguments.only.split(",") if arguments.only else None
    return [t for t in tests if only is None or t[0] in only]


def try_all(todo, arguments, results_file, results):
    trees = queue.Queue()
    used = sorted({t[0] for path, _ in todo for t in tests_for(path, arguments)})
    limits = mutation_tree.Limits(arguments.build_seconds, arguments.test_seconds)
    for number in range(min(arguments.jobs, len(todo))):
        tree = mutation_tree.Tree(TOP, number, limits)
        print(f"building {', '.join(used)} in {tree.path}", flush=True)
        tree.build(used)
        trees.put(tree)
    first = trees.queue[0]
    for tests in {tuple(tests_for(path, arguments)) for path, _ in todo}:
        failed, why = first.run_tests(tests)
        if failed:
            stop(f"the tests fail without a mutant: {why}")

    def attempt(item):
        path, mutant = item
        tree = trees.get()
        try:
            return item, tree.attempt(path, mutant, tests_for(path, arguments))
        finally:
            trees.put(tree)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for number, (item, outcome) in enumerate(pool.map(attempt, todo), 1):
            path, mutant = item
            key = key_of(path, mutant, (TOP / path).read_text())
            results[key] = {"key": key, "file": path, "line": mutant.line,
                            "mutation": mutant.mutation, "before": mutant.before,
                            "after": mutant.after, **outcome}
            with results_file.open("a") as out:
                out.write(json.dumps(results[key]) + "\n")
            print(f"{number}/{len(todo)} {path}:{mutant.line}: {mutant.mutation}: "
                  f"{outcome['outcome']} in {outcome['seconds']:.0f} s", flush=True)
    while not trees.empty():
        tree = trees.get()
        if arguments.drop_trees:
            tree.remove()


def report(chosen, results, explained):
    """Prints the outcome of all; how many have survived, nothing when none was tried."""
    counts = {"killed": 0, "survived": 0, "uncompilable": 0, "explained": 0}
    for path, mutant in chosen:
        result = results[key_of(path, mutant, (TOP / path).read_text())]
        outcome = result["outcome"]
        reason = explained.get((path, one_line(mutant.before), mutant.mutation))
        if outcome == "survived" and reason:
            outcome = "explained"
            print(f"\nexplained: {path}:{mutant.line}: {mutant.mutation}: {reason}")
        counts[outcome] += 1
        if outcome != "survived":
            continue
        print(f"\nsurvived: {path}:{mutant.line}: {mutant.mutation}")
        print("\n".join([f"  - {line.strip()}" for line in mutant.before] +
                        [f"  + {line.strip()}" for line in mutant.after]))
    tried = counts["killed"] + counts["survived"]
    percent = 100 * counts["killed"] / tried if tried else 0
    print(f"\nmutants_killed_percent {percent:.1f} ({counts['killed']} of {tried}; "
          f"{counts['uncompilable']} did not compile, {counts['explained']} explained)")
    return counts["survived"] if tried or counts["explained"] else None


def main():
    arguments = read_arguments()
    paths = sources_of(arguments.paths, arguments.headers)
    os.chdir(TOP)
    untested = [p for p in paths if not tests_for(p, arguments)]
    if untested:
        stop(f"{untested[0]}: no tests are known to cover it; see --tests")
    explained_file = TOP / EXPLAINED
    explained = read_explained(explained_file.read_text()) if explained_file.exists() else {}
    chosen = choose(paths, arguments.count, arguments.seed)
    if not chosen:
        stop("no mutants there; give .cpp files or folders that git knows")
    if arguments.list:
        for path, mutant in chosen:
            print(f"{path}:{mutant.line}: {mutant.mutation}: {one_line(mutant.after)}")
        return 0
    results_file = pathlib.Path(arguments.results)
    results_file.parent.mkdir(parents=True, exist_ok=True)
    results = read_results(results_file)
    todo = [(path, m) for path, m in chosen
            if key_of(path, m, (TOP / path).read_text()) not in results]
    print(f"{len(chosen)} mutants, {len(chosen) - len(todo)} of them tried before", flush=True)
    if todo:
        try_all(todo, arguments, results_file, results)
    survived = report(chosen, results, explained)
    return 2 if survived is None else int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
