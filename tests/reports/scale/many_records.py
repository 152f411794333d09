"""Makes a run of any number of records that look like those of a real one, for figures of scale.

`python -m tests.reports.scale.many_records FOLDER COUNT` writes COUNT records into
FOLDER/records.jsonl: 20 comparisons (models by batch sizes) of 10 rows, whatever COUNT is; what
grows is the number of invocations of a row. A record has the blocks, evaluations, ceilings and
certificates of a real one, which makes it about 10 kB.
"""

import random
import sys
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

from msgspec import structs

from bench.records.lines import encode
from bench.records.parts import Epoch, TimedBlock
from bench.records.results import RECORDS_FILE, Record
from tests.reports.conftest import make_record

MODELS = ("lenet", "alexnet-quarter", "resnet20-half", "lstm")
BATCH_SIZES = (16, 32, 64, 128, 256)
WAYS = (
    ("pytorch", "eager", "default"),
    ("pytorch", "eager", "tuned"),
    ("pytorch", "compiled", "default"),
    ("tensorflow", "eager", "default"),
    ("tensorflow", "compiled", "default"),
    ("tensorflow", "xla", "default"),
    ("mxnet", "eager", "default"),
    ("mxnet", "compiled", "default"),
    ("jax", "compiled", "default"),
    ("jax", "compiled", "tuned"),
)
BLOCKS = 20
EPOCHS = 4
PACKAGES = 15
SEED = 1


def write_run(folder: Path, count: int) -> Path:
    """The path of a records file with so many lines."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RECORDS_FILE
    with path.open("w", encoding="utf-8") as file:
        for record in islice(_records(folder.name), count):
            file.write(encode(record) + "\n")
    return path


def _records(run: str) -> Iterator[Record]:
    generator = random.Random(SEED)
    repeat = 0
    while True:
        repeat += 1
        works = enumerate(product(MODELS, BATCH_SIZES))
        for (number, (model, batch_size)), (place, way) in product(works, enumerate(WAYS)):
            speed = 2_000.0 * (1 + number) * (1 + place / 4) * generator.lognormvariate(0, 0.03)
            framework, mode, settings = way
            yield make_record(
                framework,
                run=run,
                model=model,
                mode=mode,
                settings=settings,
                batch_size=batch_size,
                repeat=repeat,
                versions=_versions(framework),
                blocks=_blocks(generator, speed, batch_size),
                epochs=_epochs(generator),
                losses=tuple(2.3 - 0.01 * step for step in range(10)),
            )


def _versions(framework: str) -> dict[str, str]:
    return {"python": "3.11.9"} | {f"{framework}-part-{one}": f"1.{one}" for one in range(PACKAGES)}


def _blocks(generator: random.Random, speed: float, batch_size: int) -> tuple[TimedBlock, ...]:
    first = TimedBlock(1, batch_size, 0.5, True)
    steps = max(1, round(0.22 * speed / batch_size))
    samples = steps * batch_size
    times = [samples / speed * generator.lognormvariate(0, 0.02) for _ in range(BLOCKS)]
    blocks = [TimedBlock(steps, samples, seconds, False) for seconds in times]
    blocks[0] = structs.replace(blocks[0], warmup=True)
    return (first, *blocks)


def _epochs(generator: random.Random) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(2.3 / one, 2.4 / one, 1 - 0.3 / one + generator.gauss(0, 0.002), 1.1, 0.05, 10 * one)
        for one in range(1, EPOCHS + 1)
    )


if __name__ == "__main__":
    print(write_run(Path(sys.argv[1]), int(sys.argv[2])))
