"""Writes what pandas' resample makes of some series: python3 make.py > resample.json (Debian: python3-pandas)."""
import json
import random

import pandas as pd
import pytz

ZONES = ["America/New_York", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"]
# Around a change of the clocks of each zone; in Sao Paulo midnight is skipped.
CHANGES = ["2018-11-04 04:00", "2018-10-28 00:00", "2018-11-03 22:00", "2018-10-06 12:00"]
FINE = ["7min", "15min", "1h", "90min"]
FIXED = ["5h", "6h", "12h", "24h", "36h", "1d", "2d", "7d"]
CALENDAR = {"1w": "W-MON", "1mo": "MS", "2mo": "2MS", "1q": "QS", "2q": "2QS", "1y": "AS"}
AGGREGATES = ["mean", "sum", "min", "max", "first", "last", "count", "median", "std", "var"]
PERCENTILES = ["p0", "p5", "p50", "p99.9", "p100"]


def series(zone, change):
    """Few rows an hour or days apart, many on whole hours, so that they lie on edges."""
    chance = random.Random(zone)
    start = pd.Timestamp(change, tz="UTC")
    stamps = {start + pd.Timedelta(minutes=chance.choice([0, 15, 30, 60, 61])) * step for step in range(12)}
    stamps |= {start + pd.Timedelta(hours=chance.randrange(0, 24 * 200)) for _ in range(28)}
    stamps = sorted(stamps)
    rows = range(len(stamps))
    data = {
        "close": [None if chance.random() < 0.2 else chance.randrange(-4000, 4000) / 64 for _ in rows],
        "n": [chance.randrange(-9, 99) for _ in rows],
        "flag": [chance.random() < 0.5 for _ in rows],
        "text": [chance.choice(["a", "b", "\u00e9", "\U0001f600", "\uffee"]) for _ in rows],
    }
    return pd.DataFrame(data, index=pd.DatetimeIndex(stamps).tz_convert(zone))


def seconds(index):
    return [stamp.value // 10**9 for stamp in index]


def grid(frame, fine, zone):
    origins = {"epoch": "epoch", "start_day": "start_day", "2018-01-01T05:30": pd.Timestamp("2018-01-01 05:30", tz=zone)}
    for every, freq in [(each, each) for each in (FINE if fine else FIXED)] + ([] if fine else list(CALENDAR.items())):
        for name, origin in origins.items() if every == freq else [("epoch" if every == "1w" else "start_day", "start_day")]:
            for closed in ("left", "right"):
                for label in ("left", "right") if closed == "left" else ("right",):
                    try:
                        sizes = frame["n"].resample(freq, origin=origin, closed=closed, label=label).size()
                    except (ValueError, pytz.AmbiguousTimeError):  # Changes of the clocks that pandas cannot do.
                        continue
                    some = sizes[sizes > 0]
                    yield [every, name, closed, label, len(sizes), seconds(some.index), list(map(int, some))]


def plain(values):
    return [None if pd.isna(value) else value.item() if hasattr(value, "item") else value for value in values]


def aggregates(frame):
    for every, freq in (("36h", "36h"), ("1w", "W-MON"), ("1mo", "MS")):
        bins = frame.resample(freq, origin="epoch", closed="left", label="left")
        for column in frame.columns:
            for name in AGGREGATES + PERCENTILES:
                if column == "text" and name not in ("min", "max", "first", "last", "count"):
                    continue
                if column == "flag" and name in PERCENTILES + ["median"]:
                    continue
                values = bins[column].quantile(float(name[1:]) / 100) if name in PERCENTILES else getattr(bins[column], name)()
                yield [every, column, name, plain(values)]


out = []
for zone, change in zip(ZONES, CHANGES):
    frame = series(zone, change)
    rows = [seconds(frame.index)] + [plain(frame[column]) for column in frame.columns]
    near = frame[: frame.index[0] + pd.Timedelta(hours=30)]
    out.append({
        "zone": zone,
        "rows": rows,
        "near": len(near),
        "bins": list(grid(frame, False, zone)),
        "fine": list(grid(near, True, zone)),
        "aggregates": list(aggregates(frame)) if zone == ZONES[0] else [],
    })
print(json.dumps({"pandas": pd.__version__, "series": out}, separators=(",", ":")))
