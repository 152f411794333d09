"""The page's numbers against the records file itself, worked out without any of `reports`.

The file is read by `json`, the page by an HTML parser; statistics are NumPy's. What the page writes
is compared digit by digit with how many digits it has.
"""

import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from tests.reports.scale.many_records import WAYS, write_run

MIB = 2**20
TITLES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow", "mxnet": "MXNet", "jax": "JAX"}
NUMBER = r"-?[\d,]+(?:\.\d+)?"


class Tables(HTMLParser):
    """Tables in the order of the page: caption, and cells by row heading and column heading."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, dict[str, str]]]] = []
        self.text: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.rows: list[list[str]] = []
            self.caption = ""
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td", "caption"):
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self.caption = self.text or ""
        elif tag in ("th", "td"):
            self.rows[-1].append((self.text or "").strip().replace("\N{NO-BREAK SPACE}", " "))
        elif tag == "table":
            head, *body = self.rows
            cells = {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in body}
            self.found.append((self.caption, cells))
        if tag in ("th", "td", "caption"):
            self.text = None

    def starting(self, caption: str) -> dict[str, dict[str, str]]:
        (found,) = (cells for name, cells in self.found if name.startswith(caption))
        return found


@pytest.fixture(scope="module", params=[5, 8])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One comparison of ten rows of so many invocations: its documents, and its page's tables."""
    from reports.__main__ import main

    folder = tmp_path_factory.mktemp("runs") / "some"
    # Twenty comparisons take turns; the first of them is kept.
    path = write_run(folder, 200 * request.param)
    lines = path.read_text().splitlines()
    documents = [json.loads(line) for line in lines]
    kept = [
        place
        for place, one in enumerate(documents)
        if (one["trial"]["model"], one["trial"]["batch_size"]) == ("lenet", 64)
    ]
    path.write_text("\n".join(lines[place] for place in kept) + "\n")
    assert main(["build", str(folder)]) == 0
    page = Tables((folder / "report.html").read_text())
    return [documents[place] for place in kept], page


def trials(run: Any, way: tuple[str, str, str]) -> list[dict[str, Any]]:
    names = ("framework", "mode", "settings")
    return [one for one in run[0] if tuple(one["trial"][name] for name in names) == way]


def label(run: Any, way: tuple[str, str, str]) -> str:
    framework, mode, settings = way
    return f"{TITLES[framework]} {trials(run, way)[0]['framework_version']}, {mode}, {settings}"


def rates(trial: dict[str, Any]) -> Any:
    return np.array(
        [one["samples"] / one["seconds"] for one in trial["blocks"] if not one["warmup"]]
    )


def speeds(run: Any, way: tuple[str, str, str]) -> Any:
    return np.array([np.median(rates(one)) for one in trials(run, way)])


def numbers(text: str) -> list[tuple[float, float]]:
    """Each number of a cell, with half of its last digit."""
    return [
        (
            float(one.replace(",", "")),
            0.5 * 10.0 ** -(len(one.partition(".")[2]) if "." in one else 0),
        )
        for one in re.findall(NUMBER, text)
    ]


def same(text: str, *expected: float) -> None:
    shown = numbers(text)
    assert len(shown) == len(expected), text
    for (value, half), wanted in zip(shown, expected, strict=True):
        assert value == pytest.approx(wanted, abs=half * (1 + 1e-6)), text


def bootstrap(*samples: Any) -> Any:
    """The 95 % percentile interval of the ratio of medians, or of a median, by brute force."""
    rng = np.random.default_rng(123)
    drawn = [np.median(rng.choice(one, (100_000, len(one))), axis=1) for one in samples]
    statistic = drawn[0] if len(drawn) == 1 else drawn[0] / drawn[1]
    # A quantile of a discrete distribution jumps: what lies a little on each side is right as well.
    return np.quantile(statistic, [0.02, 0.03]), np.quantile(statistic, [0.97, 0.98])


