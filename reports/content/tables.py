"""The tables of a comparison, as text for people, and that of failures.

A column that no row has a number for is a sentence under its table.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import pandas as pd

from bench.records.results import Record
from reports.content import cells
from reports.content.absences import describe_unfinished
from reports.content.cells import TableCell
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import THROUGHPUT, Row
from reports.text import titles, units
from reports.text.units import Format
from reports.trials import certificates

NOT_RANKED = " (not ranked)"
MOST_FAILURES = 500

MakeCell = Callable[[Comparison, Row], TableCell]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        unit: of its numbers; empty where the name says it.
    """

    name: str
    unit: str
    cell: MakeCell

    @property
    def heading(self) -> str:
        """The name and the unit; a heading breaks at its words, not before the unit."""
        return f"{self.name}\N{NO-BREAK SPACE}({self.unit})" if self.unit else self.name


@dataclass(frozen=True)
class Layout:
    """Which columns stand together under which caption."""

    caption: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Sheet:
    """A table as text.

    Attributes:
        text: a row per row of the comparison; no column where none has a number.
        notes: what its letters mean, by letter.
        absent: a sentence for the columns that no row has a number for.
    """

    caption: str
    text: pd.DataFrame
    notes: dict[str, str]
    absent: tuple[str, ...]


def make_sheets(comparison: Comparison, layouts: Sequence[Layout]) -> tuple[Sheet, ...]:
    """The tables of a comparison."""
    return tuple(_sheet(comparison, layout) for layout in layouts)


def list_failures(records: Iterable[Record]) -> pd.DataFrame:
    """The trials that are not ok, each with its status, its reason and its log.

    Of very many the first ones: all of them are in the page's data.
    """
    unfinished = [record for record in records if record.status != "ok"][:MOST_FAILURES]
    return pd.DataFrame(
        {
            "What happened": [f"It {titles.describe_end(record.status)}" for record in unfinished],
            "Reason": [record.reason or "none was recorded" for record in unfinished],
            "Log": [record.log or units.ABSENT for record in unfinished],
        },
        index=[record.trial.id for record in unfinished],
        dtype=object,
    )


def _sheet(comparison: Comparison, layout: Layout) -> Sheet:
    columns = {
        column: [column.cell(comparison, row) for row in comparison.rows]
        for column in layout.columns
    }
    empty = {
        column: column_cells
        for column, column_cells in columns.items()
        if all(cell.absent for cell in column_cells)
    }
    shown = {
        column: column_cells for column, column_cells in columns.items() if column not in empty
    }
    letters = _letters(shown.values())
    text = {
        column.heading: [_marked(cell, letters) for cell in column_cells]
        for column, column_cells in shown.items()
    }
    return Sheet(
        layout.caption,
        pd.DataFrame(text, index=[_label(row) for row in comparison.rows], dtype=object),
        {letter: note for note, letter in letters.items()},
        _sentences(comparison, empty),
    )


def _label(row: Row) -> str:
    """The row's label, which stays in sight: one with a speed that is not ranked says so there."""
    return row.label + (NOT_RANKED if row.throughput.count and row.refusal is not None else "")


def _letters(columns: Iterable[Sequence[TableCell]]) -> dict[str, str]:
    """A letter for each note, in the order in which a reader meets them."""
    notes = dict.fromkeys(
        cell.note for row in zip(*columns, strict=True) for cell in row if cell.note
    )
    return {note: _letter(number) for number, note in enumerate(notes)}


def _letter(number: int) -> str:
    """a to z, aa to az, ba and so on."""
    before, place = divmod(number, len(ascii_lowercase))
    return (_letter(before - 1) if before else "") + ascii_lowercase[place]


def _marked(cell: TableCell, letters: dict[str, str]) -> str:
    return f"{cell.text}\N{NO-BREAK SPACE}{letters[cell.note]}" if cell.note else cell.text


