"""A number that is added to a part of a record is read, written, tabulated and documented.

`python -m tests.bench.records.parts_document` renews the tables in docs/reference/records.md.
"""

from typing import Annotated

import msgspec
import pytest

from bench.records.parts import Column, Load, Memory
from reports.trials.columns import TRIAL_COLUMNS, describe_columns
from reports.trials.measured import PARTS, measure_part
from tests.bench.records import parts_document


class MoreMemory(Memory, frozen=True):
    swapped_bytes: Annotated[int | None, Column("largest sample of what lay on the disk")] = None
    hidden_bytes: Annotated[int | None, Column("what no table shows", shown=False)] = None


def test_the_tables_of_numbers_are_up_to_date() -> None:
    page = parts_document.PAGE.read_text(encoding="utf-8")
    assert parts_document.BEGIN in page
    assert page == parts_document.write_page(page)


def test_a_new_field_is_a_column_and_a_line_of_both_pages_without_another_word() -> None:
    memory = MoreMemory(peak_resident_bytes=5, swapped_bytes=7)
    line = msgspec.json.encode(memory)
    assert line == b'{"peak_resident_bytes":5,"swapped_bytes":7}'
    assert msgspec.json.decode(line, type=MoreMemory) == memory
    assert msgspec.json.decode(line, type=Memory) == Memory(peak_resident_bytes=5)

    columns = measure_part(MoreMemory, [memory, MoreMemory()])
    assert columns["swapped_bytes"][0] == 7
    assert columns["swapped_bytes"][1] != columns["swapped_bytes"][1], "NaN"
    assert "hidden_bytes" not in columns
    assert describe_columns(MoreMemory)["swapped_bytes"] == "largest sample of what lay on the disk"
    table = parts_document.write_table("memory", MoreMemory)
    assert "| `swapped_bytes` | `swapped_bytes` | largest sample of what lay on the disk |" in table
    assert "| `hidden_bytes` |  | what no table shows |" in table


def test_every_part_is_tabulated_and_documented() -> None:
    assert PARTS == parts_document.PARTS
    for kind in PARTS.values():
        assert describe_columns(kind).items() <= TRIAL_COLUMNS.items()


def test_two_numbers_may_make_one_column() -> None:
    load = Load(hashes_per_second_before=1.0, hashes_per_second_after=3.0)
    assert measure_part(Load, [load])["machine_hashes_per_second"] == pytest.approx(2.0)
