"""What a row's certificates prove."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bench.errors import ResultsError
from bench.records.certificate import Certificate, Defect, Worst
from bench.records.lines import Reader, encode
from bench.records.results import SCHEMA, Record
from reports.text.units import ABSENT
from reports.trials import certificates

MakeRecord = Callable[..., Record]
MakeCertificate = Callable[..., Certificate]

DEFECT = Defect("float64 convolution in float32", "float64", "conv1.weight", 3.4e-8, 1e-9, 12)


def read_back(record: Record, **changes: Any) -> Record:
    """The record as from a file whose certificate has these fields instead."""
    document = json.loads(encode(record))
    document["certificate"] |= changes
    return Reader().decode(json.dumps(document))


def test_a_verified_row(record: MakeRecord) -> None:
    records = [record(), record(repeat=2)]

    assert certificates.explain_unverified(records) is None
    assert certificates.combine_verdicts(records) == "verified"
    assert certificates.describe_proof(records) == "verified, 2e-15"


def test_an_old_record_has_no_certificate(record: MakeRecord) -> None:
    records = [record(certificate=None)]

    assert certificates.explain_unverified(records) == "the record has no certificate"
    assert certificates.combine_verdicts(records) == "unchecked"
    assert certificates.describe_proof(records) == "not verified"


def test_a_certificate_gives_its_reason(record: MakeRecord, certificate: MakeCertificate) -> None:
    different = certificate(verdict="different", reason="The loss is 0.1 off.")

    assert certificates.explain_unverified([record(certificate=different)]) == "The loss is 0.1 off"
    silent = certificate(verdict="unchecked", reason=None)
    assert certificates.find_objection(silent) == "its verdict is unchecked"


def test_where_certificates_differ_the_row_is_not_verified(
    record: MakeRecord, certificate: MakeCertificate
) -> None:
    other = certificate(verdict="different", reason="The loss is 0.1 off.")
    records = [record(), record(repeat=2, certificate=other), record(repeat=3)]

    assert certificates.explain_unverified(records) == "The loss is 0.1 off (of 1 of 3 trials)"
    assert certificates.combine_verdicts(records) == "different"
    table = certificates.build_certificate_table([("PyTorch", records)])
    assert list(table.index) == ["PyTorch", "PyTorch (certificate 2)"]
    assert table["Verified"].tolist() == ["yes", "no: The loss is 0.1 off"]


def test_a_failed_trial_needs_no_certificate_but_one_that_it_has_counts(
    record: MakeRecord, failure: MakeRecord, certificate: MakeCertificate
) -> None:
    bad = certificate(verdict="different", reason="Off.")

    assert certificates.explain_unverified([record(), failure("pytorch")]) is None
    assert (
        certificates.explain_unverified([record(), failure("pytorch", certificate=bad)]) is not None
    )
    assert certificates.explain_unverified([failure()]) == certificates.NO_CERTIFICATE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantities": 0}, "names no quantity"),
        ({"worst": ()}, "names no quantity"),
        ({"worst": (Worst("float64", "loss", "loss", 1e-3, 1e-9),)}, "is 1e-03, the limit 1e-09"),
        ({"worst": (Worst("float64", "loss", "loss", math.nan, 1e-9),)}, "contradicts itself"),
        ({"worst": (Worst("float64", "loss", "loss", 1e-15, math.nan),)}, "contradicts itself"),
    ],
)
def test_a_verdict_is_held_against_its_own_numbers(
    changes: dict[str, Any], words: str, certificate: MakeCertificate
) -> None:
    reason = certificates.find_objection(certificate(**changes))

    assert reason is not None
    assert words in reason


def test_known_defects_are_in_sight(record: MakeRecord, certificate: MakeCertificate) -> None:
    records = [record(certificate=certificate(defects=(DEFECT,)))]
    table = certificates.build_certificate_table([("MXNet", records), ("PyTorch", [record()])])

    assert certificates.explain_unverified(records) is None
    assert certificates.describe_proof(records) == "verified, 2e-15, 1 known defect"
    assert certificates.summarize_defects(certificates.collect_certificates(records)) == [
        "float64 convolution in float32 (3e-08)"
    ]
    assert table["Known defects"].tolist() == [
        "float64 convolution in float32: 3e-08 where 1e-09 is allowed, float64, conv1.weight, "
        "in 12 quantities",
        ABSENT,
    ]


def test_details_name_the_worst_quantity_in_each_precision(record: MakeRecord) -> None:
    table = certificates.build_certificate_table([("PyTorch", [record()])])

    assert table.to_dict(orient="index")["PyTorch"] == {
        "Verified": "yes",
        "Checked": "2026-03-04 05:00",
        "Quantities": "420",
        "Worst error in float64": "2e-15 of at most 1e-09: gradient of conv1.weight (gradients)",
        "Worst error in IEEE float32": (
            "6e-07 of at most 1e-04: fc3.bias (weights after 10 steps)"
        ),
    }


def test_details_of_a_row_without_certificate(record: MakeRecord) -> None:
    table = certificates.build_certificate_table(
        [("a", [record(certificate=None)]), ("b", [record()])]
    )

    assert list(table.to_dict(orient="index")["a"].values()) == [
        "no: the record has no certificate",
        *[ABSENT] * (len(table.columns) - 1),
    ]


def test_the_worst_of_all_is_one_that_is_no_number(certificate: MakeCertificate) -> None:
    errors = (1e-12, math.nan, 1e-10)
    found = [
        certificate(worst=tuple(Worst("float64", "g", str(e), e, 1e-9) for e in errors)),
        certificate(),
    ]

    largest = certificates.find_worst(found, "float64")
    assert largest is not None
    assert largest.quantity == "nan"
    assert math.isnan(certificates.find_worst_error(found, "float64"))
    assert certificates.find_worst_error(found, "ieee") == 6.2e-7
    assert math.isnan(certificates.find_worst_error([], "ieee"))


def test_a_cell_checked_in_float32_only_says_so(
    record: MakeRecord, certificate: MakeCertificate
) -> None:
    only = certificate(worst=(Worst("ieee", "g", "q", 6e-7, 1e-4),))

    assert certificates.describe_proof([record(certificate=only)]) == "verified, 6e-07 in float32"


def test_an_error_that_is_null_in_a_file_is_nan(
    record: MakeRecord, certificate: MakeCertificate
) -> None:
    worst = (Worst("float64", "loss", "loss", math.nan, 1e-9),)
    loaded = Reader().decode(encode(record(certificate=certificate(worst=worst))))

    assert certificates.explain_unverified([loaded]) is not None
    table = certificates.build_certificate_table([("a", [loaded])])
    assert table["Worst error in float64"].tolist() == [f"{ABSENT} of at most 1e-09: loss (loss)"]


ODD: list[Any] = [None, "<b>", [1], {"a": 1}, 10**400, True, 1e999, -1, "2e-15"]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:12])
def test_what_should_be_a_number_may_be_anything(
    odd: Any, record: MakeRecord, certificate: MakeCertificate
) -> None:
    forged = certificate(
        quantities=odd,
        checked=odd,
        worst=(Worst(odd, odd, odd, odd, odd), Worst("float64", odd, odd, odd, odd)),
        defects=(Defect(odd, odd, odd, odd, odd, odd),),
    )
    records = [record(certificate=forged), record(certificate=replace(forged, reason=odd))]

    assert not certificates.build_certificate_table([("a", records)]).isna().to_numpy().any()
    assert certificates.describe_proof(records)
    assert certificates.summarize_defects([forged])
    assert certificates.describe_worst_errors([forged])


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "proved"},
        {"verdict": ["verified"]},
        {"worst": 5},
        {"worst": ["float64"]},
        {"worst": [{"precision": "float64"}]},
        {"defects": [{"name": "x", "color": "red"}]},
        {"color": "red"},
    ],
    ids=str,
)
def test_a_malformed_certificate_makes_the_line_unreadable(
    changes: dict[str, Any], record: MakeRecord
) -> None:
    with pytest.raises(ResultsError, match=f"It is not a record of schema {SCHEMA}"):
        read_back(record(), **changes)


@pytest.mark.parametrize("value", [5, "verified", [], {}])
def test_what_is_no_certificate_makes_the_line_unreadable(value: Any, record: MakeRecord) -> None:
    document = json.loads(encode(record())) | {"certificate": value}

    with pytest.raises(ResultsError, match=f"It is not a record of schema {SCHEMA}"):
        Reader().decode(json.dumps(document))


def test_a_certificate_survives_the_file(record: MakeRecord, certificate: MakeCertificate) -> None:
    made = record(certificate=certificate(defects=(DEFECT,)))

    assert Reader().decode(encode(made)).certificate == made.certificate
