"""Prints how many milliseconds pandas' read_csv takes for a file: the median of some, after as many to warm up."""
import statistics
import sys
import time

import pandas

took = []
for _ in range(10):
    started = time.perf_counter()
    frame = pandas.read_csv(sys.argv[1], index_col=0, parse_dates=True)
    took.append((time.perf_counter() - started) * 1000)
assert len(frame) == int(sys.argv[2])
print(statistics.median(took[5:]))
