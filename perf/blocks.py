"""The blocks of the benchmark suite: each measures the cluster beside its reference, in turns, and
returns {key: [value of each turn]} for the figures, and for remarks that are no figures."""
import dataclasses
import json
import pathlib
import signal
import subprocess
import tempfile
import time

import build_time
import recovery as recovery_runs
import research as research_runs
from cluster import Failure, Group, Load, PROGRAMS, WORKERS, run_cluster


@dataclasses.dataclass
class Size:
    """How long the blocks are: what `--quick` changes."""
    turns: int = 5
    path_ticks: int = 10_000_000
    kernel_ticks: int = 5_000_000
    delay_s: dict = dataclasses.field(default_factory=lambda: {10_000: 10, 50_000: 6})
    flat_ticks: int = 6_400_000
    cpu_s: int = 8
    stopped_s: int = 60
    large_rows: int = 20_000_000


QUICK = Size(turns=1, path_ticks=2_000_000, kernel_ticks=1_000_000,
             delay_s={10_000: 4, 50_000: 3}, cpu_s=4, flat_ticks=1_600_000, stopped_s=5,
             large_rows=2_000_000)


class Values:
    """Values by key, in the order of the turns."""

    def __init__(self):
        self.by_key = {}

    def add(self, key, value):
        self.by_key.setdefault(key, []).append(value)


