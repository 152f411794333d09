"""What a step of the GPU's examination needs to know, and how large its work is."""

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bench.host.planning.request import Request
from bench.protocol.ceilings import WORKLOADS, Workload

ROOT = Path(__file__).parents[2]
# So that a rehearsal on a processor measures every ceiling in a second.
SMALL_WORKLOAD = Workload(side=256, copied_bytes=2**22, seconds=0.01, repetitions=3)


@dataclass(frozen=True)
class Settings:
    """What is examined.

    Attributes:
        folder: of the files that steps leave behind.
        pythons: interpreters by framework; those that cannot be used are left out.
        pretend: whether this is a rehearsal: on the processor, with tiny sizes and a simulated
            driver.
    """

    folder: str
    pythons: dict[str, str]
    pretend: bool = False

    @property
    def device(self) -> str:
        """The device that frameworks compute on."""
        return "cpu" if self.pretend else "cuda"

    @property
    def workload(self) -> Workload:
        """How large the products and copies are that measure the ceilings."""
        return SMALL_WORKLOAD if self.pretend else WORKLOADS["cuda"]

    @property
    def precisions(self) -> tuple[str, ...]:
        """The precisions that frameworks train in on the device; no processor has TF32."""
        return ("ieee", "bf16") if self.pretend else ("ieee", "tf32", "bf16")

    @property
    def patience(self) -> float:
        """By how much time limits are longer than on a GPU: a processor may have other work."""
        return 10.0 if self.pretend else 1.0

    @property
    def results(self) -> Path:
        """The folder of the runs that steps make."""
        return Path(self.folder) / "results"

    def to_request(self) -> Request:
        """Return the request of which a command line with these settings would consist."""
        pythons = {name: Path(path) for name, path in self.pythons.items()}
        return Request(
            device=self.device,
            frameworks=tuple(pythons),
            pythons=pythons,
            results=self.results,
        )

    def without(self, frameworks: frozenset[str]) -> "Settings":
        """Return the settings without these frameworks."""
        pythons = {name: path for name, path in self.pythons.items() if name not in frameworks}
        return replace(self, pythons=pythons)

    def write(self, path: Path) -> None:
        """Write them for the process of a step."""
        path.write_bytes(msgspec.json.encode(self))

    @classmethod
    def read(cls, path: Path) -> "Settings":
        """Read what `write` wrote."""
        return msgspec.json.decode(path.read_bytes(), type=cls)
