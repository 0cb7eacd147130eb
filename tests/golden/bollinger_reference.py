#!/usr/bin/python3
"""Recomputes Bollinger factors and signals from prices and compares them with what a run wrote.

    bollinger_reference.py DIRECTORY
        holds ticks.csv and strategies.json of one symbol, and the factors.csv and signals.csv that
        the calculator made of them
    bollinger_reference.py --run RESULTS --strategy NAME [--period 20] [--width 2]
        RESULTS/factors.csv of a whole run; prices are those of the reactive strategy's own rows

Every value is computed on its own, in two passes over its window: the mean, then the squared
deviations from it, both exact in integers (1e-8 units). Bands may differ by 1e-12 of the window's
greatest price, signals not at all. Prints what was compared as JSON and ends with 1 on any
difference. Needs numpy.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

UNIT = 10**8
WIDTH_UNIT = 10**4
TOLERANCE = 1e-12
SHOWN = 5


class Differences:
    def __init__(self):
        self.count = 0

    def add(self, where, expected, actual):
        self.count += 1
        if self.count <= SHOWN:
            print(f"{where}: should be {expected}, is {actual}", file=sys.stderr)

    def compare_lists(self, where, expected, actual):
        if len(expected) != len(actual):
            self.add(f"{where}: number", len(expected), len(actual))
        for i, (want, got) in enumerate(zip(expected, actual)):
            if want != got:
                self.add(f"{where}[{i}]", want, got)


def bollinger(prices, ends, period, width_e4):
    """Bands, percent b (nan: flat), direction and greatest price of the `period` prices that end at
    each index."""
    prices = np.asarray(prices, dtype=np.int64)
    ends = np.asarray(ends, dtype=np.int64)
    if len(ends) == 0:
        empty = np.empty(0)
        return empty, empty, empty, empty, np.empty(0, dtype=int), empty
    windows = np.lib.stride_tricks.sliding_window_view(prices, period)[ends - (period - 1)]
    base = windows.min(axis=1)
    unit = int(np.gcd.reduce((windows - base[:, None]).ravel())) or 1
    offsets = (windows - base[:, None]) // unit
    reach = int(offsets.max())
    if period * (period * reach) ** 2 >= 2**62:
        offsets = offsets.astype(object)
    total = offsets.sum(axis=1)
    deviations = offsets * period - total[:, None]  # period x (price - mean)
    squares = (deviations * deviations).sum(axis=1)  # period^2 x sum of squared deviations
    distance = deviations[:, -1]

    direction = np.zeros(len(ends), dtype=int)
    inside, outside = width_e4**2, WIDTH_UNIT**2 * period
    for i, (d, s) in enumerate(zip(distance.tolist(), squares.tolist())):
        if d * d * outside > s * inside:
            direction[i] = 1 if d < 0 else -1

    real = np.longdouble
    middle = (base.astype(real) + unit * (total.astype(real) / period)) / UNIT
    root = np.sqrt(squares.astype(real) / period)  # period x deviation
    spread = real(width_e4) / WIDTH_UNIT * root
    half = unit * (spread / period) / UNIT
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(squares != 0, 0.5 + distance.astype(real) / (2 * spread), np.nan)
    scale = windows.max(axis=1) / UNIT
    return middle - half, middle, middle + half, percent, direction, scale


def to_ns(texts):
    return np.array([t[:-1] for t in texts], dtype="datetime64[ns]").astype(np.int64)


def to_units(text):
    """`12.5` as 1250000000; nothing stays nothing."""
    if text == "":
        return None
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(8, "0"))


class Rows:
    """A CSV file by columns."""

    def __init__(self, path=None):
        self.names, self.columns = [], []
        if path is not None:
            lines = path.read_text().split("\n")
            assert lines[-1] == "", f"{path}: the last line is cut off"
            self.names = lines[0].split(",")
            rows = [line.split(",") for line in lines[1:-1]]
            assert all(len(row) == len(self.names) for row in rows), path
            self.columns = list(zip(*rows)) or [()] * len(self.names)

    def __len__(self):
        return len(self.columns[0])

    def __getitem__(self, name):
        return self.columns[self.names.index(name)]

    def chosen(self, indexes):
        out = Rows()
        out.names = self.names
        out.columns = [[column[i] for i in indexes] for column in self.columns]
        return out

    def by(self, name):
        """Rows with the same value in a column, in their order."""
        places = {}
        for i, value in enumerate(self[name]):
            places.setdefault(value, []).append(i)
        return {value: self.chosen(indexes) for value, indexes in places.items()}


def compare_values(name, rows, values, differences):
    """Bands, percent b and direction of factor rows; the greatest error of a band over the greatest
    price of its window."""
    lower, middle, upper, percent, direction, scale = values
    if len(rows) != len(direction):
        differences.add(f"{name}: factors", len(direction), len(rows))
        return 0.0
    if len(rows) == 0:
        return 0.0
    times = rows["timestamp"]
    worst = 0.0
    for column, expected in (("lower", lower), ("middle", middle), ("upper", upper)):
        actual = np.array(rows[column], dtype=float)
        error = np.abs(actual - expected) / scale
        worst = max(worst, float(error.max()))
        for i in np.flatnonzero(~(error <= TOLERANCE)):
            differences.add(f"{name} {column} at {times[i]}", expected[i], actual[i])
    actual = np.array([text or "nan" for text in rows["factor_value"]], dtype=float)
    same = np.isnan(actual) & np.isnan(percent)
    same |= np.abs(actual - percent) <= TOLERANCE * np.maximum(1, np.abs(percent))
    for i in np.flatnonzero(~same):
        differences.add(f"{name} percent b at {times[i]}", percent[i], actual[i])
    differences.compare_lists(f"{name} signal", direction.tolist(), list(map(int, rows["signal"])))
    return worst


class Ticks:
    """A symbol's ticks, the book after each of them, and the prices that enter its windows."""

    def __init__(self, path, price_from):
        self.book, self.points, self.prices = [], [], []  # points: indexes of ticks with a price
        last = bid = ask = None
        rows = Rows(path)
        prices = ([int(text) if text else None for text in rows[c]] for c in ("last", "bid", "ask"))
        for kind, new_last, new_bid, new_ask in zip(rows["kind"], *prices):
            if kind != "quote" and new_last is not None:
                last = new_last
            if kind != "trade":
                bid, ask = new_bid, new_ask
            point = None
            if price_from == "last" and kind != "quote":
                point = new_last
            elif price_from == "mid" and kind != "trade" and None not in (new_bid, new_ask):
                point = (new_bid + new_ask) // 2
            if point is not None:
                self.points.append(len(self.book))
                self.prices.append(point)
            self.book.append((last, bid, ask))
        self.number = list(map(int, rows["number"]))
        self.time = np.array(rows["effective_ns"], dtype=np.int64)
        assert (np.diff(self.time) >= 0).all(), "effective times go back"
        self.point_time = self.time[self.points]


