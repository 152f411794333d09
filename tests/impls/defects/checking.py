"""What has to come of a planted defect, and of a copy that has none."""

from dataclasses import replace
from pathlib import Path

from bench.host.frameworks.framework import discover
from bench.host.process.executor import Executor
from bench.host.verify.verifier import Verifier
from tests.impls.conftest import Environments, find_environment
from tests.impls.planting import Defect, copied, first_difference, verified

LOGITS = "logits in evaluation mode"
STATISTICS = "statistics after 1 step of sgd: bn1."


def check_defect(
    defect: Defect, verifier: Verifier, environments: Environments, folder: Path
) -> None:
    """Check that it is found where it is made, and named."""
    find_environment(environments, defect.framework)
    framework = copied(discover()[defect.framework], defect.edits, folder)
    found = verified(verifier, environments, framework, defect.model, defect.mode)
    certificate = found.certificate
    assert certificate.verdict == "different", certificate.reason
    assert first_difference(found).startswith(defect.first), certificate.reason
    assert defect.words in str(certificate.reason)


def check_control(
    name: str, mode: str, verifier: Verifier, environments: Environments, folder: Path
) -> None:
    """Check that a copy without defect is verified, in processes that are no forks."""
    find_environment(environments, name)
    framework = copied(discover()[name], (), folder)
    alone = replace(verifier, executor=Executor())
    certificate = verified(alone, environments, framework, "lenet-1998", mode).certificate
    assert certificate.verdict == "verified", certificate.reason
