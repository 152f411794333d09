"""How often the processors were slowed down by their heat, as Linux counts it on Intel's.

The counters are kept for each core and each package, and shown by every logical processor
of it. Source: the kernel's Documentation/ABI/testing/sysfs-devices-system-cpu (thermal_throttle).
"""

from pathlib import Path

from bench.host.machine.accounts import read_text

SYSTEM = Path("/")


def count_throttle_events(system: Path = SYSTEM) -> int | None:
    """Count the events of all cores and packages since the start; None where nobody counts."""
    counters: dict[tuple[str, ...], int] = {}
    for folder in (system / "sys/devices/system/cpu").glob("cpu[0-9]*/thermal_throttle"):
        package = read_text(folder.parent / "topology/physical_package_id") or folder.parent.name
        core = read_text(folder.parent / "topology/core_id") or folder.parent.name
        for name, key in (
            ("core_throttle_count", (package, core)),
            ("package_throttle_count", (package,)),
        ):
            text = read_text(folder / name)
            if text is not None and text.isdecimal():
                # Siblings of a core show the same counter; whoever looks later sees more.
                counters[key] = max(counters.get(key, 0), int(text))
    return sum(counters.values()) if counters else None
