"""Verifies cells and keeps what was found: a cell that has not changed is not verified again."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from bench.errors import SamestepError, UnavailableError
from bench.host.cache import cache_folder, locked
from bench.host.environments.preparation import Environments, Say
from bench.host.verify.cells import Cell
from bench.host.verify.diagnosis import explain
from bench.host.verify.fingerprint import fingerprint
from bench.host.verify.judgement import Error, judge
from bench.host.verify.verifier import Verifier, known_defects
from bench.records.certificate import Certificate


@dataclass(frozen=True)
class Finding:
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
        """Whether the framework cannot be had here."""
        return not self.certificate.digest


@dataclass(frozen=True)
class Certification:
    """Gives the finding of a cell, from the cache or anew.

    Attributes:
        environments: by framework; an error where it cannot be had.
        fresh: verify anew whatever the cache holds.
    """

    verifier: Verifier
    environments: Environments
    say: Say
    fresh: bool = False

    def known(self, cell: Cell) -> Finding | None:
        """What is known of a cell without verifying it."""
        environment = self.environments[cell.framework.edition]
        if isinstance(environment, UnavailableError):
            return Finding(cell, _unchecked(str(environment), ""))
        digest = fingerprint(cell, environment, self.verifier.threads)
        return None if self.fresh else _read(_file(digest), cell, digest)

    def finding(self, cell: Cell) -> Finding:
        """What is known of a cell; cached only where nothing differs but by known defects."""
        environment = self.environments[cell.framework.edition]
        if isinstance(environment, UnavailableError):
            return Finding(cell, _unchecked(str(environment), ""))
        digest = fingerprint(cell, environment, self.verifier.threads)
        file = _file(digest)
        with locked(file):
            known = None if self.fresh else _read(file, cell, digest)
            if known is not None:
                return known
            self.say(f"Verifying {cell.title} ...")
            start = monotonic()
            finding = self._verify(cell, digest, start)
            if finding.explained:
                _write(file, finding)
        return finding

    def _verify(self, cell: Cell, digest: str, start: float) -> Finding:
        try:
            compared = self.verifier.compare(cell)
        except SamestepError as error:
            return Finding(cell, _unchecked(str(error), digest))
        judgement = judge(compared.errors, known_defects(cell), cell.model)
        if compared.failure is not None and compared.log:
            self.say(compared.log)
        # What differs before a failure tells more than the failure.
        if compared.failure is not None and not judgement.different:
            return Finding(
                cell,
                _unchecked(compared.failure, digest),
                compared.errors,
                compared.framework_version,
                seconds=monotonic() - start,
            )
        reason = judgement.spoilt
        if judgement.different:
            first = judgement.different[0]
            reason = f"{_describe(first)} {explain(self.verifier, cell, first)}"
        if compared.failure is not None:
            reason = f"{reason} Then the verification failed: {compared.failure}"
        certificate = Certificate(
            verdict="verified" if reason is None else "different",
            reason=reason,
            digest=digest,
            checked=_now(),
            quantities=len(compared.errors),
            worst=judgement.worst,
            defects=judgement.defects,
        )
        return Finding(
            cell,
            certificate,
            compared.errors,
            compared.framework_version,
            explained=not judgement.different and compared.failure is None,
            seconds=monotonic() - start,
        )


def _file(digest: str) -> Path:
    return cache_folder() / "certificates" / f"{digest}.json"


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


def document(finding: Finding) -> dict[str, Any]:
    """A finding as JSON has it; `errors` by precision, stage and item, in layer order."""
    errors: dict[str, dict[str, dict[str, float | None]]] = {}
    for error in finding.errors:
        stages = errors.setdefault(error.precision, {})
        stages.setdefault(error.stage, {})[error.item] = error.error
    return {
        "framework_version": finding.framework_version,
        "certificate": asdict(finding.certificate),
        "explained": finding.explained,
        "errors": errors,
    }


def _write(file: Path, finding: Finding) -> None:
    """Whole or not at all: a reader never sees half a certificate."""
    partial = file.with_suffix(".part")
    partial.write_text(json.dumps(document(finding)), "utf-8")
    partial.replace(file)


def _read(file: Path, cell: Cell, digest: str) -> Finding | None:
    """The cached finding; None where there is none or it is damaged."""
    try:
        found = json.loads(file.read_text("utf-8"))
        certificate = Certificate.from_document(found["certificate"])
        errors = tuple(
            Error(precision, stage, item, error)
            for precision, stages in found["errors"].items()
            for stage, items in stages.items()
            for item, error in items.items()
        )
        version = found["framework_version"]
        explained = found["explained"] is True
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if certificate.digest != digest or not explained:
        return None
    return Finding(cell, certificate, errors, version, explained, cached=True)
