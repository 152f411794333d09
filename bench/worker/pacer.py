"""How many steps the next block has: first step, warm-up, then blocks of a wanted duration."""

import math
from dataclasses import dataclass


@dataclass
class Pacer:
    """Plans blocks from the durations of the blocks before.

    The first step is a block of its own, since it includes compilation. Warm-up
    follows until `warmup_steps` are done. Then blocks last at least
    `block_seconds` each, as long as an epoch has that many steps: a block never
    reaches over the end of an epoch, since evaluation comes between. A rest that
    is too short for a block of its own joins the block before it.
    """

    warmup_steps: int
    block_seconds: float
    most_steps: int
    done: int = 0
    wanted: int = 0

    @property
    def warming_up(self) -> bool:
        """Whether the next block is not measured."""
        return self.done < max(1, self.warmup_steps)

    def next_steps(self, remaining: int) -> int:
        """Steps of the next block, with `remaining` steps left in the epoch."""
        if self.done == 0:
            return 1
        wanted = self.warmup_steps - self.done if self.warming_up else max(1, self.wanted)
        wanted = min(wanted, self.most_steps)
        if remaining < 1.5 * wanted and remaining <= self.most_steps:
            return remaining
        return min(wanted, remaining)

    def record(self, steps: int, seconds: float) -> None:
        """Learn from a finished block.

        The size is fixed by the first block after the first step, so that blocks
        compare; it only grows where they turn out far too short.
        """
        first = self.done == 0
        self.done += steps
        if first or seconds <= 0:
            return
        fitting = math.ceil(self.block_seconds * steps / seconds)
        if self.wanted == 0 or (steps >= self.wanted and fitting > 2 * self.wanted):
            self.wanted = fitting