def holds(text: str, middle: float, *samples: Any) -> None:
    """A median with the interval that so many invocations have."""
    shown = numbers(text)
    same(text.partition("(")[0], middle)
    if len(samples[0]) >= 6:
        for (value, half), (low, high) in zip(shown[1:], bootstrap(*samples), strict=True):
            assert low - half <= value <= high + half, text
    elif len(samples) == 1:
        same(text, middle, samples[0].min(), samples[0].max())
    else:
        first, second = samples
        same(text, middle, first.min() / second.max(), first.max() / second.min())


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_throughput_and_its_spread(run: Any, way: tuple[str, str, str]) -> None:
    cells = run[1].starting("Throughput, ratio")[label(run, way)]
    own = speeds(run, way)
    low, middle, high = np.quantile(own, [0.25, 0.5, 0.75])
    within = [
        np.subtract(*np.quantile(rates(one), [0.75, 0.25])) / np.median(rates(one))
        for one in trials(run, way)
    ]

    holds(cells["Samples/s"], middle, own)
    holds(cells["Spread within (%)"], 100 * np.median(within), 100 * np.array(within))
    same(cells["Spread between (%)"], 100 * (high - low) / middle)
    assert cells["Trials"] == f"{len(own)} ok"
    shown = [value for value, _ in numbers(cells["Samples/s"])]
    floor, half = numbers(cells["Noise floor (%)"])[0]
    assert floor == pytest.approx(100 * (shown[2] - shown[1]) / 2 / shown[0], abs=half + 0.02)


def test_rows_are_in_order_and_ratios_are_to_the_first(run: Any) -> None:
    cells = run[1].starting("Throughput, ratio")
    order = sorted(WAYS, key=lambda way: -float(np.median(speeds(run, way))))

    assert list(cells) == [label(run, way) for way in order]
    assert cells[label(run, order[0])]["Ratio to fastest"] == "1.00x"
    best = speeds(run, order[0])
    for way in order[1:]:
        own = speeds(run, way)
        middle = float(np.median(own) / np.median(best))
        holds(cells[label(run, way)]["Ratio to fastest"], middle, own, best)


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_accuracy_times_and_memory(run: Any, way: tuple[str, str, str]) -> None:
    name, own = label(run, way), trials(run, way)
    accuracies = np.array([one["epochs"][-1]["test_accuracy"] for one in own])
    training = np.array([math.fsum(block["seconds"] for block in one["blocks"]) for one in own])
    seconds = [one["seconds"] for one in own]
    first = np.array([one["import"] + one["build"] + one["first_step"] for one in seconds])
    proof, times, memory = (
        run[1].starting(caption)[name]
        for caption in ("Proof and accuracy", "Times of an invocation", "Memory of the process")
    )

    holds(proof["Test accuracy (%)"], 100 * np.median(accuracies), 100 * accuracies)
    assert proof["Proof (largest error)"] == "verified, 2e-15"
    holds(times["Training (s)"], float(np.median(training)), training)
    holds(times["Time to first step (s)"], float(np.median(first)), first)
    peaks = np.array([one["memory"]["peak_anonymous_bytes"] / MIB for one in own])
    holds(memory["Peak anonymous (MiB)"], float(np.median(peaks)), peaks)


def test_time_to_the_target_accuracy(run: Any) -> None:
    cells = run[1].starting("Proof and accuracy")
    best = min(max(one["test_accuracy"] for one in trial["epochs"]) for trial in run[0])
    target = math.floor(best * 200 + 1e-9) / 200
    for way in WAYS:
        times = []
        for trial in trials(run, way):
            elapsed = 0.0
            for epoch in trial["epochs"]:
                elapsed += epoch["seconds"]
                if epoch["test_accuracy"] >= target:
                    times.append(elapsed)
                    break
        own = np.array(times)
        holds(cells[label(run, way)]["Time to target accuracy (s)"], float(np.median(own)), own)


def test_shares_of_the_ceilings(run: Any) -> None:
    cells = run[1].starting("Steady state")
    for way in WAYS:
        steps = np.array(
            [
                np.median([b["seconds"] / b["steps"] for b in one["blocks"] if not b["warmup"]])
                for one in trials(run, way)
            ]
        )
        one = trials(run, way)[0]
        shares = one["cost"]["operations"] / steps / one["ceilings"]["operations_per_second"]
        holds(
            cells[label(run, way)]["Share of arithmetic (%)"],
            100 * float(np.median(shares)),
            100 * shares,
        )
