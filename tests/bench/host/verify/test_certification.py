"""What is cached, and what a certificate says, with a verifier that the test owns."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UnavailableError
from bench.host.environments.preparation import Environment
from bench.host.frameworks.framework import KnownDefect
from bench.host.machine.nvml import Gpus
from bench.host.verify import fingerprint
from bench.host.verify.cells import Cell
from bench.host.verify.certification import CellReport, Certification, to_document
from bench.host.verify.judgment import Error
from bench.host.verify.verifier import CellResult
from bench.models import MODELS
from bench.protocol.verification import VerificationJob

RIGHT = (
    Error("float64", "logits in evaluation mode", "", 1e-15),
    Error("float64", "gradient", "conv1.weight", 2e-15),
)
WRONG = (RIGHT[0], Error("float64", "gradient", "conv1.weight", 0.25))


@dataclass
class FakeVerifier:
    """Gives what it is told to, and counts how often."""

    errors: tuple[Error, ...] = RIGHT
    failure: str | None = None
    threads: int = 2
    calls: list[Cell] = field(default_factory=list)

    def compare(self, cell: Cell) -> CellResult:
        self.calls.append(cell)
        return CellResult(self.errors, "1.2", self.failure)

    def save_quantities(self, cell: Cell) -> Path:
        return Path("/recorded")

    def compare_reference(self, *arguments: Any) -> CellResult:
        return CellResult((), None, "no deviation explains anything")


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources are digested once a process; these tests change them."""
    monkeypatch.setattr(fingerprint, "_digest_protocol", fingerprint._digest_protocol.__wrapped__)


def certified(
    cell: Cell, verifier: FakeVerifier, fresh: bool = False, **environment: Any
) -> CellReport:
    environments = {cell.framework.name: Environment(Path("/env/one/bin/python"), given=False)}
    environments |= environment
    said: list[str] = []
    return Certification(verifier, environments, said.append, fresh).certify(cell)  # type: ignore[arg-type]


def test_a_cell_without_errors_is_verified_once(alpha: Cell, cache: Path) -> None:
    verifier = FakeVerifier()
    first, second = certified(alpha, verifier), certified(alpha, verifier)
    assert len(verifier.calls) == 1
    assert (first.cached, second.cached) == (False, True)
    assert first.certificate.verified
    assert second.certificate == first.certificate
    assert second.errors == RIGHT
    assert second.framework_version == "1.2"
    assert first.certificate.quantities == 2
    assert first.certificate.reason is None


def test_fresh_verifies_again(alpha: Cell, cache: Path) -> None:
    verifier = FakeVerifier()
    certified(alpha, verifier)
    certified(alpha, verifier, fresh=True)
    assert len(verifier.calls) == 2


def test_a_changed_implementation_is_verified_again(alpha: Cell, cache: Path) -> None:
    verifier = FakeVerifier()
    certified(alpha, verifier)
    (alpha.framework.folder / "backend.py").write_text("version = 2\n")
    assert not certified(alpha, verifier).cached


