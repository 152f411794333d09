"""What tuned settings consist of, and where they come from, in words."""

from collections.abc import Mapping
from typing import Any

NOTHING = "the record does not say what they consist of"


def describe_tuning(tuning: Mapping[str, Any]) -> str:
    """Variables, knobs and layout; empty of default settings."""
    parts = [
        f"{name}={value}"
        for kind in ("environment", "knobs")
        for name, value in _pairs(tuning.get(kind))
    ]
    if layout := tuning.get("layout"):
        parts.append(f"layout {layout}")
    return ", ".join(parts)


def list_origins(tuning: Mapping[str, Any]) -> tuple[str, ...]:
    """What each part does, with its source."""
    reasons, sources = (_texts(tuning.get(name)) for name in ("reasons", "sources"))
    if len(reasons) != len(sources):
        return (*reasons, *sources)
    return tuple(
        f"{reason.rstrip('.')} (source: {source.rstrip('.')})"
        for reason, source in zip(reasons, sources, strict=True)
    )


def _pairs(table: Any) -> list[tuple[str, Any]]:
    return list(table.items()) if isinstance(table, Mapping) else []


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list | tuple) else []
