#!/usr/bin/python3
"""Recomputes Bollinger factors and signals from prices and compares them with what a run wrote.

    bollinger_reference.py DIRECTORY
        holds ticks.csv and strategies.json of one symbol, and the factors.csv and signals.csv that
        the calculator made of them
    bollinger_reference.py --run RESULTS --strategy NAME [--period 20] [--width 2]
        RESULTS/factors.csv of a whole run; prices are those of the reactive strategy's own rows

Every value is computed on its own, in two passes over its window: the mean, then the squared
deviations from it, both exact in integers (1e-8 units). Bands may differ by 1e-12 of the price,
signals not at all. Prints what was compared as JSON and ends with 1 on any difference. Needs numpy.
"""

import argparse
import csv
import json
import math
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
    """Bands, percent b (nan: flat) and direction of the `period` prices that end at each index."""
    prices = np.asarray(prices, dtype=np.int64)
    ends = np.asarray(ends, dtype=np.int64)
    if len(ends) == 0:
        empty = np.empty(0)
        return empty, empty, empty, empty, np.empty(0, dtype=int)
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
    reach = real(width_e4) / WIDTH_UNIT * root
    half = unit * (reach / period) / UNIT
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(squares != 0, 0.5 + distance.astype(real) / (2 * reach), np.nan)
    return middle - half, middle, middle + half, percent, direction


def to_ns(texts):
    return np.array([t.rstrip("Z") for t in texts], dtype="datetime64[ns]").astype(np.int64)


def to_units(text):
    """`12.5` as 1250000000; nothing stays nothing."""
    if text == "":
        return None
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(8, "0"))


def read_rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def number_or_nan(text):
    return math.nan if text == "" else float(text)


def compare_values(name, rows, values, differences):
    """Bands, percent b and direction of factor rows; the largest error of a band over its price."""
    lower, middle, upper, percent, direction = values
    if len(rows) != len(direction):
        differences.add(f"{name}: factors", len(direction), len(rows))
        return 0.0
    if not rows:
        return 0.0
    prices = np.array([float(r["price"]) for r in rows])
    worst = 0.0
    for column, expected in (("lower", lower), ("middle", middle), ("upper", upper)):
        actual = np.array([float(r[column]) for r in rows])
        error = np.abs(actual - expected) / prices
        worst = max(worst, float(error.max()))
        for i in np.flatnonzero(~(error <= TOLERANCE)):
            differences.add(f"{name} {column} at {rows[i]['timestamp']}", expected[i], actual[i])
    actual = np.array([number_or_nan(r["factor_value"]) for r in rows])
    same = np.isnan(actual) & np.isnan(percent)
    same |= np.abs(actual - percent) <= TOLERANCE * np.maximum(1, np.abs(percent))
    for i in np.flatnonzero(~same):
        differences.add(f"{name} percent b at {rows[i]['timestamp']}", percent[i], actual[i])
    differences.compare_lists(f"{name} signal", direction.tolist(), [int(r["signal"]) for r in rows])
    return worst


class Ticks:
    """A symbol's ticks, the book after each of them, and the prices that enter its windows."""

    def __init__(self, path, price_from):
        self.number, self.time, self.book = [], [], []
        self.points, self.prices = [], []  # index of the tick, and its price
        last = bid = ask = None
        for row in read_rows(path):
            new_last, new_bid, new_ask = (
                int(row[c]) if row[c] else None for c in ("last", "bid", "ask"))
            kind = row["kind"]
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
                self.points.append(len(self.number))
                self.prices.append(point)
            self.number.append(int(row["number"]))
            self.time.append(int(row["effective_ns"]))
            self.book.append((last, bid, ask))
        self.time = np.array(self.time, dtype=np.int64)
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
    if not rows:
        return []
    ends = [int(r["name"].rsplit("/", 1)[1]) for r in rows]
    return [(at, int(r["direction"]), to_units(r["price"]), int(r["sequence"]), end,
             to_units(r["last"]), to_units(r["bid"]), to_units(r["ask"]))
            for at, r, end in zip(to_ns([r["timestamp"] for r in rows]).tolist(), rows, ends)]


def check_calculation(directory, differences):
    settings = json.loads((directory / "strategies.json").read_text())
    ticks = Ticks(directory / "ticks.csv", settings["price_from"])
    factors, signals = read_rows(directory / "factors.csv"), read_rows(directory / "signals.csv")
    names = {s["name"] for s in settings["strategies"]}
    for row in factors + signals:
        if row["strategy"] not in names:
            differences.add("strategy", sorted(names), row["strategy"])
    out = {"ticks": len(ticks.number), "prices": len(ticks.prices), "strategies": {}}
    for strategy in settings["strategies"]:
        name = strategy["name"]
        when = moments(ticks, strategy)
        values = bollinger(ticks.prices, [w[0] for w in when], strategy["period"],
                           strategy["width_e4"])
        rows = [r for r in factors if r["strategy"] == name]
        worst = compare_values(name, rows, values, differences)
        if rows:
            differences.compare_lists(f"{name} time", [w[2] for w in when],
                                      to_ns([r["timestamp"] for r in rows]).tolist())
        differences.compare_lists(f"{name} sequence",
                                  [ticks.number[ticks.points[w[0]]] for w in when],
                                  [int(r["sequence"]) for r in rows])
        differences.compare_lists(f"{name} price", [ticks.prices[w[0]] for w in when],
                                  [to_units(r["price"]) for r in rows])
        differences.compare_lists(f"{name} window end", [w[3] is not None for w in when],
                                  [r["window_end"] == r["timestamp"] for r in rows])
        emitted = expected_signals(ticks, strategy, when, values[4])
        differences.compare_lists(f"{name} emitted", emitted, actual_signals(
            [r for r in signals if r["strategy"] == name]))
        out["strategies"][name] = {
            "factors": len(when),
            "outside": int((values[4] != 0).sum()),
            "flat": int(np.isnan(values[3].astype(float)).sum()),
            "signals": len(emitted),
            "worst_band_error": worst,
        }
    return out


def check_run(path, strategy, period, width_e4, differences):
    """The rows of a reactive strategy carry its prices, from the period-th one on."""
    symbols = {}
    for row in read_rows(path):
        if row["strategy"] == strategy:
            symbols.setdefault(row["symbol"], []).append(row)
    out = {"rows": 0, "values": 0, "outside": 0, "worst_band_error": 0.0}
    for symbol, rows in sorted(symbols.items()):
        out["rows"] += len(rows)
        rows.sort(key=lambda r: int(r["sequence"]))
        ends = range(period - 1, len(rows))
        values = bollinger([to_units(r["price"]) for r in rows], ends, period, width_e4)
        worst = compare_values(f"{strategy} {symbol}", rows[period - 1:], values, differences)
        out["values"] += len(ends)
        out["outside"] += int((values[4] != 0).sum())
        out["worst_band_error"] = max(out["worst_band_error"], worst)
    out["symbols"] = len(symbols)
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
