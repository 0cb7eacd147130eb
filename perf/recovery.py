"""How long execution gets no signals when a host is lost: real processes, one of which is killed or
stopped, while the ledger of execution is looked at every two milliseconds. A figure is the longest
time around the fault in which no new order stands there; a run without a fault gives the longest
that the market itself, and the looking, have."""
import contextlib
import dataclasses
import json
import pathlib
import signal
import sqlite3
import subprocess
import time

from cluster import Failure, Group, Load, PROGRAMS, WORKERS, write_configuration

RATE = 10_000
WIDTH = 2.6  # so that the ledger keeps up, and a signal comes each few ms
STANDBY = {"calc-1": "calc"}
LEDGER = {"execution.ledger.enabled": "true", "execution.ledger.write_interval_ms": 1}
BEFORE_S = 1  # the ledger is looked at before the fault
AFTER_S = 4   # a run goes on behind it
START_LIMIT_S = 60
CALC_TIMEOUT_MS = 250  # cluster.calc_failover_timeout_ms, by default


@dataclasses.dataclass
class Fault:
    """What happens to the host of which slot, after how many seconds of ticks. `warm`: its replica
    is in sync then."""
    slot: str
    signal: int
    after_s: int
    warm: bool = True
    settings: dict = dataclasses.field(default_factory=dict)


def faults(quick):
    history_s = 10 if quick else 60
    return {
        "calc_crash_warm": Fault("calc/0", signal.SIGKILL, 5),
        "calc_crash_cold": Fault("calc/0", signal.SIGKILL, history_s, warm=False,
                                 settings={"cluster.calc_replication": 1}),
        "calc_hang": Fault("calc/0", signal.SIGSTOP, 5),
        "data_crash": Fault("data/0", signal.SIGKILL, 5),
    }


def wait_until(group, condition, what):
    limit = time.monotonic() + START_LIMIT_S
    while not condition():
        if time.monotonic() > limit:
            raise Failure(f"waited {START_LIMIT_S} s for {what}: {group.texts()}")
        time.sleep(0.05)


def status(address):
    done = subprocess.run([PROGRAMS / "tickmesh", "status", "--json", "--control", address],
                          capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def row_of(state, slot):
    return next(row for row in state["slots"] if row["slot"] == slot)


def is_ready(address, fault):
    state = status(address)
    if state is None or state["phase"] != "RUNNING":
        return False
    replicas = row_of(state, fault.slot)["replicas"]
    return not fault.warm or any(replica["in_sync"] for replica in replicas)


def symbols_of(state_directory, host, slot):
    """Those whose ticks a data slot has logged."""
    log = next(pathlib.Path(state_directory).rglob(f"{host}/ticks/{slot.replace('/', '-')}"), None)
    if log is None:
        raise Failure(f"{state_directory} has no tick log of {slot} on {host}")
    done = subprocess.run([PROGRAMS / "tickmesh", "ticks", "ls", log, "--symbols", "--json"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(done.stderr)
    return {row["symbol"] for log in json.loads(done.stdout)
            for day in log["days"] for row in day["symbols"]}


class Ledger:
    """Watches the orders of a running execution slot as they are written."""

    def __init__(self, state_directory):
        path = next(pathlib.Path(state_directory).rglob("*.sqlite"), None)
        if path is None:
            raise Failure(f"{state_directory} has no ledger")
        self.database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.last_event = self.database.execute(
            "SELECT coalesce(max(created_event), 0) FROM orders").fetchone()[0]
        self.seen = []  # moments at which there were new ones, and their symbols

    def close(self):
        self.database.close()

    def watch(self, seconds):
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            rows = self.database.execute("SELECT created_event, symbol FROM orders WHERE "
                                         "created_event > ?", (self.last_event,)).fetchall()
            if rows:
                self.last_event = max(event for event, _ in rows)
                self.seen.append((now, {symbol for _, symbol in rows}))
            time.sleep(0.002)

    def longest_gap_ms(self, symbols):
        """Without an order of these symbols, or of any."""
        times = [now for now, had in self.seen if symbols is None or symbols & had]
        if len(times) < 100:
            raise Failure(f"orders came only {len(times)} times around the fault")
        return max(b - a for a, b in zip(times, times[1:])) * 1e3


def start_cluster(group, load, settings):
    """A cluster with a standby; the address of its control host."""
    config = group.directory / "perf.toml"
    write_configuration(config, load)
    common = [PROGRAMS / "tickmesh", "run", "--config", config,
              "--results", group.directory / "results", "--state-dir", group.directory / "state",
              "--listen", "127.0.0.1:0"]
    for key, value in settings.items():
        common += ["--set", f"{key}={value}"]
    group.start("control", common + ["--role", "control", "--host-id", "control",
                                     "--announce-file", group.directory / "control.address"])
    address = group.address("control")
    for name, role in (STANDBY | WORKERS).items():
        flags = ["--standby"] if name in STANDBY else []
        group.start(name, common + flags + ["--role", role, "--host-id", name, "--join", address])
    return address


def measure(fault):
    """The gap in ms; of a fault that is None, what it would be without one."""
    given = fault or Fault("calc/0", 0, 5)
    load = Load(ticks=RATE * (given.after_s + AFTER_S + 600), run_length=1, ticks_per_second=RATE,
                speed=1, replication=2, width=WIDTH)
    with Group() as group:
        address = start_cluster(group, load, LEDGER | given.settings)
        state = group.directory / "state"
        wait_until(group, lambda: is_ready(address, given), "the cluster to be ready")
        time.sleep(given.after_s)
        wait_until(group, lambda: is_ready(address, given), "the replica to be in sync")
        victim = row_of(status(address), given.slot)["host_id"]
        with contextlib.closing(Ledger(state)) as ledger:
            ledger.watch(BEFORE_S)
            if fault:
                group.processes[victim].signal(given.signal)
            ledger.watch(AFTER_S)
            group.processes["control"].signal(signal.SIGTERM)
            if given.signal == signal.SIGSTOP:
                group.processes[victim].kill()
            group.wait_for([name for name in group.processes
                            if name != victim or not fault])
            is_data = given.slot.startswith("data")
            symbols = symbols_of(state, victim, given.slot) if is_data else None
            return ledger.longest_gap_ms(symbols)


def shadow_cpu_vs_owner(ticks):
    """CPU of a replica of the calculation slot over its owner's, as fast as possible."""
    with Group() as group:
        start_cluster(group, Load(ticks=ticks), {})
        group.wait_for(list(group.processes))
        return group.processes["calc-1"].cpu_s / group.processes["calc-0"].cpu_s
