"""The report: one HTML page that needs no other file, no network, and no script to be whole."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from markupsafe import Markup

from bench.records.results import Record
from reports.content.doubts import find_doubts
from reports.content.export import export_comparison
from reports.content.proof import find_proofs
from reports.content.tables import list_failures
from reports.figures.batch_sizes import draw_batch_sizes
from reports.figures.roofline import draw_rooflines
from reports.page import environments
from reports.page.downloads import make_downloads
from reports.page.sections import make_section
from reports.page.template import render_page
from reports.ranking.comparisons import Comparison
from reports.ranking.machines import Machine, find_machines
from reports.runs.loading import LoadedRuns
from reports.text import conditions, titles
from reports.text.markup import render_table_or_none
from reports.trials.ceilings import build_ceiling_table
from reports.trials.parallel import run_in_processes

Fact = TypeVar("Fact")


def render(run: LoadedRuns) -> str:
    """Render the report of runs; the same records give the same text."""
    records, comparisons, machines = run.records, run.comparisons, find_machines(run.records)
    tasks: list[Callable[[], Any]] = [
        partial(_make_piece, number, comparison, machines)
        for number, comparison in enumerate(comparisons, start=1)
    ]
    tasks.append(partial(draw_batch_sizes, comparisons, "batch-sizes"))
    tasks.append(partial(draw_rooflines, comparisons, "roofline"))
    *pieces, batch_sizes, rooflines = run_in_processes(tasks)
    packages = environments.collect_packages(records)
    ends = titles.count_each(record.status for record in records)
    return render_page(
        "report",
        run.title,
        records,
        run.alterations,
        run.problems,
        outcome=f"{titles.format_count(len(records), 'trial')}: {titles.join_words(ends)}.",
        threads=_threads(records),
        facts=_facts(run),
        sections=[section for section, _ in pieces],
        batch_sizes=batch_sizes,
        rooflines=rooflines,
        failures=_failures(records),
        machines=[_machine(item, run.select_records(item.key)) for item in machines],
        versions=render_table_or_none(
            environments.build_version_table(packages),
            "Main packages of each environment",
            "Framework",
            "words",
        ),
        packages=packages,
        variables=render_table_or_none(
            environments.build_variable_table(comparisons),
            "Environment variables set for each framework",
            "Framework",
            "words",
        ),
        downloads=make_downloads(run, [document for _, document in pieces]),
    )


def _make_piece(
    number: int, comparison: Comparison, machines: Sequence[Machine]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make a section for people and a document for programs."""
    proofs, doubts = find_proofs(comparison), find_doubts(comparison)
    return (
        make_section(number, comparison, machines, proofs, doubts),
        export_comparison(comparison, proofs, doubts),
    )


def _machine(machine: Machine, records: Sequence[Record]) -> dict[str, Any]:
    text, left_out = build_ceiling_table(records)
    caption = "What each reached with its own matrix product and copy, the highest of them first"
    return {
        "number": machine.number,
        "sentence": machine.sentence,
        "ceilings": render_table_or_none(text, caption, "Operation", "numbers"),
        # Why a framework is not among the ceilings.
        "left_out": left_out,
        "findings": [
            conditions.describe_finding(item) for item in conditions.collect_findings(records)
        ],
    }


def _failures(records: Sequence[Record]) -> Markup | None:
    text = list_failures(records)
    total = sum(record.status != "ok" for record in records)
    first = f", the first {len(text):,} of {total:,}" if total > len(text) else ""
    return render_table_or_none(
        text, f"Trials that did not finish, and why{first}", "Trial", "words"
    )


def _facts(run: LoadedRuns) -> dict[str, str]:
    records = run.records
    digest = "Digest of the run" if len(run.digests) == 1 else "Digests of the runs"
    trials = [record.trial for record in records]
    values_of = {
        "Run": [record.run for record in records],
        "Plan": [record.plan for record in records],
        "Commit of samestep": [record.commit or "unknown" for record in records],
        "Started": [titles.format_days(record.started for record in records)],
        "Optimizer": map(titles.describe_optimizer, _distinct(trial.optimizer for trial in trials)),
        "Epochs": map(str, _distinct(trial.epochs for trial in trials)),
        "Evaluated": [
            "after every epoch" if epochs == 1 else f"every {titles.format_count(epochs, 'epoch')}"
            for epochs in _distinct(trial.evaluate_every for trial in trials)
        ],
        "Seeds": map(str, _distinct(trial.seed for trial in trials)),
        "Threads of the framework": map(str, _distinct(record.threads for record in records)),
        "Precision": map(titles.describe_precision, _distinct(trial.precision for trial in trials)),
        "Settings": [trial.settings for trial in trials],
        "Layout of images": [trial.layout for trial in trials],
        "Variables of the plan": [trial.variables for trial in trials if trial.variables],
        "Batches from": map(titles.describe_source, _distinct(trial.input for trial in trials)),
        "Blocks": [
            "trained in turns with those of another version"
            for record in records
            if record.in_turns_with is not None
        ],
        "Trainable parameters": [
            f"{model}: {parameters:,}"
            for model, parameters in _distinct(
                (titles.title_model(record), record.parameters) for record in records
            )
            if parameters is not None
        ],
        # It stands for all records of a run: whoever quotes it can be shown to be right.
        digest: run.digests.values(),
    }
    texts = {name: "; ".join(_distinct(values)) for name, values in values_of.items()}
    return {name: text for name, text in texts.items() if text}


def _distinct(values: Iterable[Fact]) -> list[Fact]:
    return list(dict.fromkeys(values))


def _threads(records: Sequence[Record]) -> str | None:
    """Say how many each framework could use, where all could use the same."""
    counts = {record.threads for record in records}
    return titles.format_count(counts.pop(), "thread") if len(counts) == 1 else None
