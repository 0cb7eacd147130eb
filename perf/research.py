"""A researcher's day: whole runs in one process by the wall, beside pandas on the same file.

`perf/run.sh research`; needs /usr/bin/python3 with pandas (Debian's python3-pandas).
"""
import json
import lzma
import os
import pathlib
import random
import subprocess
import tempfile
import time

from cluster import Failure, PROGRAMS

TOP = pathlib.Path(__file__).resolve().parent.parent
DATA = TOP.parent / "shared" / "data" / "ctp_futures"
DAY = "shfe_ru1901_20181008-20181012.l1.csv.xz"
SYMBOLS = 500
HEADER = "timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume\n"

CONFIGURATION = """
instruments = "instruments.toml"
[execution]
currency = "CNY"
[[strategies]]
name = "boll20"
period = 20
width = 3.2
"""
INSTRUMENTS = """
[[instruments]]
pattern = "S*"
exchange = "X"
currency = "CNY"
price_tick = "0.01"
"""

# What a researcher would write: the file read, a rolling mean and deviation of 20 of each symbol.
PANDAS = """
import sys
import pandas
rows = pandas.read_csv(sys.argv[1])
prices = rows.groupby("InstrumentID")["LastPrice"].rolling(20)
mean, deviation = prices.mean(), prices.std(ddof=0)
"""


def wall_s(words):
    """Seconds by the wall, CPU seconds and peak of resident memory in MiB of a command that must
    succeed."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen([str(word) for word in words], stdout=output,
                                 stderr=subprocess.STDOUT)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        if child.returncode != 0:
            output.seek(0)
            raise Failure(output.read().decode(errors="replace")[-1500:])
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def write_ticks(path, ticks):
    """Own CSV: snapshots of random walks, symbols at random, over four hours."""
    draw = random.Random(1)
    cents = [10_000 + draw.randrange(90_000) for _ in range(SYMBOLS)]
    step_ns = 4 * 3_600 * 10**9 // ticks
    with open(path, "w", encoding="ascii") as out:
        out.write(HEADER)
        for i in range(ticks):
            s = draw.randrange(SYMBOLS)
            cents[s] = max(100, cents[s] + draw.randrange(-3, 4))
            second, ns = divmod(i * step_ns, 10**9)
            price = cents[s]
            out.write(f"2024-01-02T{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}."
                      f"{ns:09}Z,S{s:03},snapshot,{price / 100:.2f},{draw.randrange(1, 6)},"
                      f"{(price - 1) / 100:.2f},5,{(price + 1) / 100:.2f},5\n")


class Work:
    """A directory in which runs are made."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        (self.directory / "research.toml").write_text(CONFIGURATION)
        (self.directory / "instruments.toml").write_text(INSTRUMENTS)

    def run(self, *more, config=None):
        """Seconds, CPU seconds and MiB of a whole run from start to prompt."""
        return wall_s([PROGRAMS / "tickmesh", "run", "--config",
                       config or self.directory / "research.toml",
                       "--results", self.directory / "results",
                       "--state-dir", self.directory / "state", *more])


def kernel_ns():
    """CPU ns a tick of one strategy without anything around it."""
    said = subprocess.run([PROGRAMS / "yardstick", "--symbols", str(SYMBOLS), "--strategies", "1"],
                          capture_output=True, text=True, check=True).stdout
    return json.loads(said)["ns_per_tick"]


def verdicts(only):
    """An execution slot under load: verdicts a second, and CPU us a verdict."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run([PROGRAMS / "execution_benchmark", "--only", only, "--json", file.name],
                       capture_output=True, check=True)
        said = json.load(open(file.name, encoding="utf-8"))
    by = {**said["figures"], **said["notes"]}
    rate = next(value for name, value in by.items()
                if name == "verdicts_per_s" or name.endswith("verdicts a second"))
    cpu = next(value for name, value in by.items() if name.endswith("CPU us a verdict"))
    return rate, cpu


def measure(turns, ticks, large_rows):
    """Figures and notes by name, each a list of the turns' values; `large_rows` is how many a file
    has whose run is asked for its memory."""
    compressed = DATA / DAY
    if not compressed.exists():
        raise Failure(f"{compressed} is missing: the recorded day that is read")
    if subprocess.run(["/usr/bin/python3", "-c", "import pandas"], capture_output=True,
                      check=False).returncode != 0:
        raise Failure("/usr/bin/python3 has no pandas: apt-get install python3-pandas")
    figures, notes = {}, {}

    def add(to, name, value):
        to.setdefault(name, []).append(value)

    with tempfile.TemporaryDirectory(prefix="tickmesh-research-") as directory:
        work = Work(directory)
        path = work.directory / "ticks.csv"
        write_ticks(path, ticks)
        wall_s([PROGRAMS / "tickmesh", "ticks", "import", "--config",
                work.directory / "research.toml", "--out", work.directory / "log", path])
        path.unlink()
        log = ["--set", "source.kind=ticklog", "--set",
               f"source.ticklog.paths={work.directory / 'log' / 'data-0'}"]
        plain = work.directory / "day.csv"
        plain.write_bytes(lzma.open(compressed).read())
        script = work.directory / "reference.py"
        script.write_text(PANDAS)
        for _ in range(turns):
            for name, more in (("rows", []), ("norows", ["--set", "results.rows=false"])):
                seconds, cpu, mib = work.run(*log, *more)
                add(figures, f"research_ticks_per_s_ticklog_{name}", ticks / seconds)
                add(notes, f"{name}: s from start to prompt", seconds)
                add(notes, f"{name}: CPU ns a tick", cpu * 1e9 / ticks)
                add(notes, f"{name}: peak MiB", mib)
            kernel = kernel_ns()
            add(figures, "research_ns_per_tick_vs_kernel", cpu * 1e9 / ticks / kernel)
            add(notes, "bare strategy: CPU ns a tick", kernel)
            for name, file in (("csv", plain), ("csv_xz", compressed)):
                own, _, _ = work.run("--file", file, config=TOP / "config" / "embedded.toml")
                pandas, _, _ = wall_s(["/usr/bin/python3", script, file])
                add(figures, f"research_rows_vs_pandas_{name}", pandas / own)
                add(notes, f"{name}: s of the run", own)
                add(notes, f"{name}: s of pandas", pandas)
        rate, cpu = verdicts("load_by_event_time") # with turns of its own
        _, by_arrival = verdicts("load")
        add(figures, "verdicts_per_s_event_time", rate)
        add(figures, "verdict_event_time_vs_arrival", cpu / by_arrival)
        large = work.directory / "large.csv"
        write_ticks(large, large_rows)
        seconds, _, mib = work.run("--file", large, "--set", "results.rows=false")
        add(figures, "research_memory_mib", mib)
        add(notes, f"a file of {large_rows:,} rows: s from start to prompt", seconds)
    return figures, notes
