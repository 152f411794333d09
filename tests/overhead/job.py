"""What a paired measurement is, and what host and worker tell each other. Standard library only.

Two ways to take the same training steps are built in one process and take turns, block by block,
in random order: whatever changes on the machine or between processes meets both alike. They are
built several times anew, the other one first each time: where its arrays happen to lie in memory
makes one faster than the other for as long as they live. The worker answers, on the channel of
`bench.job`:

    imported   framework_version, versions
    loop       seconds of a step and of a block that the harness's loop takes around nothing
    pair       steps, seconds (of the first side, of the second)
    finished

`loop` comes only where one of the sides is the harness.

or `error` with a `reason`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.codec import Message
from bench.job import Execution
from bench.optimizer import Optimizer
from bench.spec import Samples

# `harness`: the loop that trials run, by its own clock. `bare`: the same model in a loop that is
# written by hand. `reference`: that loop with the framework's own published model.
Side = Literal["harness", "bare", "reference"]
# A folder for each framework of this project, with bare.py and references.py. A framework from
# outside has them in its own folder, which is looked into first.
FRAMEWORKS = Path(__file__).parent / "frameworks"


@dataclass(frozen=True)
class PairsJob(Message):
    """Everything that a worker needs for one invocation.

    Attributes:
        sides: which two.
        weights: an .npz of the canonical initial weights.
        pairs: blocks of each side that are measured, over all builds.
        builds: how often the two sides are built.
        seed: of the random data and of which side goes first in each pair.
    """

    framework: str
    implementation: str
    model: str
    samples: Samples
    optimizer: Optimizer
    execution: Execution
    batch_size: int
    sides: tuple[Side, Side]
    weights: str
    pairs: int
    block_seconds: float
    seed: int
    builds: int = 1
