"""Compacts or z-orders a table with delta-rs: TABLE z_order|compact [spill|least]; `least` means the least memory that does it."""

import sys

from deltalake import DeltaTable

path, mode, *options = sys.argv[1:]
limits = {}
if "spill" in options:
    limits = {"max_spill_size": 512 << 20}
if "least" in options:
    limits = {"max_spill_size": 256 << 20, "max_concurrent_tasks": 1}
optimize = DeltaTable(path).optimize
if mode == "z_order":
    optimize.z_order(["symbol", "trade_time"], **limits)
else:
    optimize.compact(**limits)
