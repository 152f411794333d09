"""Whether a row's clock ran over the work that it is said to have timed.

A framework computes ahead. An implementation whose `synchronize` does not wait is timed at queueing
its work, which is fast whatever the work; nothing else in a record would show it, for in the end
all of the work is done, and done well.
"""

import math

import pandas as pd

from reports.statistics.quantiles import compute_median
from reports.text import units

# Of a block's time. To read one loss takes some microseconds where nothing is pending.
PENDING_SHARE = 0.1
# By this much of the host's time is the device's own longer: it worked more than twice as long.
DEVICE_SHARE = 1.0
# No algorithm saves more than this: of the multiplications that the spec counts, Winograd's
# F(4x4, 3x3) leaves a quarter (Lavin and Gray 2016, section 4.1).
MOST_ARITHMETIC = 4.0


def find_objection(trials: pd.DataFrame) -> str | None:
    """Why the times of a row's finished trials cannot be, None where nothing speaks against them.

    By medians over the trials: one disturbed process refuses no row.
    """
    pending, clocks, arithmetic = (
        compute_median(trials[name].astype(float))
        for name in ("pending_share", "device_clock_difference", "arithmetic_share")
    )
    if pending > PENDING_SHARE:
        return (
            "it does not wait for its device: after the clock had stopped, the device worked "
            f"for another {units.format_share(pending)}% of a block's time (`synchronize` in its "
            "backend.py)"
        )
    if clocks > DEVICE_SHARE:
        return (
            "it does not wait for its device: by the device's own events a block lasted "
            f"{units.format_number(1 + clocks)} times as long as by the host's clock"
        )
    if not math.isnan(arithmetic) and arithmetic > MOST_ARITHMETIC:
        return (
            "a step is faster than its own arithmetic allows: "
            f"{units.format_number(arithmetic)} times the rate of the largest "
            "matrix product on this machine"
        )
    return None
