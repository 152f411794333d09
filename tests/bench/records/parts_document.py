"""Writes the tables of numbers in `docs/reference/records.md` from the parts of a record."""

import msgspec

from bench.records.parts import Energy, Load, Memory, StepCost, Times, columns_of
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "reference" / "records.md"
BEGIN, END = "<!-- made from bench/records/parts.py -->\n", "<!-- end of what is made -->\n"
PARTS: dict[str, type[msgspec.Struct]] = {
    "seconds": Times,
    "memory": Memory,
    "load": Load,
    "energy": Energy,
    "cost": StepCost,
}


def write_page(page: str) -> str:
    """Return the page with its tables made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = "\n".join(write_table(name, kind) for name, kind in PARTS.items())
    return f"{before}{BEGIN}{tables}{END}{after}"


def write_table(name: str, kind: type[msgspec.Struct]) -> str:
    """Return a part's fields by their names in the file, each with its column."""
    lines = [f"| `{name}` | column | what it is |", "| --- | --- | --- |"]
    columns = columns_of(kind)
    for field in msgspec.structs.fields(kind):
        column = columns[field.name]
        shown = f"`{column.name}`" if column.shown else ""
        lines.append(f"| `{field.encode_name}` | {shown} | {column.words} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(write_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
