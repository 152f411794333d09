from pathlib import Path

import pytest

from bench.errors import ResultsError
from bench.host.session.store import choose_summary_file
from bench.host.verify.certification import CellReport
from bench.host.verify.summary import explain_reports, summarize, to_row
from bench.records.certificate import Certificate, Defect, Worst
from tests.bench.host.verify.conftest import cell, framework
from tests.conftest import own_by_nobody

WORST = (
    Worst("float64", "gradients", "gradient: conv1.weight", 2e-15, 1e-9),
    Worst("ieee", "logits", "logits in evaluation mode", 3e-6, 1e-5),
)


def finding(
    folder: Path, name: str, verdict: str = "verified", reason: str | None = None, **more: object
) -> CellReport:
    certificate = Certificate(verdict, reason, "d" * 64, "now", 7, WORST, **more)  # type: ignore[arg-type]
    return CellReport(
        cell(framework(folder, name)), certificate, framework_version="1.2", seconds=4
    )


def test_a_row_shows_the_largest_error_of_each_precision(tmp_path: Path) -> None:
    row = to_row(finding(tmp_path, "alpha"))
    assert (row["model"], row["framework"], row["mode"]) == ("lenet", "Alpha", "eager")
    assert (row["float64"], row["float32"]) == ("2e-15", "3e-06")
    assert row["nearest to its limit"] == "logits in evaluation mode (float32)"
    assert row["result"] == "verified"


def test_nothing_is_said_of_what_is_verified(tmp_path: Path) -> None:
    assert explain_reports([finding(tmp_path, "alpha"), finding(tmp_path, "beta")]) == []


def test_the_odd_one_out_is_named(tmp_path: Path) -> None:
    findings = [
        finding(tmp_path, "alpha"),
        finding(tmp_path, "beta", "different", "The first quantity ..."),
        finding(tmp_path, "gamma"),
    ]
    (message,) = explain_reports(findings)
    assert message == (
        "lenet (digits) in Beta, eager is different: The first quantity ... Beta is the odd one "
        "out: Alpha and Gamma agree with the reference."
    )


def test_where_nobody_agrees_the_spec_is_suspected(tmp_path: Path) -> None:
    findings = [finding(tmp_path, name, "different", "Wrong.") for name in ("alpha", "beta")]
    for message in explain_reports(findings):
        assert "No framework agrees with the reference on lenet" in message


def test_a_lone_framework_is_no_odd_one(tmp_path: Path) -> None:
    (message,) = explain_reports([finding(tmp_path, "alpha", "different", "Wrong.")])
    assert message.endswith("is different: Wrong.")


def test_a_known_defect_is_named_with_its_error(tmp_path: Path) -> None:
    defect = Defect("a wrong gradient", "float64", "gradient: lstm1.bias", 0.5, 1e-9, 3)
    found = finding(tmp_path, "alpha", defects=(defect,))
    (message,) = explain_reports([found])
    for words in ("known defect: a wrong gradient", "5.0e-01", "'gradient: lstm1.bias'", "float64"):
        assert words in message
    assert to_row(found)["result"] == "verified, known defects: 1"


def test_the_document_has_cells_limits_and_machine(tmp_path: Path) -> None:
    document = summarize([finding(tmp_path, "alpha")], threads=2)
    (only,) = document["cells"]
    assert (only["framework"], only["model"], only["device"]) == ("alpha", "lenet", "cpu")
    assert only["certificate"]["verdict"] == "verified"
    assert document["limits"]["gradient"] == {"float64": 1e-9, "ieee": 1e-5}
    assert document["machine"]["cpu"]


def test_two_documents_of_one_second_have_two_names(tmp_path: Path) -> None:
    first = choose_summary_file(tmp_path)
    first.write_text("{}")
    assert choose_summary_file(tmp_path) != first
    assert first.parent == tmp_path / "verify"


def test_a_folder_of_summaries_that_may_not_be_searched_is_one_line() -> None:
    with own_by_nobody() as results:
        choose_summary_file(results).parent.chmod(0o600)
        with pytest.raises(ResultsError, match=r"verify' cannot be written .Permission denied"):
            choose_summary_file(results)
        (results / "verify").chmod(0o700)
