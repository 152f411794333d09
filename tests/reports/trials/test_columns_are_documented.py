"""`docs/reference/columns.md` is what the code says.

`python -m tests.reports.trials.columns_document` renews it.
"""

from tests.conftest import ROOT
from tests.reports.trials.columns_document import document


def test_the_page_of_columns_is_up_to_date() -> None:
    assert (ROOT / "docs" / "reference" / "columns.md").read_text(encoding="utf-8") == document()
