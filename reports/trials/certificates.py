"""What the certificates of a row prove, as numbers and in words.

A record may come from anywhere: what should be a number may be anything, and then is NaN; and a
certificate that calls itself verified is held against its own numbers before it is believed.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from bench.records.certificate import Certificate, Defect, Worst
from bench.records.results import Record
from reports.records.identity import keep_distinct
from reports.text import titles, units

NO_CERTIFICATE = "the record has no certificate"
FLOAT64 = "float64"
FLOAT32 = "ieee"
VERIFIED, DIFFERENT, UNCHECKED = "verified", "different", "unchecked"


def explain_unverified(records: Iterable[Record]) -> str | None:
    """Why a row is not verified, None where every one of its trials is.

    A trial that did not finish gives no number, so it needs no certificate; but if
    it has one, it counts: where certificates differ, the row is not verified.
    """
    reasons = Counter[str | None]()
    for certificate, count in _count_needed(records).items():
        reasons[find_objection(certificate)] += count
    if not reasons:
        return NO_CERTIFICATE
    first = next((reason for reason in reasons if reason is not None), None)
    if first is None or None not in reasons:
        return first
    return f"{first} (of {reasons[first]} of {reasons.total()} trials)"


def _count_needed(records: Iterable[Record]) -> Counter[Certificate | None]:
    """Count in how many of its trials a row has each certificate that its verdict depends on."""
    return Counter(
        record.certificate
        for record in records
        if record.status == "ok" or record.certificate is not None
    )


def find_objection(certificate: Certificate | None) -> str | None:
    """Why a certificate proves nothing, without a full stop; None where it does."""
    if certificate is None:
        return NO_CERTIFICATE
    if not certificate.verified:
        reason = str(certificate.reason or f"its verdict is {certificate.verdict}")
        return reason.strip().removesuffix(".")
    if not count_quantities(certificate) >= 1 or not certificate.worst:
        return "its certificate names no quantity that was compared"
    over = [
        worst
        for worst in certificate.worst
        if not read_number(worst.error) <= read_number(worst.limit)
    ]
    if over:
        error, limit = _format_errors(over[0])
        return (
            f"its certificate contradicts itself: the error of {over[0].quantity} is {error}, the "
            f"limit {limit}"
        )
    return None


def collect_certificates(records: Iterable[Record]) -> list[Certificate]:
    """The distinct certificates of a row's trials."""
    return keep_distinct(record.certificate for record in records if record.certificate)


def combine_verdicts(records: Iterable[Record]) -> str:
    """The verdict of a row: the worst of its trials'."""
    verdicts = set(map(judge, _count_needed(records))) or {UNCHECKED}
    return next(verdict for verdict in (DIFFERENT, UNCHECKED, VERIFIED) if verdict in verdicts)


def judge(certificate: Certificate | None) -> str:
    """The verdict of a trial: its certificate's, if that proves what it says."""
    if find_objection(certificate) is None:
        return VERIFIED
    different = certificate is not None and certificate.verdict == DIFFERENT
    return DIFFERENT if different else UNCHECKED


def find_worst(certificates: Iterable[Certificate], precision: str) -> Worst | None:
    """The largest error in one precision; an error that is no number is larger than any."""
    errors = [
        error for each in certificates for error in each.worst if str(error.precision) == precision
    ]
    return max(errors, key=lambda error: _size(error.error), default=None)


def find_worst_error(certificates: Iterable[Certificate], precision: str) -> float:
    """The largest error in one precision, NaN where there is none."""
    worst = find_worst(certificates, precision)
    return read_number(worst and worst.error)


def describe_worst_errors(certificates: Sequence[Certificate]) -> list[str]:
    """The largest error in each precision with its quantity, as words."""
    return [
        f"{units.format_error(read_number(error.error))} in "
        f"{titles.describe_precision(str(error.precision))} ({error.quantity})"
        for name in _precisions(certificates)
        if (error := find_worst(certificates, name))
    ]


def collect_defects(certificates: Iterable[Certificate]) -> list[Defect]:
    """The known defects, each once."""
    return keep_distinct(defect for each in certificates for defect in each.defects)


def summarize_numbers(certificates: Sequence[Certificate]) -> dict[str, float | str]:
    """The largest errors and the known defects, by the names of columns."""
    names = dict.fromkeys(str(defect.name) for defect in collect_defects(certificates))
    return {
        "worst_error_float64": find_worst_error(certificates, FLOAT64),
        "worst_error_float32": find_worst_error(certificates, FLOAT32),
        "known_defects": "; ".join(names),
    }


