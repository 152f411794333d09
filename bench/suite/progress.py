"""Tells the user how a trial is going: a live line on a terminal, one line at the end elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bench.host.process.outcome import Event
from bench.records.results import COMMIT_DIGITS, NOISY_SHARE, Record, Trial
from bench.records.variables import shorten_variables

REDRAW_SECONDS = 0.5


@contextmanager
def show_progress(
    trial: Trial, console: Console, clock: Callable[[], float] = monotonic
) -> Iterator[Callable[[Event], None]]:
    """Show the epochs of one trial while it runs; yield what takes in the worker's events.

    It is drawn when an epoch ends, now and then, not by a thread of its own: the processors belong
    to the trial.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=8),
        TextColumn("epoch {task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
        console=console,
        auto_refresh=False,
        transient=True,
        disable=not console.is_terminal,
    )
    name = f"{trial.framework} {trial.model} {trial.dataset}"
    task = bar.add_task(name, total=trial.epochs, state="starting")
    drawn = clock()

    def show(event: Event) -> None:
        nonlocal drawn
        if event["event"] == "epoch":
            state = f"loss {event['train_loss']:.4f}, accuracy {event['test_accuracy']:.3f}"
            bar.update(task, advance=1, state=state)
            if clock() - drawn >= REDRAW_SECONDS:
                bar.refresh()
                drawn = clock()

    if not bar.disable:
        console.print()  # pytest has begun the line with the file's name
    with bar:
        bar.refresh()
        yield show


def summarize(record: Record) -> str:
    """Summarize a finished trial in one line."""
    trial = record.trial
    name = f"{trial.model} {trial.dataset} {trial.framework} {trial.mode}"
    name = f"{name} {shorten_variables(trial.variables)}".rstrip()
    if record.status != "ok":
        return f"{name}: {record.status}: {record.reason}"
    rates = [block.samples / block.seconds for block in record.measured_blocks]
    parts = [
        f"test accuracy {record.epochs[-1].test_accuracy:.4f}",
        f"{median(rates):,.0f} samples/s (median of {len(rates)} blocks)"
        if rates
        else "no block after warm-up",
        f"first step {record.seconds.first_step_seconds or 0:.2f} s",
        f"peak {(record.memory.peak_resident_bytes or 0) / 2**20:,.0f} MiB",
        f"{record.seconds.process_seconds or 0:.1f} s in all",
    ]
    if (other := record.load.other_share or 0) > NOISY_SHARE:
        parts.append(f"DOUBTFUL: other programs took {other:.0%} of the processors")
    if record.reason:
        parts.append(record.reason)
    at = f" at {trial.revision[:COMMIT_DIGITS]}" if trial.revision else ""
    return f"{name} ({record.framework_version}{at}): {', '.join(parts)}"
