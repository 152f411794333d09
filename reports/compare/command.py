"""The command line of a comparison: `python -m reports compare BASE HEAD`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.errors import ResultsError, quote_name
from reports.compare import sentences
from reports.compare.document import to_json
from reports.compare.effects import FALSE_ALARMS
from reports.compare.outcome import LEAST, CompareResult, compare_sides, confirm
from reports.compare.pairing import ACROSS
from reports.compare.rendering import to_html, to_markdown
from reports.compare.sides import find_sides
from reports.ranking.metrics import METRICS, Metric
from reports.records import integrity
from reports.text.output import encode, show, tell, write

# Exit statuses.
NO_REGRESSION, REGRESSION = 0, 1
STANDARD_OUTPUT = "-"
KINDS = {"markdown": to_markdown, "json": to_json, "html": to_html}
# Options in percent, each with its default as a share.
SHARES = {
    "--least": (LEAST, "differences up to this are none"),
    "--false-alarms": (
        FALSE_ALARMS,
        "the chance of any in a metric, if nothing changed: what finds less, and what cries wolf "
        "more seldom",
    ),
    "--false-alarms-again": (FALSE_ALARMS, "as --false-alarms, of the second run"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    for name in ("base", "head"):
        parser.add_argument(
            name,
            metavar=name.upper(),
            help="a run's name, the path of a run, of a folder of runs or of a records file, or a "
            "commit that runs in --results have trials of; RUN@VERSION for the trials of one "
            "version of a framework (@VERSION: of the newest run)",
        )
    parser.add_argument(
        "--metrics",
        default=",".join(metric.name for metric in METRICS),
        metavar="NAMES",
        help="what is compared, separated by commas (default: %(default)s)",
    )
    parser.add_argument(
        "--across",
        action="append",
        default=[],
        choices=ACROSS,
        metavar="WHAT",
        help="compare although BASE and HEAD differ in this; may be given several times, one of "
        + ", ".join(ACROSS),
    )
    for option, (share, words) in SHARES.items():
        parser.add_argument(
            option,
            type=float,
            default=100 * share,
            metavar="PERCENT",
            help=f"{words} (default: %(default)s)",
        )
    parser.add_argument(
        "--again",
        nargs=2,
        metavar=("BASE", "HEAD"),
        help="a second run of what looked different: only what is so in both counts",
    )
    for kind in KINDS:
        parser.add_argument(
            f"--{kind}", metavar="FILE", help=f"write it as {kind} there ({STANDARD_OUTPUT}: print)"
        )


def run(options: argparse.Namespace) -> int:
    """Compare, print and write what was asked for; the exit status.

    Raises:
        ResultsError: a side cannot be used, or nothing can be compared.
    """

    def compared(names: Sequence[str], false_alarms: float) -> CompareResult:
        base, head = find_sides(names, options.results)
        return compare_sides(
            base,
            head,
            _metrics(options.metrics),
            options.across,
            _share("--least", options.least),
            false_alarms,
        )

    false_alarms = _share("--false-alarms", options.false_alarms)
    false_alarms_again = _share("--false-alarms-again", options.false_alarms_again)
    outcome = compared((options.base, options.head), false_alarms)
    if options.again:
        outcome = confirm(outcome, compared(options.again, false_alarms_again))
    targets = {kind: getattr(options, kind) for kind in KINDS}
    if STANDARD_OUTPUT not in targets.values():
        _print(outcome)
    for kind, target in targets.items():
        if target == STANDARD_OUTPUT:
            show(encode(KINDS[kind](outcome)))
        elif target is not None:
            write(Path(target), KINDS[kind](outcome))
    return _status(outcome)


def _print(outcome: CompareResult) -> None:
    tell(sentences.write_headline(outcome))
    for line in (*sentences.list_changes(outcome), *sentences.list_left_out(outcome)):
        tell(f"  {line}")
    for problem in outcome.problems:
        print(f"reports: {problem}", file=sys.stderr)


def _status(outcome: CompareResult) -> int:
    """No verdict rests on records that are not as they were written, whatever it says."""
    if outcome.altered:
        for line in integrity.list_alterations(outcome.altered):
            print(f"reports: {integrity.TITLE}: {line}", file=sys.stderr)
        print(
            f"reports: {integrity.WARNING} `python -m reports check` tells more.", file=sys.stderr
        )
        return integrity.EXIT_STATUS
    return REGRESSION if outcome.overall == "regression" else NO_REGRESSION


def _metrics(names: str) -> list[Metric]:
    by_name = {metric.name: metric for metric in METRICS}
    requested = [name.strip() for name in names.split(",")]
    for name in requested:
        if name not in by_name:
            raise ResultsError(
                f"--metrics {names!r}: there is no metric {quote_name(name, by_name)}; "
                f"expected names out of {', '.join(by_name)}, separated by commas."
            )
    return [by_name[name] for name in dict.fromkeys(requested)]


def _share(option: str, percent: float) -> float:
    if not 0 <= percent < 100:
        raise ResultsError(f"{option} is {percent:g}; expected percent from 0 to below 100.")
    return percent / 100