def moments(ticks, strategy):
    """When a strategy has a value: indexes of the last point used and of the last tick before the
    value, its time, and the window's end or None."""
    period = strategy["period"]
    if strategy["mode"] == "reactive":
        points = range(period - 1, len(ticks.points))
        return [(p, ticks.points[p], int(ticks.point_time[p]), None) for p in points]
    if not ticks.points:
        return []
    window, step = strategy["window_ns"], strategy["step_ns"]
    first = int(ticks.point_time[0]) // step * step
    ends = np.arange(first, int(ticks.point_time[-1]) + window + 1, step, dtype=np.int64)
    behind = np.searchsorted(ticks.point_time, ends, side="left")
    before = np.searchsorted(ticks.point_time, ends - window, side="left")
    seen = np.searchsorted(ticks.time, ends, side="left")
    return [(int(behind[i]) - 1, int(seen[i]) - 1, int(ends[i]), int(ends[i]))
            for i in np.flatnonzero(behind - before >= period)]


def expected_signals(ticks, strategy, when, direction):
    out, previous = [], 0
    for (point, tick, at, end), now in zip(when, direction.tolist()):
        changed, previous = now != previous, now
        if now == 0 or (strategy["emit"] == "on_change" and not changed):
            continue
        last, bid, ask = ticks.book[tick]
        if last is None:
            last = ticks.prices[point]
        opposite = ask if now > 0 else bid
        limit = last if opposite is None else opposite
        out.append((at, now, limit, ticks.number[ticks.points[point]], end or 0, last, bid, ask))
    return out