@pytest.mark.parametrize(
    "change",
    [
        {"definition": MODELS["lenet-1998"]},
        {"mode": "compiled"},
        {"device": "cuda"},
        {"variables": "XLA_FLAGS=--xla_cpu_enable_fast_math=true"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_cell_has_a_certificate_of_its_own(
    alpha: Cell, cache: Path, change: dict[str, Any]
) -> None:
    verifier = FakeVerifier()
    certified(alpha, verifier)
    assert not certified(replace(alpha, **change), verifier).cached


def test_other_versions_are_verified_again(alpha: Cell, cache: Path) -> None:
    verifier = FakeVerifier()
    certified(alpha, verifier)
    other = Environment(Path("/env/other/bin/python"), given=False)
    assert not certified(alpha, verifier, alpha=other).cached


def test_a_difference_is_said_and_never_cached(alpha: Cell, cache: Path) -> None:
    verifier = FakeVerifier(WRONG)
    for _ in range(2):
        finding = certified(alpha, verifier)
        assert not finding.cached
    assert finding.certificate.verdict == "different"
    reason = str(finding.certificate.reason)
    assert "'gradient: conv1.weight' in float64: its relative error is 2.5e-01" in reason
    assert "Usual reasons:" in reason
    assert len(verifier.calls) == 2


def test_a_failing_cell_is_unchecked_with_its_reason(alpha: Cell, cache: Path) -> None:
    finding = certified(alpha, FakeVerifier((), "ValueError: no such layer"))
    assert finding.certificate.verdict == "unchecked"
    assert finding.certificate.reason == "ValueError: no such layer"
    assert not finding.skipped


def test_a_framework_that_cannot_be_had_is_skipped(alpha: Cell, cache: Path) -> None:
    finding = certified(alpha, FakeVerifier(), alpha=UnavailableError("No network."))
    assert finding.skipped
    assert (finding.certificate.verdict, finding.certificate.reason) == ("unchecked", "No network.")


def test_a_defect_that_spoils_training_is_explained_but_not_verified(
    alpha: Cell, cache: Path
) -> None:
    known = KnownDefect(
        "a wrong gradient", ("lenet",), "float64", ("gradient*",), 1.0, ("eager",), True
    )
    cell = replace(alpha, framework=replace(alpha.framework, known_defects=(known,)))
    first, second = (certified(cell, FakeVerifier(WRONG)) for _ in range(2))
    assert (first.explained, second.cached) == (True, True)
    assert first.certificate.verdict == "different"
    assert "by a known defect of the framework: a wrong gradient" in str(first.certificate.reason)
    assert not first.certificate.verified
    compiled = replace(cell, mode="compiled")
    assert not certified(compiled, FakeVerifier(WRONG)).explained
    on_cpu = replace(known, devices=("cpu",))
    framework = replace(cell.framework, known_defects=(on_cpu,))
    assert certified(replace(cell, framework=framework), FakeVerifier(WRONG)).explained
    elsewhere = replace(cell, framework=framework, device="cuda")
    assert not certified(elsewhere, FakeVerifier(WRONG)).explained


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"certificate": {}}', "null"])
def test_a_damaged_certificate_is_made_again(alpha: Cell, cache: Path, damage: str) -> None:
    verifier = FakeVerifier()
    certified(alpha, verifier)
    (file,) = (cache / "certificates").glob("*.json")
    file.write_text(damage)
    assert not certified(alpha, verifier).cached
    assert certified(alpha, verifier).cached


def test_a_certificate_of_something_else_is_not_taken(alpha: Cell, cache: Path) -> None:
    verifier = FakeVerifier()
    digest = certified(alpha, verifier).certificate.digest
    (file,) = (cache / "certificates").glob("*.json")
    file.write_text(file.read_text().replace(digest, "0" * 64))
    assert not certified(alpha, verifier).cached


def test_a_document_has_every_error_in_layer_order(alpha: Cell, cache: Path) -> None:
    found = to_document(certified(alpha, FakeVerifier()))
    assert found["errors"] == {
        "float64": {"logits in evaluation mode": {"": 1e-15}, "gradient": {"conv1.weight": 2e-15}}
    }


def test_a_job_survives_its_journey() -> None:
    from bench.spec import Samples

    job = VerificationJob(
        "alpha", "/a", "lenet", Samples((1, 28, 28), 10), "eager", "cpu", 2, "NCHW", "/i.npz"
    )
    assert VerificationJob.from_json(job.to_json()) == job


def test_a_difference_before_a_failure_is_what_is_said_first(alpha: Cell, cache: Path) -> None:
    finding = certified(alpha, FakeVerifier(WRONG, failure="It ran out of memory."))
    assert finding.certificate.verdict == "different"
    reason = str(finding.certificate.reason)
    assert "'gradient: conv1.weight'" in reason
    assert reason.endswith("Then the verification failed: It ran out of memory.")


def test_a_failure_without_a_difference_leaves_a_cell_unchecked(alpha: Cell, cache: Path) -> None:
    finding = certified(alpha, FakeVerifier(RIGHT, failure="It ran out of memory."))
    assert finding.certificate.verdict == "unchecked"
    assert finding.certificate.reason == "It ran out of memory."


def test_a_gpu_that_nobody_can_name_is_the_same_one_until_the_next_start(
    alpha: Cell, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    boot.write_text("one")
    monkeypatch.setattr(fingerprint, "BOOT", boot)
    monkeypatch.setattr(fingerprint, "_describe_gpus", fingerprint._describe_gpus.__wrapped__)
    unknown = Gpus((), None, "nobody can be asked", has_library=False)
    monkeypatch.setattr(fingerprint, "detect_gpus", lambda: unknown)
    on_gpu = replace(alpha, device="cuda")
    assert not certified(on_gpu, FakeVerifier()).cached
    assert certified(on_gpu, FakeVerifier()).cached
    boot.write_text("two")
    assert not certified(on_gpu, FakeVerifier()).cached
