"""The proof in two portions, with a verification that only writes down what it is asked for."""

from collections.abc import Sequence
from dataclasses import replace

from bench.host.session.proof import PortionedProof
from bench.host.verify.together import Certificates
from bench.records.results import Trial
from tests.reports.conftest import make_certificate, make_record

TRIAL = make_record().trial
TRIALS = [
    replace(TRIAL, model=model, framework=framework)
    for model in ("lenet", "lstm", "alexnet")
    for framework in ("pytorch", "jax")
]


class Verification:
    """Verifies all that it is asked for, at once."""

    def __init__(self) -> None:
        self.portions: list[list[str]] = []

    def __call__(self, trials: Sequence[Trial]) -> Certificates:
        self.portions.append([f"{trial.model} {trial.framework}" for trial in trials])
        return {(trial.model, trial.framework): make_certificate() for trial in trials}


def test_what_is_compared_with_the_first_trial_is_verified_first_and_then_all_the_rest() -> None:
    verification = Verification()
    proof = PortionedProof(verification, TRIALS)
    certificates = proof.certificates
    proof.begin()
    assert verification.portions == [["lenet pytorch", "lenet jax"]]
    for trial in TRIALS:
        proof.provide_for(trial)
    assert verification.portions[1:] == [
        ["lstm pytorch", "lstm jax", "alexnet pytorch", "alexnet jax"]
    ]
    assert len(certificates) == 6


def test_a_run_that_is_not_verified_has_no_portion() -> None:
    proof = PortionedProof()
    proof.begin()
    proof.provide_for(TRIAL)
    assert proof.certificates == {}