def actual_signals(rows):
    ends = [int(name.rsplit("/", 1)[1]) for name in rows["name"]]
    prices = [list(map(to_units, rows[c])) for c in ("price", "last", "bid", "ask")]
    return list(zip(to_ns(rows["timestamp"]).tolist(), map(int, rows["direction"]), prices[0],
                    map(int, rows["sequence"]), ends, *prices[1:]))


def check_calculation(directory, differences):
    settings = json.loads((directory / "strategies.json").read_text())
    ticks = Ticks(directory / "ticks.csv", settings["price_from"])
    all_factors, all_signals = Rows(directory / "factors.csv"), Rows(directory / "signals.csv")
    factors, signals = all_factors.by("strategy"), all_signals.by("strategy")
    names = {s["name"] for s in settings["strategies"]}
    for name in (factors.keys() | signals.keys()) - names:
        differences.add("strategy", sorted(names), name)
    out = {"ticks": len(ticks.number), "prices": len(ticks.prices), "strategies": {}}
    for strategy in settings["strategies"]:
        name = strategy["name"]
        when = moments(ticks, strategy)
        values = bollinger(ticks.prices, [w[0] for w in when], strategy["period"],
                           strategy["width_e4"])
        rows = factors.get(name, all_factors.chosen([]))
        worst = compare_values(name, rows, values, differences)
        for column, expected, actual in (
                ("time", [w[2] for w in when], to_ns(rows["timestamp"]).tolist()),
                ("sequence", [ticks.number[ticks.points[w[0]]] for w in when],
                 list(map(int, rows["sequence"]))),
                ("price", [ticks.prices[w[0]] for w in when], list(map(to_units, rows["price"]))),
                ("window end", [time if w[3] is not None else ""
                                for w, time in zip(when, rows["timestamp"])],
                 list(rows["window_end"])),
                ("emitted", expected_signals(ticks, strategy, when, values[4]),
                 actual_signals(signals.get(name, all_signals.chosen([]))))):
            differences.compare_lists(f"{name} {column}", expected, actual)
            emitted = len(expected)
        out["strategies"][name] = {
            "factors": len(when),
            "outside": int((values[4] != 0).sum()),
            "flat": int(np.isnan(values[3].astype(float)).sum()),
            "signals": emitted,
            "worst_band_error": worst,
        }
    return out


def check_run(path, strategy, period, width_e4, differences):
    """The rows of a reactive strategy carry its prices, from the period-th one on."""
    symbols = Rows(path).by("strategy")[strategy].by("symbol")
    out = {"symbols": len(symbols), "rows": 0, "values": 0, "outside": 0, "worst_band_error": 0.0}
    for symbol, rows in sorted(symbols.items()):
        order = sorted(range(len(rows)), key=[int(n) for n in rows["sequence"]].__getitem__)
        rows = rows.chosen(order)
        ends = range(period - 1, len(rows))
        values = bollinger(list(map(to_units, rows["price"])), ends, period, width_e4)
        checked = rows.chosen(ends)
        worst = compare_values(f"{strategy} {symbol}", checked, values, differences)
        out["rows"] += len(rows)
        out["values"] += len(ends)
        out["outside"] += int((values[4] != 0).sum())
        out["worst_band_error"] = max(out["worst_band_error"], worst)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--strategy")
    parser.add_argument("--period", type=int, default=20)
    parser.add_argument("--width", default="2")
    given = parser.parse_args()
    differences = Differences()
    if given.run is not None:
        width_e4 = to_units(given.width) // (UNIT // WIDTH_UNIT)
        out = check_run(given.run / "factors.csv", given.strategy, given.period, width_e4,
                        differences)
    else:
        out = check_calculation(given.directory, differences)
    out["differences"] = differences.count
    print(json.dumps(out))
    return 1 if differences.count else 0


sys.exit(main())