def summarize_defects(certificates: Iterable[Certificate]) -> list[str]:
    """Each known defect by name, with the largest error that it explains."""
    errors: dict[str, float] = {}
    for defect in collect_defects(certificates):
        name = str(defect.name)
        errors[name] = max(errors.get(name, 0.0), _size(defect.error))
    return [f"{name} ({units.format_error(error)})" for name, error in errors.items()]


def describe_proof(records: Sequence[Record]) -> str:
    """The proof of a row in a few words: verified, 2e-15."""
    if explain_unverified(records) is not None:
        return "not verified"
    certificates = collect_certificates(records)
    count = len(summarize_defects(certificates))
    defects = titles.format_count(count, "known defect") if count else ""
    return ", ".join(filter(None, ("verified", _worst_error_words(certificates), defects)))


def build_certificate_table(rows: Iterable[tuple[str, Sequence[Record]]]) -> pd.DataFrame:
    """A row per label and distinct certificate, as text: nothing that was found is left out."""
    labeled = [
        (f"{label} (certificate {number})" if number > 1 else label, certificate)
        for label, records in rows
        for number, certificate in enumerate(collect_certificates(records) or [None], start=1)
    ]
    precisions = _precisions(certificate for _, certificate in labeled if certificate)
    table = pd.DataFrame(
        [_detail(certificate, precisions) for _, certificate in labeled],
        index=[label for label, _ in labeled],
        dtype=object,
    )
    return table if (table[DEFECTS] != units.ABSENT).any() else table.drop(columns=DEFECTS)


DEFECTS = "Known defects"


def _precisions(certificates: Iterable[Certificate]) -> list[str]:
    """Every precision that something was compared in, float64 first."""
    return sorted(
        {str(error.precision) for certificate in certificates for error in certificate.worst},
        key=lambda name: (name != FLOAT64, name != FLOAT32, name),
    )


def _detail(certificate: Certificate | None, precisions: Sequence[str]) -> dict[str, str]:
    reason = find_objection(certificate)
    certificates = [certificate] if certificate else []
    return {
        "Verified": "yes" if reason is None else f"no: {reason}",
        "Checked": _date(certificate.checked) if certificate else units.ABSENT,
        "Quantities": units.format_integer(count_quantities(certificate)),
        **{
            f"Worst error in {titles.describe_precision(name)}": _worst_words(certificates, name)
            for name in precisions
        },
        DEFECTS: "; ".join(map(_defect_words, collect_defects(certificates))) or units.ABSENT,
    }


def _worst_words(certificates: Sequence[Certificate], precision: str) -> str:
    worst = find_worst(certificates, precision)
    if worst is None:
        return units.ABSENT
    error, limit = _format_errors(worst)
    return f"{error} of at most {limit}: {worst.quantity} ({worst.group})"


def _defect_words(defect: Defect) -> str:
    error, limit = _format_errors(defect)
    count = read_number(defect.count)
    more = f", in {units.format_integer(count)} quantities" if count > 1 else ""
    precision = titles.describe_precision(str(defect.precision))
    where = f"{defect.quantity}{more}"
    return f"{defect.name}: {error} where {limit} is allowed, {precision}, {where}"


def _format_errors(worst: Worst | Defect) -> tuple[str, str]:
    """Format the error and its limit."""
    return (
        units.format_error(read_number(worst.error)),
        units.format_error(read_number(worst.limit)),
    )


def _worst_error_words(certificates: Sequence[Certificate]) -> str:
    for precision in (FLOAT64, FLOAT32):
        error = find_worst_error(certificates, precision)
        if not math.isnan(error):
            return units.format_error(error) + ("" if precision == FLOAT64 else " in float32")
    return ""


def count_quantities(certificate: Certificate | None) -> float:
    """Count the quantities that were compared; NaN where that is no number."""
    return read_number(certificate and certificate.quantities)


def read_number(value: Any) -> float:
    """A number that a record may have as null or as anything else, which is NaN."""
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan


def _size(value: Any) -> float:
    size = read_number(value)
    return math.inf if math.isnan(size) else size


def _date(checked: Any) -> str:
    """The day and the minute of an ISO 8601 time; anything else as it is."""
    text = str(checked)
    return text[:16].replace("T", " ") if text[10:11] == "T" else text
