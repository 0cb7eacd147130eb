"""Runs of a cluster of real processes for the benchmarks: starts them, watches them, reads what
they leave. Every process is ended by its id when a run fails."""
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

PROGRAMS = pathlib.Path(__file__).resolve().parent.parent / "build" / "release"
RUN_LIMIT_S = 240
ADDRESS_LIMIT_S = 30
MIB = 1 << 20


class Failure(Exception):
    """A run that did not do its work; its figures must not be used."""


class Process:
    """A child process with its output in a file, and what it has used at its end."""

    def __init__(self, name, words, directory, keep_open=False):
        self.name = name
        self.output = pathlib.Path(directory) / f"{name}.out"
        self.end = None
        self.cpu_s = 0.0
        self.peak_mib = 0.0
        with open(self.output, "wb") as out:
            self.child = subprocess.Popen(
                [str(word) for word in words], stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.PIPE if keep_open else subprocess.DEVNULL)

    def poll(self):
        """True when it has ended; its use of CPU and memory is known from then on."""
        if self.end is None:
            pid, status, used = os.wait4(self.child.pid, os.WNOHANG)
            if pid != 0:
                self.end = self.child.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_s = used.ru_utime + used.ru_stime
                self.peak_mib = used.ru_maxrss / 1024
        return self.end is not None

    def resident_mib(self):
        try:
            fields = pathlib.Path(f"/proc/{self.child.pid}/statm").read_text().split()
        except OSError:
            return 0.0
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / MIB if len(fields) > 1 else 0.0

    def signal(self, number):
        if not self.poll():
            os.kill(self.child.pid, number)

    def kill(self):
        while not self.poll():
            os.kill(self.child.pid, signal.SIGKILL)
            time.sleep(0.01)

    def text(self):
        return self.output.read_text(errors="replace")