def _sentences(comparison: Comparison, empty: dict[Column, list[TableCell]]) -> tuple[str, ...]:
    """Columns without a number, those of the same reasons together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for column, column_cells in empty.items():
        reasons = [
            cell.note
            for row, cell in zip(comparison.rows, column_cells, strict=True)
            if cell.note and (row.finished or not _any_finished(comparison))
        ]
        groups.setdefault(tuple(dict.fromkeys(reasons)), []).append(column.name)
    return tuple(
        f"{', '.join(names)}: absent in all rows ({'; '.join(reasons)})."
        for reasons, names in groups.items()
    )


def _any_finished(comparison: Comparison) -> bool:
    return any(row.finished for row in comparison.rows)


def _each(column: str, text: Format) -> MakeCell:
    return lambda comparison, row: cells.show_quantity(row, column, text)


def _of_row(cell: Callable[[Row], TableCell]) -> MakeCell:
    return lambda comparison, row: cell(row)


def _proof(row: Row) -> TableCell:
    return (
        TableCell(certificates.describe_proof(row.records))
        if row.finished
        else cells.make_dash(describe_unfinished(row))
    )


SUMMARY = Layout(
    "The fastest first, rows that are not ranked below",
    (
        Column("Samples/s", "", _each(THROUGHPUT, units.format_number)),
        Column("Ratio to fastest", "", cells.show_ratio_to_fastest),
        Column(
            "Peak anonymous memory", "MiB", _each("peak_anonymous_bytes", units.format_mebibytes)
        ),
        Column("Test accuracy", "%", _each("test_accuracy", units.format_percent)),
        Column("Proof", "", _of_row(_proof)),
    ),
)
SPEED = Layout(
    "Throughput, ratio and spread; the fastest first, rows that are not ranked below",
    (
        Column("Samples/s", "", _each(THROUGHPUT, units.format_number)),
        Column("Ratio to fastest", "", cells.show_ratio_to_fastest),
        Column("Spread within", "%", _each("relative_block_iqr", units.format_share)),
        Column("Spread between", "%", _of_row(cells.show_spread_between)),
        Column("Noise floor", "%", _of_row(cells.show_noise_floor)),
        Column("Trials", "", lambda comparison, row: TableCell(row.outcome)),
    ),
)
MACHINE = Layout(
    "Steady state, and how near the steps come to what the machine attains",
    (
        Column("Steady state (invocations)", "", _of_row(cells.show_steady_state)),
        Column("Blocks per invocation", "", _each("measured_blocks", units.format_integer)),
        Column("Share of arithmetic", "%", _each("arithmetic_share", units.format_share)),
        Column("Share of bandwidth", "%", _each("bandwidth_share", units.format_share)),
        Column("Bound by", "", _of_row(cells.show_bound)),
    ),
)
PROOF = Layout(
    "Proof and accuracy",
    (
        Column("Proof", "", _of_row(_proof)),
        Column("Test accuracy", "%", _each("test_accuracy", units.format_percent)),
        Column("Time to target accuracy", "s", cells.show_time_to_target),
    ),
)
VARIANTS = Layout(
    "What a mode, settings, a layout or the framework's own loader change",
    (
        Column("Compared with", "", cells.show_baseline),
        Column("Ratio of throughputs", "", cells.show_ratio_to_baseline),
        Column("Time to first step", "s", _each("time_to_first_step_seconds", units.format_number)),
        Column("Peak anonymous", "MiB", _each("peak_anonymous_bytes", units.format_mebibytes)),
    ),
)
TIMES = Layout(
    "Times of an invocation",
    (
        Column("Time to first step", "s", _each("time_to_first_step_seconds", units.format_number)),
        Column("Import", "s", _each("import_seconds", units.format_number)),
        Column("Build", "s", _each("build_seconds", units.format_number)),
        Column("First step", "s", _each("first_step_seconds", units.format_number)),
        Column("Training", "s", _each("training_seconds", units.format_number)),
    ),
)
MEMORY = Layout(
    "Memory of the process",
    (
        Column("Peak anonymous", "MiB", _each("peak_anonymous_bytes", units.format_mebibytes)),
        Column("Peak resident", "MiB", _each("peak_resident_bytes", units.format_mebibytes)),
        Column(
            "Anonymous after import",
            "MiB",
            _each("anonymous_after_import_bytes", units.format_mebibytes),
        ),
        Column(
            "Resident after import",
            "MiB",
            _each("resident_after_import_bytes", units.format_mebibytes),
        ),
        Column(
            "Anonymous after build",
            "MiB",
            _each("anonymous_after_build_bytes", units.format_mebibytes),
        ),
        Column(
            "Resident after build",
            "MiB",
            _each("resident_after_build_bytes", units.format_mebibytes),
        ),
    ),
)
ENERGY = Layout(
    "Memory of the GPU, and energy",
    (
        Column("GPU allocator peak", "MiB", _each("allocator_peak_bytes", units.format_mebibytes)),
        Column(
            "GPU allocator reserved",
            "MiB",
            _each("allocator_reserved_bytes", units.format_mebibytes),
        ),
        Column("GPU by the driver", "MiB", _each("device_peak_bytes", units.format_mebibytes)),
        Column(
            "GPU increase, all processes",
            "MiB",
            _each("device_total_increase_bytes", units.format_mebibytes),
        ),
        Column("GPU energy", "J/sample", _each("gpu_joules_per_sample", units.format_joules)),
        Column(
            "CPU energy", "J/sample", _each("cpu_package_joules_per_sample", units.format_joules)
        ),
    ),
)
