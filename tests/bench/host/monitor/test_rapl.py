"""RAPL's files, in a tree that the test owns."""

import os
from pathlib import Path

import pytest

from bench.host.machine.accounts import UnreadableError
from bench.host.monitor.rapl import Rapl


def domain(folder: Path, number: str, name: str, energy: int, largest: int = 1_000_000) -> Path:
    path = folder / f"intel-rapl:{number}"
    path.mkdir()
    for file, text in (
        ("name", name),
        ("energy_uj", str(energy)),
        ("max_energy_range_uj", str(largest)),
    ):
        (path / file).write_text(text + "\n")
    return path / "energy_uj"


def test_packages_are_added_up_and_their_parts_are_not(tmp_path: Path) -> None:
    counters = [
        domain(tmp_path, "0", "package-0", 700),
        domain(tmp_path, "0:0", "core", 600),
        domain(tmp_path, "0:1", "dram", 500),
        domain(tmp_path, "1", "package-1-die-0", 400),
        domain(tmp_path, "2", "psys", 300),
    ]
    rapl = Rapl(tmp_path)
    assert rapl.read_joules() == 0.0
    for counter in counters:
        counter.write_text(f"{int(counter.read_text()) + 250_000}\n")
    assert rapl.read_joules() == 0.5


def test_a_counter_that_starts_again_goes_on(tmp_path: Path) -> None:
    counter = domain(tmp_path, "0", "package-0", 999_000)
    rapl = Rapl(tmp_path)
    rapl.read_joules()
    counter.write_text("4000")
    assert rapl.read_joules() == pytest.approx(0.005)
    counter.write_text("3000")
    assert rapl.read_joules() == pytest.approx(1.004)


def test_a_machine_without_it_says_so(tmp_path: Path) -> None:
    domain(tmp_path, "0", "psys", 1)
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(UnreadableError, match="virtual machine"):
            Rapl(folder).read_joules()


@pytest.mark.parametrize("content", ["", "-3", "many"])
def test_garbage_is_no_number(tmp_path: Path, content: str) -> None:
    domain(tmp_path, "0", "package-0", 1).write_text(content)
    with pytest.raises(UnreadableError, match="no number"):
        Rapl(tmp_path).read_joules()


def test_a_user_who_may_not_read_it_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = domain(tmp_path, "0", "package-0", 1)
    counter.chmod(0)
    if os.geteuid() == 0:  # root may read all: refuse as the kernel would
        real = Path.read_text

        def refuse(path: Path, *arguments: str, **named: str) -> str:
            if path == counter:
                raise PermissionError(13, "Permission denied")
            return real(path, *arguments, **named)

        monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(UnreadableError, match=r"by root only; `sudo chmod a\+r"):
        Rapl(tmp_path).read_joules()


def test_a_counter_that_goes_away_is_said(tmp_path: Path) -> None:
    counter = domain(tmp_path, "0", "package-0", 1)
    rapl = Rapl(tmp_path)
    rapl.read_joules()
    counter.unlink()
    with pytest.raises(UnreadableError, match="No such file"):
        rapl.read_joules()
