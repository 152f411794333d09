"""Chooses the steps of the next block: one, growing blocks, then blocks of a duration."""

import math
from dataclasses import dataclass

# A growing block is at most this many times as long as the one before it.
GROWTH = 4
# Aimed above the duration, so that a block of ordinary speed is not shorter than it.
MARGIN = 1.1


@dataclass
class Pacer:
    """Plans blocks from the durations of the blocks before.

    The first step is a block of its own, since it includes compilation. Blocks then
    grow until one lasts `block_seconds`; none of these is ever measured. From there on
    each has as many steps as last at least `block_seconds`, as long as there are that
    many before the next evaluation, which no block reaches over. A rest that is too
    short for a block of its own joins the block before it.
    """

    block_seconds: float
    most_steps: int
    target: int = 0
    settled: bool = False

    def choose_steps(self, remaining: int) -> int:
        """Choose the steps of the next block; `remaining` are left before the next evaluation."""
        steps = min(max(1, self.target), self.most_steps)
        if self.settled and remaining < 2 * steps and remaining <= self.most_steps:
            return remaining
        return min(steps, remaining)

    def adapt(self, steps: int, seconds: float) -> None:
        """Adapt to a finished block."""
        fitting = math.ceil(MARGIN * self.block_seconds * steps / max(seconds, 1e-9))
        fitting = min(fitting, self.most_steps)
        if self.target == 0:
            self.target = 1  # the first step tells nothing on the second
        elif self.settled:
            if seconds < self.block_seconds and steps >= self.target:
                self.target = max(self.target, fitting)
        elif seconds >= self.block_seconds or steps >= self.most_steps or steps < self.target:
            # Or the next evaluation came before a block was long enough.
            self.target, self.settled = fitting, True
        else:
            self.target = min(fitting, GROWTH * steps)
