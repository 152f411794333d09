"""How often noise is taken for a slow drift, and how often a drift is found in it."""

import numpy as np
import numpy.typing as npt

from reports.history.drifts import has_trend

DRAWS = 2000
RUNS = (12, 30, 90)
# Of neighboring runs.
CORRELATIONS = (0.0, 0.3, 0.6, 0.9)
# From the first run to the last one.
DRIFTS = (0.03, 0.05, 0.1)
# Of runs, relative.
NOISES = (0.002, 0.006, 0.02)
SEED = 20


def main() -> None:
    """Print both tables."""
    print(f"\nslow drift: noise taken for one, of {DRAWS} series each (`reports.history.drifts`)")
    for correlation in CORRELATIONS:
        shares = ", ".join(
            f"{count_false_alarms(runs, correlation, DRAWS) / DRAWS:.2%} of {runs} runs"
            for runs in RUNS
        )
        print(f"  neighbors correlated by {correlation:g}: {shares}")
    print(f"\nslow drift: found, of {DRAWS} series each")
    for total in DRIFTS:
        for noise in NOISES:
            shares = ", ".join(
                f"{count_found(runs, total, noise, DRAWS) / DRAWS:.0%} of {runs} runs"
                for runs in RUNS
            )
            print(f"  {total:.0%} in noise of {noise:.1%}: {shares}")


def count_false_alarms(runs: int, correlation: float, draws: int) -> int:
    """Count the series of noise alone that are said to drift."""
    generator = np.random.default_rng(SEED)
    return sum(
        has_trend(np.exp(0.01 * _draw_noise(generator, runs, correlation)).tolist())
        for _ in range(draws)
    )


def count_found(runs: int, total: float, noise: float, draws: int) -> int:
    """Count the series with a drift by a share of `total`, in independent noise, that are found."""
    generator = np.random.default_rng(SEED)
    line = np.linspace(0, total, runs)
    return sum(
        has_trend(np.exp(line + noise * _draw_noise(generator, runs, 0.0)).tolist())
        for _ in range(draws)
    )


def _draw_noise(
    generator: np.random.Generator, runs: int, correlation: float
) -> npt.NDArray[np.float64]:
    """Draw an autoregressive series of order 1 and variance 1."""
    innovations = generator.normal(0, 1, runs)
    noise = np.empty(runs)
    noise[0] = innovations[0]
    for place in range(1, runs):
        fresh = np.sqrt(1 - correlation**2) * innovations[place]
        noise[place] = correlation * noise[place - 1] + fresh
    return noise