def yardstick_ns(ticks, symbols=500):
    """CPU ns a tick of the bare strategy kernel."""
    words = [PROGRAMS / "yardstick", "--symbols", str(symbols), "--ticks", str(ticks)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["ns_per_tick"]


def empty_cpu_s(load):
    """CPU seconds of all processes for their start and end; the lower of two runs."""
    empty = dataclasses.replace(load, ticks=1)
    return min(run_cluster(empty).cpu_s for _ in range(2))


def path_ns(run, empty_s):
    """CPU ns a tick of all processes, without their start and end and without the generator."""
    return (run.cpu_s - empty_s - run.generator_s) * 1e9 / run.ticks


def measure_path(size, load, suffixes):
    """Runs of the cluster between runs of the kernel. `suffixes`: of the keys, by run length."""
    values, notes = Values(), Values()
    empty_s = {length: empty_cpu_s(dataclasses.replace(load, run_length=length))
               for length in suffixes}
    before = yardstick_ns(size.kernel_ticks)
    for _ in range(size.turns):
        for length, (cpu_suffix, rate_suffix) in suffixes.items():
            run = run_cluster(dataclasses.replace(load, ticks=size.path_ticks, run_length=length))
            after = yardstick_ns(size.kernel_ticks)
            kernel, before = (before + after) / 2, after
            ns = path_ns(run, empty_s[length])
            values.add("path_cpu_vs_yardstick" + cpu_suffix, ns / kernel)
            values.add("path_ticks_per_s" + rate_suffix, run.run["ticks_per_second"])
            at = f"runs of {length}"
            notes.add(f"{at}: path CPU ns a tick", ns)
            for host in run.run["processes"]:
                notes.add(f"{at}: CPU ns a tick of {host['host_id']}",
                          host["cpu_seconds"] * 1e9 / run.ticks)
            notes.add(f"{at}: of that, load generator", run.generator_s * 1e9 / run.ticks)
            notes.add(f"{at}: CPU s of an empty run, taken off", empty_s[length])
            notes.add(f"{at}: signals per 1000 ticks", run.signals * 1e3 / run.ticks)
            notes.add(f"{at}: log bytes a tick", run.log_bytes / run.ticks)
            notes.add("yardstick CPU ns a tick", kernel)
    return values.by_key, notes.by_key


def path(size):
    return measure_path(size, Load(), {64: ("", ""), 16: ("_16", "_16")})


def path_replicated(size):
    return measure_path(size, Load(replication=2),
                        {64: ("_replicated", "_replicated"),
                         16: ("_16_replicated", "_16_replicated")})


DELAY_WIDTH = 3.1  # a few more signals than elsewhere: each is a sample


def relay(program, rate, seconds, tick_bytes, forward_every, replicated):
    """Delays of a relay, in us, and the CPU seconds of its processes."""
    with Group() as group:
        def start(name, role, *words):
            group.start(name, [PROGRAMS / program, role, "--announce",
                               group.directory / f"{name}.address", *words],
                        keep_open=role == "source")
            return group.address(name)

        sources = [name for name, role in WORKERS.items() if role == "data"]
        sink = start("exec-0", "sink", "--sources", len(sources))
        calc = start("calc-0", "calc", "--next", sink, "--forward-every", forward_every)
        addresses = [start(name, "source", "--next", calc, "--rate", rate // len(sources),
                           "--ticks", rate * seconds // len(sources), "--tick-bytes", tick_bytes)
                     for name in sources]
        peers = reversed(addresses) if replicated else ["-"] * len(sources)
        for name, peer in zip(sources, peers):
            group.processes[name].child.stdin.write(f"{peer}\n".encode())
            group.processes[name].child.stdin.flush()
        group.wait_for(["exec-0"], seconds + 30)
        delays = json.loads(group.processes["exec-0"].text())
        for process in group.processes.values():
            process.kill()
        delays["cpu_s"] = sum(process.cpu_s for process in group.processes.values())
    if delays["count"] == 0:
        raise Failure("the relay forwarded nothing")
    return delays


RELAYS = {"relay": "relay_node", "tcp": "tcp_relay"}


def delay(size):
    """Tick to order, open loop: a tick's delay counts from when it was due."""
    values, notes = Values(), Values()
    for _ in range(size.turns):
        for rule, replication in (("local", 1), ("replicated", 2)):
            for rate, seconds in size.delay_s.items():
                name = f"{rule}_{rate // 1000}k"
                load = arrival_load(rate, seconds, replication)
                run = run_cluster(load)
                own = run.delay("tick_to_order")
                lateness = run.delay("source_lateness")
                bare = {reference: relay_beside(program, load, run, seconds)
                        for reference, program in RELAYS.items()}
                for share in ("p50", "p99"):
                    key = f"{share}_us"
                    notes.add(f"{name}: {share} us", own[key])
                    notes.add(f"{name}: {share} us of the source's lateness", lateness[key])
                    for reference, delays in bare.items():
                        values.add(f"delay_{share}_vs_{reference}_{name}", own[key] / delays[key])
                        notes.add(f"{name}: {share} us of the {reference}", delays[key])
                for hop in ("feed_to_calc", "calc", "calc_to_exec", "merge_wait"):
                    notes.add(f"{name}: p50 us of {hop}", run.delay(hop)["p50_us"])
                notes.add(f"{name}: orders", own["count"])
                notes.add(f"{name}: messages at the end of the relay", bare["relay"]["count"])
    return values.by_key, notes.by_key


def arrival_load(rate, seconds, replication=1):
    """Ticks one at a time, in real time."""
    return Load(ticks=rate * seconds, run_length=1, ticks_per_second=rate, speed=1,
                replication=replication, width=DELAY_WIDTH)


def relay_beside(program, load, run, seconds):
    """A relay of as many bytes and messages as a run of the cluster had."""
    tick_bytes = max(round(run.log_bytes / load.replication / run.ticks), 1)
    every = max(round(run.ticks / max(run.signals, 1)), 1)
    return relay(program, load.ticks_per_second, seconds, tick_bytes, every, load.replication > 1)


def cpu(size):
    """CPU of all processes a tick at low loads, without their start and end."""
    values, notes = Values(), Values()
    empty_s = empty_cpu_s(arrival_load(1_000, 1))
    for _ in range(size.turns):
        for rate in (1_000, 10_000, 50_000):
            name = f"{rate // 1000}k"
            load = arrival_load(rate, size.cpu_s)
            run = run_cluster(load)
            us = (run.cpu_s - empty_s - run.generator_s) * 1e6 / run.ticks
            bare = relay_beside("tcp_relay", load, run, size.cpu_s)
            bare_us = bare["cpu_s"] * 1e6 / run.ticks
            values.add(f"cpu_us_per_tick_{name}", us)
            values.add(f"cpu_vs_tcp_{name}", us / bare_us)
            notes.add(f"{name}: CPU us a tick of the raw TCP relay", bare_us)
            for host in run.run["processes"]:
                notes.add(f"{name}: CPU us a tick of {host['host_id']}",
                          host["cpu_seconds"] * 1e6 / run.ticks)
    notes.add("low load: CPU s of an empty run, taken off", empty_s)
    return values.by_key, notes.by_key


def tls(size):
    """What TLS between hosts costs: CPU a tick at full speed, delay at 10,000 ticks/s."""
    values, notes = Values(), Values()
    with tempfile.TemporaryDirectory(prefix="tickmesh-perf-") as directory:
        script = pathlib.Path(__file__).resolve().parent.parent / "scripts" / "certificates.sh"
        # One certificate, with the names of all.
        for words in (["authority", directory],
                      ["host", directory, "control", "127.0.0.1", *WORKERS]):
            subprocess.run([script, *words], check=True, capture_output=True)
        certified = {"network.certificates": f"{directory}/control"}
        full, paced = Load(ticks=size.path_ticks), arrival_load(10_000, size.cpu_s)
        for _ in range(size.turns):
            for load, what in ((full, "cpu"), (paced, "delay_p50")):
                runs = [run_cluster(dataclasses.replace(load, more=more))
                        for more in ({}, certified)]
                plain, sealed = ((run.cpu_s - run.generator_s if what == "cpu"
                                  else run.delay("tick_to_order")["p50_us"]) for run in runs)
                values.add(f"tls_{what}_vs_plain", sealed / plain)
                notes.add(f"TLS: {what}, plain", plain)
                notes.add(f"TLS: {what}, with TLS", sealed)
    return values.by_key, notes.by_key


def memory(size):
    """Peak of resident memory over all processes at 10,000 symbols."""
    del size
    values, notes = Values(), Values()
    run = run_cluster(Load(symbols=10_000, ticks=10_000 * 128, more=LONG_TIMEOUTS))
    values.add("memory_mib_10k_symbols", sum(run.peak_mib.values()))
    for host, mib in run.peak_mib.items():
        notes.add(f"peak MiB at 10,000 symbols, {host}", mib)
    return values.by_key, notes.by_key


LONG_TIMEOUTS = {"cluster.failover_timeout_ms": 180_000, "cluster.drain_timeout_ms": 180_000}
STOPPED_RATE = 500_000


def stopped_receiver(size):
    """A calculation host that is stopped while its data hosts go on; then it must catch up. What it
    keeps to restart calculators is small, so that it has been full before."""
    values, notes = Values(), Values()
    warm_up_s, rest_s = 3, 5
    peaks, at_stop = {}, {}

    def watch(group, seconds, into):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            for name, process in group.processes.items():
                into[name] = max(into.get(name, 0.0), process.resident_mib())
            time.sleep(0.05)

    def stop_and_go_on(group):
        log = group.processes["control"]
        limit = time.monotonic() + 60
        while "RUNNING" not in log.text():
            if time.monotonic() > limit or log.poll():
                raise Failure(f"the cluster did not start: {group.texts()}")
            time.sleep(0.05)
        watch(group, warm_up_s, at_stop)
        calc = group.processes["calc-0"]
        calc.signal(signal.SIGSTOP)
        watch(group, size.stopped_s, peaks)
        calc.signal(signal.SIGCONT)
        watch(group, rest_s, peaks)

    run = run_cluster(Load(ticks=STOPPED_RATE * (warm_up_s + size.stopped_s + rest_s),
                           ticks_per_second=STOPPED_RATE, speed=1,
                           more=LONG_TIMEOUTS | {"host.replay_buffer_mib": 16}),
                      stop_and_go_on)
    growth = {name: max(peaks[name], run.peak_mib[name]) - at_stop[name] for name in peaks}
    values.add("stopped_receiver_growth_mib", max(growth.values()))
    for name, mib in growth.items():
        notes.add(f"growth MiB, {name}", mib)
    notes.add("seconds that the receiver was stopped", size.stopped_s)
    return values.by_key, notes.by_key


def flat(size):
    """What a hundred times the symbols cost a tick, beside what they cost the kernel."""
    values, notes = Values(), Values()
    few, many = 50, 5_000
    empty_s = {symbols: empty_cpu_s(Load(symbols=symbols)) for symbols in (few, many)}
    for _ in range(size.turns):
        own, bare = {}, {}
        for symbols in (few, many):
            run = run_cluster(Load(symbols=symbols, ticks=size.flat_ticks))
            own[symbols] = path_ns(run, empty_s[symbols])
            bare[symbols] = yardstick_ns(size.kernel_ticks, symbols)
            notes.add(f"path CPU ns a tick, {symbols} symbols", own[symbols])
            notes.add(f"yardstick CPU ns a tick, {symbols} symbols", bare[symbols])
        values.add("flat_cost_vs_kernel", own[many] / own[few] / (bare[many] / bare[few]))
    return values.by_key, notes.by_key


def own_turns(size, program):
    """The figures of a benchmark that has turns of its own."""
    with tempfile.TemporaryDirectory(prefix="tickmesh-perf-") as directory:
        answer = pathlib.Path(directory) / "figures.json"
        words = [str(PROGRAMS / program), "--json", str(answer)]
        done = subprocess.run(words + (["--quick"] if size is QUICK else []), capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise Failure(done.stderr)
        print(done.stdout, end="")
        out = json.loads(answer.read_text())
    return tuple({key: [value] * 3 for key, value in out.get(part, {}).items()}
                 for part in ("figures", "notes"))


def ticklog(size):
    return own_turns(size, "ticklog_benchmark")


def risk(size):
    """What the check of an order costs with every rule on."""
    return own_turns(size, "risk_benchmark")


def execution(size):
    """An execution slot: verdicts a second under load, and how soon an order is at the broker."""
    return own_turns(size, "execution_benchmark")


def simulation(size):
    """Seeds of the cluster simulation, beside messages between bare actors under its scheduler."""
    values, notes = Values(), Values()
    for _ in range(size.turns):
        for key, hosts in (("cluster_sim_ms_per_seed", "6"), ("one to six hosts, ms a seed", "")):
            wish = ["--hosts", hosts] if hosts else []
            done = subprocess.run([PROGRAMS / "cluster_sim", "--seeds", "200", "--floor", *wish],
                                  capture_output=True, text=True, check=False)
            found = dict(reversed(line.split(" ", 1)) for line in done.stdout.splitlines())
            if "200 seeds, 0 violations" not in done.stdout:
                raise Failure(f"cluster_sim: {done.stdout[-500:]}")
            ms = next(float(value) for text, value in found.items()
                      if text.startswith("ms of CPU a seed"))
            (values if hosts else notes).add(key, ms)
            notes.add("messages a second between bare actors",
                      float(found["bare messages a second"]))
    return values.by_key, notes.by_key


def recovery(size):
    """How long execution gets no signals when a host is lost, at 500 symbols and 10,000 ticks/s."""
    values, notes = Values(), Values()
    quick = size is QUICK
    for _ in range(1 if quick else 7):
        for name, fault in recovery_runs.faults(quick).items():
            gap_ms = recovery_runs.measure(fault)
            if name == "calc_hang":
                values.add("recovery_calc_hang_p50_vs_timeout",
                           gap_ms / recovery_runs.CALC_TIMEOUT_MS)
                notes.add("calc_hang: ms without signals", gap_ms)
            else:
                values.add(f"recovery_ms_{name}_p50", gap_ms)
        notes.add("ms without signals in a run without a fault", recovery_runs.measure(None))
        values.add("shadow_cpu_vs_owner", recovery_runs.shadow_cpu_vs_owner(size.path_ticks // 2))
    notes.add("calc_hang: cluster.calc_failover_timeout_ms", recovery_runs.CALC_TIMEOUT_MS)
    notes.add("crashes: time-out (a closed port is noticed at once)", 0)
    return values.by_key, notes.by_key


def build(_):
    """A build from nothing; one turn, however long the blocks are."""
    figures, notes = build_time.measure(build_time.TOP)
    return ({key: [value] for key, value in figures.items()},
            {text: [value] for text, value in notes.items()})


def research(size):
    """A recorded day in one process, from start to prompt."""
    return research_runs.measure(size.turns, size.path_ticks // 2, size.large_rows)


BLOCKS = {
    "path": path,
    "path_replicated": path_replicated,
    "delay": delay,
    "cpu": cpu,
    "tls": tls,
    "ticklog": ticklog,
    "risk": risk,
    "execution": execution,
    "memory": memory,
    "stopped_receiver": stopped_receiver,
    "flat": flat,
    "research": research,
    "build": build,
    "simulation": simulation,
    "recovery": recovery,
}
BY_NAME = ("research", "build", "simulation", "recovery")
DEFAULT = [name for name in BLOCKS if name not in BY_NAME]
