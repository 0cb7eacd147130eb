#!/usr/bin/python3
"""Counts what cleaning keeps and rejects in the real data files, written apart from the C++ code.

    market_reference.py DATA_DIRECTORY > market_counts.json

Prices and quantities are integers in 1e-8, times are UTC nanoseconds. Needs pandas.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd

UNIT = 10**8
MARK_INTERVAL = 10 * 10**6
ZONES = {"ru1901": "Asia/Shanghai", "AP010": "Asia/Shanghai", "AP101": "Asia/Shanghai"}
KNOWN = {"ru1901", "AP010", "AP101", "BTCUSDT", "ETHUSDT"}

SHFE = "ctp_futures/shfe_ru1901_20181008-20181012.l1.csv.xz"
CZCE = "ctp_futures/czce_ap010_ap101_20200803-20200807.l1.csv.xz"
BTC_QUOTES = "binance/spot_btcusdt_20240808.quotes.csv.xz"
BTC_TRADES = "binance/spot_btcusdt_20240808.trades.csv.xz"
ETH_QUOTES = "binance/spot_ethusdt_20240808.quotes.csv.xz"
ETH_TRADES = "binance/spot_ethusdt_20240808.trades.csv.xz"
SOURCES = {
    "shfe": [SHFE],
    "czce": [CZCE],
    "binance": [BTC_QUOTES, BTC_TRADES, ETH_QUOTES, ETH_TRADES],
    "binance_trades": [BTC_TRADES, ETH_TRADES],
    "all": [CZCE, ETH_TRADES, SHFE, BTC_QUOTES, ETH_QUOTES, BTC_TRADES],
}


def units(column):
    return [None if text == "" else int(Decimal(text) * UNIT) for text in column]


def side_or_none(prices, volumes):
    return [None if p == 0 and v == 0 else p for p, v in zip(prices, volumes)]


def read_ctp(table):
    stamps = table.ActionDay + " " + table.UpdateTime + "." + table.UpdateMillisec.str.zfill(3)
    local = pd.to_datetime(stamps, format="%Y%m%d %H:%M:%S.%f")
    time = local.copy()
    for symbol in table.InstrumentID.unique():
        chosen = table.InstrumentID == symbol
        zone = ZONES[symbol]
        time[chosen] = local[chosen].dt.tz_localize(zone).dt.tz_convert("UTC").dt.tz_localize(None)
    total = pd.Series(units(table.Volume), dtype="int64")
    out = pd.DataFrame({"symbol": table.InstrumentID, "kind": "snapshot"})
    out["time"] = out["exchange"] = time.astype("int64")
    out["last"] = units(table.LastPrice)
    out["volume"] = 0
    out["total"] = total
    out["day"] = table.TradingDay
    out["id"] = ""
    bid_volume, ask_volume = units(table.BidVolume1), units(table.AskVolume1)
    out["bid"] = pd.Series(side_or_none(units(table.BidPrice1), bid_volume), dtype=object)
    out["ask"] = pd.Series(side_or_none(units(table.AskPrice1), ask_volume), dtype=object)
    out["volumes_min"] = [min(v) for v in zip(bid_volume, ask_volume, out.total)]
    same = ["TradingDay", "LastPrice", "Volume", "Turnover", "OpenInterest", "BidPrice1",
            "BidVolume1", "AskPrice1", "AskVolume1"]
    out["rest"] = table[same].agg("|".join, axis=1)
    return out


def read_binance(table):
    quotes = "bid1" in table
    out = pd.DataFrame({"symbol": table.symbol, "kind": "quote" if quotes else "trade"})
    out["time"] = table.local_ts_ns.astype("int64")
    out["exchange"] = [None if t == "" else int(t) * 10**6 for t in table.exch_ts_ms]
    out["last"] = pd.Series(None if quotes else units(table.price), index=out.index, dtype=object)
    out["volume"] = 0 if quotes else units(table.qty)
    out["total"] = None
    out["day"] = ""
    out["id"] = "" if quotes else table.trade_id
    out["bid"] = pd.Series(units(table.bid1) if quotes else None, index=out.index, dtype=object)
    out["ask"] = pd.Series(units(table.ask1) if quotes else None, index=out.index, dtype=object)
    out["volumes_min"] = 0
    same = ["bid1", "bid_vol1", "ask1", "ask_vol1"] if quotes else \
        ["trade_id", "price", "qty", "aggressor"]
    out["rest"] = table[same].agg("|".join, axis=1)
    return out


def read_source(directory, files):
    parts = []
    for number, name in enumerate(files):
        table = pd.read_csv(directory / name, dtype=str, keep_default_na=False)
        part = read_ctp(table) if "InstrumentID" in table else read_binance(table)
        part["file"] = number
        part["line"] = range(2, len(part) + 2)
        parts.append(part.astype(object))
    rows = pd.concat(parts, ignore_index=True)
    for _, group in rows.groupby("symbol"):
        if group.exchange.notna().all():
            rows.loc[group.index, "time"] = group.exchange
    rows["key"] = rows.time.astype("int64").groupby([rows.file, rows.symbol]).cummax()
    rows = rows.sort_values(["key", "file", "line"], kind="stable")
    rows["mark"] = rows.key // MARK_INTERVAL * MARK_INTERVAL
    return rows


class Jumps:
    """Price jumps among ticks that broke no other rule."""

    def __init__(self):
        self.base, self.run = None, []

    def is_jump(self, p):
        if self.base is None or 10 * abs(p - self.base) <= self.base:
            self.base, self.run = p, []
            return False
        agrees = self.run and 10 * abs(p - self.run[0]) <= self.run[0]
        self.run = self.run + [p] if agrees else [p]
        if len(self.run) < 3:
            return True
        self.base, self.run = p, []
        return False


HORIZON = 64


def comes_again(row, seen):
    """Whether the record is among those seen last: (file, day, id, time, content, was a repeat)."""
    if row.id:
        return any(s[2] == row.id and s[1] == row.day for s in seen)
    equal = [s[0] for s in seen if not s[2] and s[3:5] == (row.time, (row.kind, row.rest))]
    if not equal:
        return False
    if row.time < max(s[3] for s in seen if not s[2]):
        return True
    news = [s for s in seen if not s[2] and not s[5]]
    if news and news[-1][3:5] == (row.time, (row.kind, row.rest)) and news[-1][0] == row.file:
        return True
    return max(equal.count(file) for file in set(equal)) > equal.count(row.file)


def first_broken_rule(row, seen, traded):
    prices = [p for p in (row.last, row.bid, row.ask) if p is not None and not pd.isna(p)]
    both = row.bid is not None and row.ask is not None
    if row.symbol not in KNOWN:
        return "UNKNOWN_SYMBOL"
    if any(p <= 0 or p >= 999_999 * UNIT for p in prices):
        return "PRICE_OUT_OF_RANGE"
    if row.volumes_min < 0:
        return "NEGATIVE_VOLUME"
    if both and row.bid > row.ask:
        return "CROSSED_BOOK"
    if both and 10 * (row.ask - row.bid) >= row.bid:
        return "WIDE_SPREAD"
    if row.time < row.mark:
        return "LATE"
    if comes_again(row, seen):
        return "DUPLICATE"
    return "NEGATIVE_VOLUME" if traded < 0 else None


def clean(group):
    """The reason for each record of a symbol, None where it is kept, and what it traded."""
    reasons, volumes, seen, totals, jumps = [], [], [], {}, Jumps()
    for row in group.itertuples(index=False):
        has_total = row.total is not None and not pd.isna(row.total)
        traded = row.total - totals.get(row.day, 0) if has_total else row.volume
        reason = first_broken_rule(row, seen, traded)
        if reason is None and row.last is not None and not pd.isna(row.last):
            reason = "PRICE_JUMP" if jumps.is_jump(row.last) else None
        if reason in (None, "DUPLICATE", "PRICE_JUMP"):
            seen.append((row.file, row.day, row.id, row.time, (row.kind, row.rest),
                         reason == "DUPLICATE"))
            del seen[:-HORIZON]
        if reason is None and has_total:
            totals[row.day] = row.total
        reasons.append(reason)
        volumes.append(traded)
    return reasons, volumes


def summarise(rows):
    symbols = {}
    for symbol, group in rows.groupby("symbol"):
        reasons, volumes = clean(group)
        kept = group[[reason is None for reason in reasons]]
        symbols[symbol] = {
            "rows": len(group),
            "accepted": len(kept),
            "rejects": {r: reasons.count(r) for r in sorted(set(reasons) - {None})},
            "volume_sum": str(sum(v for v, reason in zip(volumes, reasons) if reason is None)),
            "last_sum": str(sum(p for p in kept["last"] if p is not None and not pd.isna(p))),
            "line_sum": str(sum(kept.line)),
            "first_time_ns": int(group.time.iloc[0]),
            "last_time_ns": int(group.time.iloc[-1]),
        }
    return symbols


def main():
    directory = Path(sys.argv[1])
    result = {}
    for name, files in SOURCES.items():
        rows = read_source(directory, files)
        order = sum(n * (7 * f + line) for n, (f, line) in enumerate(zip(rows.file, rows.line), 1))
        result[name] = {
            "files": files,
            "rows_by_file": {f: int((rows.file == n).sum()) for n, f in enumerate(files)},
            "order_checksum": str(order),
            "time_marks": int((rows["mark"].diff() != 0).sum()),
            "symbols": summarise(rows),
        }
    json.dump(result, sys.stdout, indent=1)
    print()


main()
