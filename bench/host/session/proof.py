"""The proof of what a run times, made in two portions so that the first result comes early."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.host.verify.together import Certificates
from bench.records.certificate import Certificate
from bench.records.results import Trial

Verify = Callable[[Sequence[Trial]], Certificates]


def verify_nothing(trials: Sequence[Trial]) -> Certificates:
    """Give no certificate, as a run does that is not to be verified."""
    return {}


@dataclass
class PortionedProof:
    """Certificates of what trials time, by the key of the cell, as far as they are needed yet.

    The first portion is what is compared with the first trial: its model, in every framework. The
    second is all the rest, together, since each framework is imported once for all its cells.

    Attributes:
        verify: verifies what some trials time.
        waiting: trials whose portion is still to come.
    """

    verify: Verify = verify_nothing
    waiting: Sequence[Trial] = ()
    certificates: dict[tuple[str, ...], Certificate] = field(default_factory=dict)

    def begin(self) -> None:
        """Verify the first portion.

        Raises:
            SamestepError: the reference itself failed.
        """
        if self.waiting:
            first = self.waiting[0]
            self._verify([trial for trial in self.waiting if _is_compared(trial, first)])

    def provide_for(self, trial: Trial) -> None:
        """Verify the second portion where the trial needs it; where it does not, do nothing.

        Raises:
            SamestepError: the reference itself failed.
        """
        if trial in self.waiting:
            self._verify(self.waiting)

    def _verify(self, portion: Sequence[Trial]) -> None:
        self.certificates |= self.verify(portion)
        done = {trial.id for trial in portion}
        self.waiting = [trial for trial in self.waiting if trial.id not in done]


def _is_compared(trial: Trial, other: Trial) -> bool:
    return (trial.model, trial.dataset) == (other.model, other.dataset)
