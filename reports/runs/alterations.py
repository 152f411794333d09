"""What is said, wherever numbers are shown, of records that are not as their run wrote them."""

from collections.abc import Mapping

from reports.text.markdown import format_list

TITLE = "Not as it was written"
WARNING = (
    "Since the run wrote its files, somebody or something has changed them: do not trust what "
    "stands here before you know what that was."
)


# Of a command whose result a machine takes: it has no eyes for a warning.
EXIT_STATUS = 2

# What is not as it was written, a line for each thing, by the name of what holds it.
Altered = Mapping[str, tuple[str, ...]]


def list_alterations(altered: Altered) -> tuple[str, ...]:
    """List all alterations, each with the name of what holds it."""
    return tuple(f"{name}: {line}" for name, lines in altered.items() for line in lines)


def to_markdown(altered: Altered) -> str:
    """A section of it; nothing where there is none."""
    if not altered:
        return ""
    return "\n\n".join((f"### {TITLE}", f"**{WARNING}**", format_list(list_alterations(altered))))
