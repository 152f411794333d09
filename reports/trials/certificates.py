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
    for certificate, count in _needed(records):
        reasons[find_objection(certificate)] += count
    if not reasons:
        return NO_CERTIFICATE
    first = next((reason for reason in reasons if reason is not None), None)
    if first is None or None not in reasons:
        return first
    return f"{first} (of {reasons[first]} of {reasons.total()} trials)"


def _needed(records: Iterable[Record]) -> list[tuple[Certificate | None, int]]:
    """What a row's verdict depends on, each object once, and how many of its trials have it.

    By identity: one from a file may hold what cannot be hashed, and most trials share one object.
    """
    found: dict[int, Certificate | None] = {}
    counts = Counter[int]()
    for record in records:
        if record.status == "ok" or record.certificate is not None:
            found[id(record.certificate)] = record.certificate
            counts[id(record.certificate)] += 1
    return [(certificate, counts[key]) for key, certificate in found.items()]


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
        error, limit = (
            units.format_error(read_number(value)) for value in (over[0].error, over[0].limit)
        )
        return (
            f"its certificate contradicts itself: the error of {over[0].quantity} is {error}, the "
            f"limit {limit}"
        )
    return None


def collect_certificates(records: Iterable[Record]) -> list[Certificate]:
    """The distinct certificates of a row's trials."""
    found: list[Certificate] = []
    for record in records:
        if record.certificate is not None and record.certificate not in found:
            found.append(record.certificate)
    return found


def combine_verdicts(records: Iterable[Record]) -> str:
    """The verdict of a row: the worst of its trials'."""
    verdicts = {judge(certificate) for certificate, _ in _needed(records)} or {UNCHECKED}
    return next(one for one in (DIFFERENT, UNCHECKED, VERIFIED) if one in verdicts)


def judge(certificate: Certificate | None) -> str:
    """The verdict of a trial: its certificate's, if that proves what it says."""
    if find_objection(certificate) is None:
        return VERIFIED
    different = certificate is not None and certificate.verdict == DIFFERENT
    return DIFFERENT if different else UNCHECKED


def find_worst(found: Iterable[Certificate], precision: str) -> Worst | None:
    """The largest error in one precision; an error that is no number is larger than any."""
    errors = [one for each in found for one in each.worst if str(one.precision) == precision]
    return max(errors, key=lambda one: _size(one.error), default=None)


def find_worst_error(found: Iterable[Certificate], precision: str) -> float:
    """The largest error in one precision, NaN where there is none."""
    found_worst = find_worst(found, precision)
    return math.nan if found_worst is None else read_number(found_worst.error)


def describe_worst_errors(found: Sequence[Certificate]) -> list[str]:
    """The largest error in each precision with its quantity, as words."""
    largest = [find_worst(found, name) for name in _precisions(found)]
    return [
        f"{units.format_error(read_number(one.error))} in "
        f"{titles.describe_precision(str(one.precision))} ({one.quantity})"
        for one in largest
        if one
    ]


def collect_defects(found: Iterable[Certificate]) -> list[Defect]:
    """The known defects, each once."""
    listed: list[Defect] = []
    for defect in (defect for each in found for defect in each.defects):
        if defect not in listed:
            listed.append(defect)
    return listed


def list_defect_names(found: Iterable[Certificate]) -> str:
    """The names of the known defects, each once; empty where there is none."""
    return "; ".join(dict.fromkeys(str(defect.name) for defect in collect_defects(found)))


def summarize_defects(found: Iterable[Certificate]) -> list[str]:
    """Each known defect by name, with the largest error that it explains."""
    errors: dict[str, float] = {}
    for defect in collect_defects(found):
        name = str(defect.name)
        errors[name] = max(errors.get(name, 0.0), _size(defect.error))
    return [f"{name} ({units.format_error(error)})" for name, error in errors.items()]


def describe_proof(records: Sequence[Record]) -> str:
    """The proof of a row in a few words: verified, 2e-15."""
    if explain_unverified(records) is not None:
        return "not verified"
    found = collect_certificates(records)
    names = {str(defect.name) for defect in collect_defects(found)}
    known = titles.format_count(len(names), "known defect") if names else ""
    return ", ".join(filter(None, ("verified", _worst_error_words(found), known)))


def build_certificate_table(rows: Iterable[tuple[str, Sequence[Record]]]) -> pd.DataFrame:
    """A row per label and distinct certificate, as text: nothing that was found is left out."""
    listed = [
        (f"{label} (certificate {number})" if number > 1 else label, certificate)
        for label, records in rows
        for number, certificate in enumerate(collect_certificates(records) or [None], start=1)
    ]
    precisions = _precisions(certificate for _, certificate in listed if certificate)
    table = pd.DataFrame(
        [_detail(certificate, precisions) for _, certificate in listed],
        index=[label for label, _ in listed],
        dtype=object,
    )
    return table if (table[DEFECTS] != units.ABSENT).any() else table.drop(columns=DEFECTS)


DEFECTS = "Known defects"


def _precisions(found: Iterable[Certificate]) -> list[str]:
    """Every precision that something was compared in, float64 first."""
    return sorted(
        {str(one.precision) for certificate in found for one in certificate.worst},
        key=lambda name: (name != FLOAT64, name != FLOAT32, name),
    )


def _detail(certificate: Certificate | None, precisions: Sequence[str]) -> dict[str, str]:
    reason = find_objection(certificate)
    found = [certificate] if certificate else []
    return {
        "Verified": "yes" if reason is None else f"no: {reason}",
        "Checked": _date(certificate.checked) if certificate else units.ABSENT,
        "Quantities": units.format_integer(count_quantities(certificate))
        if certificate
        else units.ABSENT,
        **{
            f"Worst error in {titles.describe_precision(name)}": _worst_words(
                find_worst(found, name)
            )
            for name in precisions
        },
        DEFECTS: "; ".join(map(_defect_words, collect_defects(found))) or units.ABSENT,
    }


def _worst_words(one: Worst | None) -> str:
    if one is None:
        return units.ABSENT
    error, limit = (
        units.format_error(read_number(one.error)),
        units.format_error(read_number(one.limit)),
    )
    return f"{error} of at most {limit}: {one.quantity} ({one.group})"


def _defect_words(defect: Defect) -> str:
    error, limit = (
        units.format_error(read_number(defect.error)),
        units.format_error(read_number(defect.limit)),
    )
    count = read_number(defect.count)
    more = f", in {units.format_integer(count)} quantities" if count > 1 else ""
    precision = titles.describe_precision(str(defect.precision))
    where = f"{defect.quantity}{more}"
    return f"{defect.name}: {error} where {limit} is allowed, {precision}, {where}"


def _worst_error_words(found: Sequence[Certificate]) -> str:
    for precision in (FLOAT64, FLOAT32):
        error = find_worst_error(found, precision)
        if not math.isnan(error):
            return units.format_error(error) + ("" if precision == FLOAT64 else " in float32")
    return ""


def count_quantities(certificate: Certificate) -> float:
    """How many quantities were compared, NaN where that is no number."""
    return read_number(certificate.quantities)


def read_number(value: Any) -> float:
    """A number that a record may have as null or as anything else, which is NaN."""
    try:
        return float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return math.nan


def _size(value: Any) -> float:
    known = read_number(value)
    return math.inf if math.isnan(known) else known


def _date(checked: Any) -> str:
    """The day and the minute of an ISO 8601 time; anything else as it is."""
    text = str(checked)
    return text[:16].replace("T", " ") if text[10:11] == "T" else text