class Group:
    """Processes that end together: with the block at the latest."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="tickmesh_perf_")
        self.directory = pathlib.Path(self.scratch.name)
        self.processes = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
        self.scratch.cleanup()

    def start(self, name, words, keep_open=False):
        process = Process(name, words, self.directory, keep_open)
        self.processes[name] = process
        return process

    def address(self, name):
        """What a process has announced in NAME.address."""
        path = self.directory / f"{name}.address"
        limit = time.monotonic() + ADDRESS_LIMIT_S
        while time.monotonic() < limit:
            if path.exists():
                return path.read_text().strip()
            if self.processes[name].poll():
                break
            time.sleep(0.01)
        raise Failure(f"{name} announced no address:\n{self.processes[name].text()}")

    def wait_for(self, names, limit_s=RUN_LIMIT_S):
        """Waits for an end without failure of these processes."""
        limit = time.monotonic() + limit_s
        while not all([self.processes[name].poll() for name in names]):
            if time.monotonic() > limit:
                raise Failure(f"still running after {limit_s} s: {self.texts()}")
            if any(self.processes[name].end for name in names):
                break
            time.sleep(0.01)
        if any(self.processes[name].end for name in names):
            raise Failure(f"a process failed: {self.texts()}")

    def texts(self):
        return "".join(f"\n-- {p.name} ({p.end}):\n{p.text()[-1500:]}"
                       for p in self.processes.values())


@dataclasses.dataclass
class Load:
    """What a run of the cluster is given. `speed` 0: as fast as possible; `more`: other settings.
    `ticks_per_second` of event time is about what the path must do of wall time, so that marks to
    the execution slot are as many as they would be live."""
    symbols: int = 500
    ticks: int = 10_000_000
    run_length: int = 64
    ticks_per_second: int = 5_000_000
    speed: float = 0
    replication: int = 1
    width: float = 3.2
    more: dict = dataclasses.field(default_factory=dict)


PERIODS = range(11, 31)  # of the 20 strategies

CONFIGURATION = """
[cluster]
name = "perf"
data_slots = 2
calc_slots = 1
exec_slots = 1
data_replication = {replication}
[source]
kind = "load"
speed = {speed}
[source.load]
symbols = {symbols}
ticks = {ticks}
ticks_per_second = {ticks_per_second}
run_length = {run_length}
[tick_log]
durability = "interval"
[execution]
broker = "accept"
sequencer = "arrival"
[execution.ledger]
enabled = false
[execution.limits]
position_max = 1000000000
order_value_max = 90000000000
daily_loss_max = 90000000000
orders_max = 100000000
signal_age_max_ms = 0
[results]
rows = false
"""

WORKERS = {"data-0": "data", "data-1": "data", "calc-0": "calc", "exec-0": "exec"}


@dataclasses.dataclass
class Run:
    """What a run of the cluster left."""
    summary: dict
    run: dict
    cpu_s: float        # of all processes
    generator_s: float  # of that, of the load generator
    peak_mib: dict      # by host
    log_bytes: int

    @property
    def ticks(self):
        return self.summary["ticks"]["in"]

    @property
    def signals(self):
        return self.summary["signals"]

    def delay(self, name):
        return self.run["delays"][name]


def write_configuration(path, load):
    text = CONFIGURATION.format(**dataclasses.asdict(load))
    for period in PERIODS:
        text += (f'[[strategies]]\nname = "boll{period}"\nperiod = {period}\n'
                 f"width = {load.width}\n")
    path.write_text(text)


def check_complete(load, summary, run):
    """Every tick and every signal is accounted for, from one end to the other."""
    counts = run["slot_counts"]
    calc, execution = counts["calc/0"], counts["exec/0"]
    orders = summary["orders"]["by_verdict"]
    expected = {
        "ticks in": summary["ticks"]["in"],
        "ticks accepted": summary["ticks"]["accepted"],
        "ticks calculated": run["delays"]["calc"]["count"],
    }
    wrong = {name: count for name, count in expected.items() if count != load.ticks}
    if calc["signals"] != execution["signals_in"] or sum(orders.values()) != calc["signals"]:
        wrong["signals sent"] = calc["signals"]
        wrong["signals received"] = execution["signals_in"]
        wrong["orders"] = orders
    refused = {name: count for name, count in orders.items() if count and name != "APPROVED"}
    if refused:
        wrong["refused"] = refused
    if wrong:
        raise Failure(f"not all of {load.ticks} ticks are accounted for: {wrong}")


def run_cluster(load, during=None):
    """A whole run; `during(group)` is called once all processes are started."""
    tickmesh = PROGRAMS / "tickmesh"
    with Group() as group:
        config = group.directory / "perf.toml"
        write_configuration(config, load)
        results = group.directory / "results"
        state = group.directory / "state"
        common = [tickmesh, "run", "--config", config, "--results", results, "--state-dir", state,
                  "--listen", "127.0.0.1:0"]
        for key, value in load.more.items():
            common += ["--set", f"{key}={value}"]
        group.start("control", common + ["--role", "control", "--host-id", "control",
                                         "--announce-file", group.directory / "control.address"])
        address = group.address("control")
        for name, role in WORKERS.items():
            group.start(name, common + ["--role", role, "--host-id", name, "--join", address])
        if during:
            during(group)
        group.wait_for(list(group.processes))
        merged = subprocess.run([tickmesh, "results", "merge", results], capture_output=True,
                                text=True, check=False)
        if merged.returncode != 0:
            raise Failure(merged.stderr + group.texts())
        summary = json.loads((results / "summary.json").read_text())
        run = json.loads((results / "run.json").read_text())
        check_complete(load, summary, run)
        log_bytes = sum(path.stat().st_size for path in state.rglob("*") if path.is_file())
        processes = group.processes.values()
        return Run(summary, run, sum(p.cpu_s for p in processes),
                   sum(slot.get("generator_cpu_ns", 0)
                       for slot in run["slot_counts"].values()) * 1e-9,
                   {p.name: p.peak_mib for p in processes}, log_bytes)
