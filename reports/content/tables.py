"""The tables of a comparison, as text for people, and that of failures.

A column that no row has a number for is a sentence under its table.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import pandas as pd

from bench.records.results import Record
from reports.content import cells
from reports.content.cells import TableCell, describe_unfinished
from reports.ranking.comparisons import Comparison
from reports.ranking.rows import THROUGHPUT, Row
from reports.text import titles, units
from reports.text.markup import build_text_table
from reports.text.units import Format
from reports.trials import certificates

NOT_RANKED = " (not ranked)"
MOST_FAILURES = 500

MakeCell = Callable[[Comparison, Row], TableCell]


@dataclass(frozen=True)
class TableColumn:
    """A column of a table.

    Attributes:
        unit: of its numbers, or what they are; empty where the name says it.
        always: whether a row without a finished trial has a cell in it, too.
    """

    name: str
    unit: str
    make_cell: MakeCell
    always: bool = False

    @property
    def heading(self) -> str:
        """The name and the unit; a heading breaks at its words, not before the unit."""
        return f"{self.name}\N{NO-BREAK SPACE}({self.unit})" if self.unit else self.name

    def cell(self, comparison: Comparison, row: Row) -> TableCell:
        """Return the cell of a row, a dash where no trial of the row finished."""
        if row.finished or self.always:
            return self.make_cell(comparison, row)
        return cells.make_dash(describe_unfinished(row))


@dataclass(frozen=True)
class Layout:
    """Which columns stand together under which caption."""

    caption: str
    columns: tuple[TableColumn, ...]


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


def make_sheet(comparison: Comparison, layout: Layout) -> Sheet:
    """A table of a comparison."""
    shown: dict[TableColumn, list[TableCell]] = {}
    empty: dict[TableColumn, list[TableCell]] = {}
    for column in layout.columns:
        column_cells = [column.cell(comparison, row) for row in comparison.rows]
        (empty if all(cell.absent for cell in column_cells) else shown)[column] = column_cells
    letters = _letters(shown.values())
    text = {
        column.heading: [
            f"{cell.text}\N{NO-BREAK SPACE}{letters[cell.note]}" if cell.note else cell.text
            for cell in column_cells
        ]
        for column, column_cells in shown.items()
    }
    return Sheet(
        layout.caption,
        pd.DataFrame(text, index=[_label(row) for row in comparison.rows], dtype=object),
        {letter: note for note, letter in letters.items()},
        _sentences(comparison, empty),
    )


def list_failures(records: Iterable[Record]) -> pd.DataFrame:
    """The trials that are not ok, each with its status, its reason and its log.

    Of very many the first ones: all of them are in the page's data.
    """
    unfinished = [record for record in records if record.status != "ok"][:MOST_FAILURES]
    rows = (
        (
            record.trial.id,
            (
                f"It {titles.describe_end(record.status)}",
                record.reason or "none was recorded",
                record.log or units.ABSENT,
            ),
        )
        for record in unfinished
    )
    return build_text_table(rows, ("What happened", "Reason", "Log"))


def _label(row: Row) -> str:
    """The row's label, which stays in sight: one with a speed that is not ranked says so there."""
    return row.label + (NOT_RANKED if row.throughput.count and row.refusal is not None else "")


def _letters(columns: Iterable[Sequence[TableCell]]) -> dict[str, str]:
    notes = dict.fromkeys(
        cell.note for row in zip(*columns, strict=True) for cell in row if cell.note
    )
    return {note: _letter(number) for number, note in enumerate(notes)}


def _letter(number: int) -> str:
    """a to z, aa to az, ba and so on."""
    before, place = divmod(number, len(ascii_lowercase))
    return (_letter(before - 1) if before else "") + ascii_lowercase[place]


def _sentences(
    comparison: Comparison, empty: dict[TableColumn, list[TableCell]]
) -> tuple[str, ...]:
    groups: dict[tuple[str, ...], list[str]] = {}
    any_finished = any(row.finished for row in comparison.rows)
    for column, column_cells in empty.items():
        reasons = [
            cell.note
            for row, cell in zip(comparison.rows, column_cells, strict=True)
            if cell.note and (row.finished or not any_finished)
        ]
        groups.setdefault(tuple(dict.fromkeys(reasons)), []).append(column.name)
    return tuple(
        f"{', '.join(names)}: absent in all rows ({'; '.join(reasons)})."
        for reasons, names in groups.items()
    )


