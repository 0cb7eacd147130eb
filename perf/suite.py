#!/usr/bin/env python3
"""Runs the benchmark suite and prints one table: perf/run.sh builds what it needs and calls it.

Usage: perf/suite.py [--quick] [--json FILE] [--commit TEXT] [NAME...]
  --quick      one turn of short runs, in under 3 minutes; not comparable with other runs
  --json FILE  also writes {"machine", "costs": {NAME: ns}, "commit", "quick", "busy",
               "figures": {KEY: median}, "spread": {KEY: [lowest, highest]},
               "notes": {TEXT: median}}
  NAME         path, path_replicated, delay, cpu, tls, ticklog, risk, execution, memory,
               stopped_receiver, flat; default: all of these. By name only: build, a build from
               nothing; research, whole runs in one process beside pandas; simulation, seeds of
               whole clusters; recovery, how long execution gets no signals when a host is lost
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import blocks
from cluster import PROGRAMS, Failure

# What each figure must be; "<=" or ">=" a bound, and the aim where it differs from the bound.
BOUNDS = {
    "path_cpu_vs_yardstick": ("<=", 2, 1.5),
    "path_cpu_vs_yardstick_16": ("<=", 3, None),
    "path_ticks_per_s": (">=", 5e6, 8e6),
    "memory_mib_10k_symbols": ("<=", 1024, None),
    "stopped_receiver_growth_mib": ("<=", 256, None),
    "flat_cost_vs_kernel": ("<=", 1.2, None),
    "risk_ns_per_order": ("<=", 1000, None),
    "verdicts_per_s": (">=", 100_000, None),
    "signal_to_broker_p50_vs_floor": ("<=", 1.3, None),
    "signal_to_broker_p50_vs_rtt_never": ("<=", 6, None),
    "halt_ms_p99": ("<=", 100, None),
    "build_cpu_s_tickmesh": ("<=", 450, None),
    "build_cpu_s_tests": ("<=", 600, None),
    "halt_ms_1m_vs_1k": ("<=", 1.3, None),
    "research_ticks_per_s_ticklog_rows": (">=", 1e6, None),
    "research_ticks_per_s_ticklog_norows": (">=", 2e6, None),
    "research_rows_vs_pandas_csv": (">=", 2, None),
    "research_rows_vs_pandas_csv_xz": (">=", 2, None),
    "research_ns_per_tick_vs_kernel": ("<=", 15, None),
    "research_memory_mib": ("<=", 512, None),
    "verdicts_per_s_event_time": (">=", 150_000, None),
    "verdict_event_time_vs_arrival": ("<=", 1.3, None),
    "session_up_ms_1m_vs_1k": ("<=", 1.3, None),
    "cluster_sim_ms_per_seed": ("<=", 50, None),
    "recovery_ms_calc_crash_warm_p50": ("<=", 100, None),
    "recovery_ms_calc_crash_cold_p50": ("<=", 480, None),
    "recovery_calc_hang_p50_vs_timeout": ("<=", 1.5, None),
    "recovery_ms_data_crash_p50": ("<=", 300, None),
    "shadow_cpu_vs_owner": ("<=", 1.1, None),
}
for rule in ("local", "replicated"):
    for rate in ("10k", "50k"):
        BOUNDS[f"delay_p50_vs_relay_{rule}_{rate}"] = ("<=", 2, None)
        BOUNDS[f"delay_p99_vs_relay_{rule}_{rate}"] = ("<=", 4, None)
        BOUNDS[f"delay_p50_vs_tcp_{rule}_{rate}"] = ("<=", 5, 3)
        BOUNDS[f"delay_p99_vs_tcp_{rule}_{rate}"] = ("<=", 4, None)
for what in ("cpu", "delay_p50"):
    BOUNDS[f"tls_{what}_vs_plain"] = ("<=", 1.3, None)
for rate in ("1k", "10k", "50k"):
    BOUNDS[f"cpu_vs_tcp_{rate}"] = ("<=", 2, None)

BUSY_SHARE = 0.1  # of the CPUs, used by others


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":")[1].strip() for line in lines
                      if line.startswith("model name")), "unknown CPU")
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return f"{model}, {os.cpu_count()} CPUs, {memory_gib:.0f} GiB"


def machine_costs():
    """What the system charges, in ns: ratios to work that the processor does alone move with it."""
    done = subprocess.run([PROGRAMS / "machine_cost"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class Machine:
    """How much of the CPUs others have used since the object was made."""

    def __init__(self):
        self.begin = self.times()

    @staticmethod
    def times():
        """Seconds of all CPUs: idle, in total, and used by this process and its ended children."""
        with open("/proc/stat", encoding="utf-8") as lines:
            values = [int(value) / os.sysconf("SC_CLK_TCK")
                      for value in lines.readline().split()[1:9]]
        return values[3] + values[4], sum(values), sum(os.times()[:4])

    def others_share(self):
        idle, total, own = (now - then for now, then in zip(self.times(), self.begin))
        return max(1 - (idle + own) / total, 0.0) if total > 0 else 0.0


def busy_before():
    """Share of the CPUs that others use now, over a second."""
    watch = Machine()
    time.sleep(1)
    return watch.others_share()


def text_of(value):
    if abs(value) >= 1_000_000:
        return f"{value / 1e6:.2f} M"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def verdict(key, median):
    if key not in BOUNDS:
        return ""
    way, bound, aim = BOUNDS[key]
    met = median <= bound if way == "<=" else median >= bound
    aimed = f", aim {text_of(aim)}" if aim else ""
    return f"{'met' if met else 'MISSED'} ({way} {text_of(bound)}{aimed})"


def print_rows(values, indent):
    for key, all_values in values.items():
        median = statistics.median(all_values)
        spread = f"[{text_of(min(all_values))} .. {text_of(max(all_values))}]"
        print(f"{indent}{key:<{48 - len(indent)}}{text_of(median):>10}  {spread:<22} "
              f"{verdict(key, median)}".rstrip(), flush=True)


def read_arguments():
    parser = argparse.ArgumentParser(description="The benchmark suite.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--commit", default="unknown")
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in blocks.BLOCKS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: unknown; allowed: {', '.join(blocks.BLOCKS)}")
    return given


def main():
    given = read_arguments()
    # So that the processes of a block are ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    size = blocks.QUICK if given.quick else blocks.Size()
    costs = machine_costs()
    out = {"machine": machine(), "costs": costs, "commit": given.commit, "quick": given.quick,
           "busy": False,
           "figures": {}, "spread": {}, "notes": {}, "failed": {}}
    print(f"{out['machine']}; commit {given.commit}\n"
          f"a system call {costs['system_call_ns']:,} ns, a thread switch "
          f"{costs['thread_switch_ns']:,} ns, a page fault {costs['page_fault_ns']:,} ns\n"
          f"median [lowest .. highest] of {size.turns} turns, each beside its reference; the "
          "memory blocks are one run"
          + ("\nQUICK: not comparable with other runs" if given.quick else ""))
    for name in given.names or blocks.DEFAULT:
        before, watch, begin = busy_before(), Machine(), time.monotonic()
        print(f"\n{name}: load average {os.getloadavg()[0]:.2f}, {before:.0%} of the CPUs used by "
              "others", flush=True)
        try:
            values, notes = blocks.BLOCKS[name](size)
        except Failure as failure:
            out["failed"][name] = str(failure)
            print(f"  FAILED: {failure}", flush=True)
            continue
        print_rows(values, "  ")
        print_rows(notes, "    ")
        during = watch.others_share()
        busy = max(before, during) > BUSY_SHARE
        out["busy"] = out["busy"] or busy
        print(f"    {time.monotonic() - begin:.0f} s; others used {during:.0%} of the CPUs"
              f"{' (BUSY)' if busy else ''}", flush=True)
        for key, all_values in values.items():
            out["figures"][key] = statistics.median(all_values)
            out["spread"][key] = [min(all_values), max(all_values)]
        out["notes"].update({key: statistics.median(each) for key, each in notes.items()})
    if out["busy"]:
        print("\nBUSY: others used the machine; these figures are not to be compared")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump(out, file, indent=2)
            file.write("\n")
    sys.exit(1 if out["failed"] else 0)


if __name__ == "__main__":
    main()
