"""Reads the energy of processor packages: RAPL, which Linux gives as files, AMD's too.

The counters are microjoules and start again at zero after max_energy_range_uj, 65 to 262 kJ:
at 300 W the smallest lasts over three minutes. Reading more often than that misses no start.
Source: the kernel's Documentation/power/powercap/powercap.rst.
"""

import re
from pathlib import Path

from bench.host.machine.accounts import UnreadableError

POWERCAP = Path("/sys/class/powercap")


class _Package:
    """One processor package; parts of it (core, uncore, dram) and the platform are left out."""

    def __init__(self, folder: Path) -> None:
        self._counter = folder / "energy_uj"
        self._range = _number(folder / "max_energy_range_uj")
        self._last = _number(self._counter)
        self.microjoules = 0

    def advance(self) -> None:
        """Add what the counter went on by; it may have started again once."""
        now = _number(self._counter)
        step = now - self._last
        self.microjoules += step if step >= 0 else step + self._range
        self._last = now


class Rapl:
    """The packages of this machine, together."""

    def __init__(self, folder: Path = POWERCAP) -> None:
        self._folder = folder
        self._packages: list[_Package] | None = None

    def read_joules(self) -> float:
        """Read the energy of all packages since the first call, which returns 0.

        Raises:
            UnreadableError: there is no package, or it may not be read.
        """
        if self._packages is None:
            self._packages = [_Package(folder) for folder in self._domains()]
        for package in self._packages:
            package.advance()
        return sum(package.microjoules for package in self._packages) / 1e6

    def _domains(self) -> list[Path]:
        # The domains of packages have one number, parts of them two.
        packages = [
            folder
            for folder in sorted(self._folder.glob("intel-rapl:*"))
            if re.fullmatch(r"intel-rapl:\d+", folder.name)
            and _text(folder / "name").startswith("package-")
        ]
        if not packages:
            raise UnreadableError(
                f"There is no energy counter of a processor package in {self._folder}: this is a "
                "virtual machine, or its kernel or processor has none."
            )
        return packages


def _number(path: Path) -> int:
    text = _text(path)
    if not text.isdecimal():
        raise UnreadableError(f"{path} holds {text[:40]!r}, which is no number.")
    return int(text)


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace").strip()
    except PermissionError as error:
        # Since Linux 5.10: what a program computes can be guessed from it (CVE-2020-8694).
        raise UnreadableError(
            f"{path} may be read by root only; "
            "`sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj` permits it until the "
            "next start of the system."
        ) from error
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read ({error.strerror}).") from error