def _number(name: str, unit: str, quantity: str, text: Format) -> TableColumn:
    return TableColumn(name, unit, lambda _, row: cells.show_quantity(row, quantity, text))


def _seconds(name: str, quantity: str) -> TableColumn:
    return _number(name, "s", quantity, units.format_number)


def _mebibytes(name: str, quantity: str) -> TableColumn:
    return _number(name, "MiB", quantity, units.format_mebibytes)


def _of_row(name: str, unit: str, cell: Callable[[Row], TableCell]) -> TableColumn:
    return TableColumn(name, unit, lambda _, row: cell(row))


RATE = _number("Samples/s", "", THROUGHPUT, units.format_number)
RATIO = TableColumn("Ratio to fastest", "", cells.show_ratio_to_fastest)
ACCURACY = _number("Test accuracy", "%", "test_accuracy", units.format_percent)
CERTIFICATES = _of_row(
    "Proof", "largest error", lambda row: TableCell(certificates.describe_proof(row.records))
)

SUMMARY = Layout(
    "The fastest first, rows that are not ranked below",
    (
        RATE,
        RATIO,
        _mebibytes("Peak anonymous memory", "peak_anonymous_bytes"),
        ACCURACY,
        CERTIFICATES,
    ),
)
SPEED = Layout(
    "Throughput, ratio and spread; the fastest first, rows that are not ranked below",
    (
        RATE,
        RATIO,
        _number("Spread within", "%", "relative_block_iqr", units.format_share),
        _of_row("Spread between", "%", cells.show_spread_between),
        _of_row("Noise floor", "%", cells.show_noise_floor),
        TableColumn("Trials", "", lambda _, row: TableCell(row.outcome), always=True),
    ),
)
MACHINE = Layout(
    "Steady state, and how near the steps come to what the machine attains",
    (
        _of_row("Steady state (invocations)", "", cells.show_steady_state),
        _number("Blocks per invocation", "", "measured_blocks", units.format_integer),
        _number("Share of arithmetic", "%", "arithmetic_share", units.format_share),
        _number("Share of bandwidth", "%", "bandwidth_share", units.format_share),
        _of_row("Bound by", "", cells.show_bound),
    ),
)
PROOF = Layout(
    "Proof and accuracy",
    (
        CERTIFICATES,
        ACCURACY,
        TableColumn("Time to target accuracy", "s", cells.show_time_to_target),
    ),
)
VARIANTS = Layout(
    "What a mode, settings, a layout, variables or the framework's own loader change",
    (
        TableColumn("Compared with", "", cells.show_baseline, always=True),
        TableColumn("Ratio of throughputs", "", cells.show_ratio_to_baseline),
        _seconds("Time to first step", "time_to_first_step_seconds"),
        _mebibytes("Peak anonymous", "peak_anonymous_bytes"),
    ),
)
TIMES = Layout(
    "Times of an invocation",
    (
        _seconds("Time to first step", "time_to_first_step_seconds"),
        _seconds("Import", "import_seconds"),
        _seconds("Build", "build_seconds"),
        _seconds("First step", "first_step_seconds"),
        _seconds("Training", "training_seconds"),
    ),
)
MEMORY = Layout(
    "Memory of the process",
    (
        _mebibytes("Peak anonymous", "peak_anonymous_bytes"),
        _mebibytes("Peak resident", "peak_resident_bytes"),
        _mebibytes("Anonymous after import", "anonymous_after_import_bytes"),
        _mebibytes("Resident after import", "resident_after_import_bytes"),
        _mebibytes("Anonymous after build", "anonymous_after_build_bytes"),
        _mebibytes("Resident after build", "resident_after_build_bytes"),
    ),
)
ENERGY = Layout(
    "Memory of the GPU, and energy",
    (
        _mebibytes("GPU allocator peak", "allocator_peak_bytes"),
        _mebibytes("GPU allocator reserved", "allocator_reserved_bytes"),
        _mebibytes("GPU by the driver", "device_peak_bytes"),
        _mebibytes("GPU increase, all processes", "device_total_increase_bytes"),
        _number("GPU energy", "J/sample", "gpu_joules_per_sample", units.format_joules),
        _number("CPU energy", "J/sample", "cpu_package_joules_per_sample", units.format_joules),
    ),
)
