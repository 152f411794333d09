"""Verifies cells and keeps what was found: a cell that has not changed is not verified again."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from bench.errors import SamestepError, UnavailableError
from bench.host.cache import lock_entry
from bench.host.environments.preparation import Environment, Environments, Say
from bench.host.verify.cells import Cell
from bench.host.verify.diagnosis import explain
from bench.host.verify.fingerprint import compute_fingerprint
from bench.host.verify.judgment import Error, judge
from bench.host.verify.verifier import CellResult, Verifier, select_known_defects
from bench.records.cache_folder import get_cache_folder
from bench.records.certificate import Certificate
from bench.records.lines import NO_RECORD, convert_whole
from bench.records.whole_files import write_whole


@dataclass(frozen=True)
class CellReport:
    """What is known of a cell.

    Attributes:
        errors: of every quantity.
        explained: whether nothing differs but by known defects of the framework.
        cached: whether it was verified before and nothing has changed since.
        seconds: that it took this time.
    """

    cell: Cell
    certificate: Certificate
    errors: tuple[Error, ...] = ()
    framework_version: str | None = None
    explained: bool = False
    cached: bool = False
    seconds: float = 0.0

    @property
    def skipped(self) -> bool:
        """Whether the cell cannot be verified here, whatever its numbers would be."""
        return not self.certificate.digest


@dataclass(frozen=True)
class Certification:
    """Gives the report on a cell, from the cache or anew; `fresh` whatever the cache holds."""

    verifier: Verifier
    environments: Environments
    say: Say
    fresh: bool = False

    def look_up(self, cell: Cell) -> CellReport | None:
        """Return what is known of a cell without verifying it; None if nothing is."""
        environment = self.environments[cell.framework.edition]
        if isinstance(environment, UnavailableError):
            return skip(cell, str(environment))
        return None if self.fresh else _read(self._fingerprint(cell), cell)

    def certify(self, cell: Cell) -> CellReport:
        """Verify a cell unless its outcome is known; keep it if only known defects differ."""
        if report := self.look_up(cell):
            return report
        digest = self._fingerprint(cell)
        with lock_entry(_file(digest)):
            # Another process may have verified it meanwhile.
            report = self.look_up(cell)
            if report is None:
                self.say(f"Verifying {cell.title} ...")
                report = self._verify(cell, digest)
                if report.explained:
                    write_whole(_file(digest), json.dumps(to_document(report)).encode())
        return report

    def _fingerprint(self, cell: Cell) -> str:
        environment = self.environments[cell.framework.edition]
        assert isinstance(environment, Environment)
        return compute_fingerprint(cell, environment, self.verifier.threads)

    def _verify(self, cell: Cell, digest: str) -> CellReport:
        start = monotonic()
        try:
            result = self.verifier.compare(cell)
        except SamestepError as error:
            return CellReport(cell, _unchecked(str(error), digest))
        if result.failure is not None and result.log:
            self.say(result.log)
        certificate, explained = self._judge(cell, result, digest)
        return CellReport(
            cell,
            certificate,
            result.errors,
            result.framework_version,
            explained,
            seconds=monotonic() - start,
        )

    def _judge(self, cell: Cell, result: CellResult, digest: str) -> tuple[Certificate, bool]:
        """Judge a cell; tell also whether nothing differs but by known defects."""
        judgment = judge(result.errors, select_known_defects(cell), cell.model)
        # What differs before a failure tells more than the failure.
        if result.failure is not None and not judgment.different:
            return _unchecked(result.failure, digest), False
        reason = judgment.spoiled
        if judgment.different:
            first = judgment.different[0]
            reason = f"{_describe(first)} {explain(self.verifier, cell, first)}"
        if result.failure is not None:
            reason = f"{reason} Then the verification failed: {result.failure}"
        certificate = Certificate(
            verdict="verified" if reason is None else "different",
            reason=reason,
            digest=digest,
            checked=_now(),
            quantities=len(result.errors),
            worst=judgment.worst,
            defects=judgment.defects,
        )
        return certificate, not judgment.different


def skip(cell: Cell, reason: str) -> CellReport:
    """Report a cell that cannot be verified."""
    return CellReport(cell, _unchecked(reason, ""))


def _file(digest: str) -> Path:
    return get_cache_folder() / "certificates" / f"{digest}.json"


def _describe(first: Error) -> str:
    size = "is no finite number" if first.error is None else f"is {first.error:.1e}"
    return (
        f"The first quantity that differs, in layer order, is {first.quantity!r} in "
        f"{first.precision}: its relative error {size}, the limit {first.limit:.0e}."
    )


def _unchecked(reason: str, digest: str) -> Certificate:
    return Certificate("unchecked", reason, digest, _now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def to_document(report: CellReport) -> dict[str, Any]:
    """Return a report as JSON has it; `errors` by precision, stage and item, in layer order."""
    errors: dict[str, dict[str, dict[str, float | None]]] = {}
    for error in report.errors:
        stages = errors.setdefault(error.precision, {})
        stages.setdefault(error.stage, {})[error.item] = error.error
    return {
        "framework_version": report.framework_version,
        "certificate": asdict(report.certificate),
        "explained": report.explained,
        "errors": errors,
    }


def _read(digest: str, cell: Cell) -> CellReport | None:
    """Read the cached report; None where there is none or it is damaged."""
    try:
        document = json.loads(_file(digest).read_text("utf-8"))
        certificate = convert_whole(document["certificate"], Certificate)
        errors = tuple(
            Error(precision, stage, item, error)
            for precision, stages in document["errors"].items()
            for stage, items in stages.items()
            for item, error in items.items()
        )
        version = document["framework_version"]
        explained = document["explained"] is True
    except (OSError, *NO_RECORD):
        return None
    if certificate.digest != digest or not explained:
        return None
    return CellReport(cell, certificate, errors, version, explained, cached=True)
