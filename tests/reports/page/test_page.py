"""The page as a whole: escaped, self-contained, in order, whatever the records hold."""

import base64
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.optimizer import Optimizer
from bench.records.certificate import Certificate, Defect, Worst
from bench.records.lines import Reader, encode
from bench.records.results import Record
from reports.content.export import to_json
from reports.page.report import render
from reports.page.template import SCRIPT, TEMPLATES
from reports.runs.loading import LoadedRuns, read_runs
from tests.reports.conftest import CEILINGS

MakeRecord = Callable[..., Record]
MakeCertificate = Callable[..., Certificate]
Save = Callable[[Path, Sequence[Record]], Path]

OWN_SCRIPT = (TEMPLATES / SCRIPT).read_text(encoding="utf-8")
EVIL = "<script>alert('x')</script>"
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Collects a page's tags and text, and checks that its tags are nested."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def page(records: Sequence[Record], problems: Sequence[str] = ()) -> str:
    return render(LoadedRuns("quick", tuple(records), tuple(problems)))


def poisoned(value: Any) -> Any:
    """The value with `EVIL` in every string and every key, through all containers."""
    if isinstance(value, str):
        return EVIL + value
    if isinstance(value, dict):
        return {**{key: poisoned(item) for key, item in value.items()}, EVIL: EVIL}
    if isinstance(value, list | tuple):
        return type(value)(poisoned(item) for item in value)
    if isinstance(value, Certificate | Worst | Defect):
        changes = {name: poisoned(item) for name, item in vars(value).items() if name != "verdict"}
        return dataclasses.replace(value, **changes)
    return value


def poison(record: Record) -> Record:
    """The record with `EVIL` in every string, but for the status and the numbers' dictionaries."""
    changes = {
        field.name: poisoned(getattr(record, field.name))
        for field in dataclasses.fields(record)
        if field.name not in ("trial", "status", "seconds", "memory")
    }
    trial = {name: poisoned(value) for name, value in dataclasses.asdict(record.trial).items()}
    trial["optimizer"] = Optimizer(EVIL, 0.1, 0.9)  # type: ignore[arg-type]
    return dataclasses.replace(record, trial=dataclasses.replace(record.trial, **trial), **changes)


def test_planted_markup_is_only_ever_text(
    record: MakeRecord, failure: MakeRecord, certificate: MakeCertificate
) -> None:
    defects = (Defect("rounds", "float64", "conv1.weight", 1e-3, 1e-9, 2),)
    different = certificate(verdict="different", reason="Off.", defects=defects)
    gpus = [{"name": "GPU", "memory_bytes": 2**30}]
    machine = record().machine | {"gpus": gpus, "gpu_driver": "1"}
    product = CEILINGS["products"]["mxnet"]
    ceilings = CEILINGS | {"products": {EVIL: product}, "reasons": {EVIL: EVIL}}
    records = [
        poison(record(machine=machine)),
        poison(record("mxnet", machine=machine)),
        poison(record("jax", seed=2, digests={"weights": "w"})),
        poison(failure(status="failed")),
        poison(record("keras", machine=machine, certificate=certificate(defects=defects))),
        poison(record("theano", machine=machine, certificate=different)),
        poison(record("chainer", machine=machine, certificate=certificate(worst=()))),
        record("caffe", digests={"weights": EVIL}, ceilings=ceilings, absent={"x": EVIL}),
        record("caffe", seed=3, settings="tuned", tuning={"knobs": {EVIL: EVIL}}),
    ]
    html = render(LoadedRuns(EVIL, tuple(records), (EVIL,)))

    assert scripts(html) == [OWN_SCRIPT]
    assert html.lower().count("<script") == 1
    assert html.count("&lt;script&gt;") > 50, "the planted strings are on the page"


def scripts(html: str) -> list[str]:
    """What stands in the page's scripts, by a parser."""
    found: list[str] = []

    class Scripts(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "script":
                found.append("")
            self.inside = tag == "script"

        def handle_endtag(self, tag: str) -> None:
            self.inside = False

        def handle_data(self, data: str) -> None:
            if getattr(self, "inside", False):
                found[-1] += data

    Scripts().feed(html)
    return found


def test_the_browser_runs_no_script_but_the_pages_own(three: list[Record]) -> None:
    html = page(three)
    digest = base64.b64encode(hashlib.sha256(scripts(html)[0].encode()).digest()).decode()
    (policy,) = (
        str(attributes["content"])
        for tag, attributes in Page(html).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )

    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not any(
        name.startswith("on") for _, attributes in Page(html).tags for name in attributes
    )


def test_quotes_do_not_leave_an_attribute(record: MakeRecord) -> None:
    html = page([record('"><b onload="x'), record()])

    assert "b" not in {tag for tag, _ in Page(html).tags}
    assert not any("onload" in attributes for _, attributes in Page(html).tags)


def test_the_page_asks_nobody_for_anything(three: list[Record]) -> None:
    html = page(three)

    assert "://" not in html
    assert "@import" not in html
    for tag, attributes in Page(html).tags:
        assert tag not in {"iframe", "object", "embed", "base"}
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    assert all(target.startswith("#") for target in re.findall(r"url\((.)", html))


def test_headings_are_in_order_and_links_have_targets(
    three: list[Record], record: MakeRecord, failure: MakeRecord
) -> None:
    found = Page(page([*three, record(seed=2), failure("jax")])).tags
    levels = [int(tag[1]) for tag, _ in found if re.fullmatch(r"h[1-6]", tag)]
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    addresses = [str(attributes["href"]) for tag, attributes in found if tag == "a"]
    links = [address[1:] for address in addresses if not address.startswith("data:")]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(ids) == len(set(ids))
    assert set(links) <= set(ids)


def test_tables_have_captions_and_scopes(three: list[Record]) -> None:
    tags = Page(page(three)).tags
    names = [tag for tag, _ in tags]

    assert names.count("table") == names.count("caption") > 3
    assert {attributes.get("scope") for tag, attributes in tags if tag == "th"} == {"col", "row"}


def test_the_order_of_the_page(three: list[Record]) -> None:
    words = Page(page(three)).words()
    order = [
        "Run quick",
        "is fastest at 12,000 samples/s, 2.22x the speed of TensorFlow",
        "Only rows proved to take the same training steps are ranked",
        "16.0 GiB memory, no GPU",
        "was fastest at 12,000 samples/s",
        "Ratio to fastest",
        "Steady state, and how near the steps come",
        "Figures Throughput: a faint point per measured block",
        "Times, memory and energy Times of an invocation",
        "Memory of the process Framework",
        "Is it the same training step?",
        "Worst error in float64",
        "Was it the same work?",
        "Failures and skips",
        "The machine Machines, as the trials found them",
        "What it attains at most",
        "Was it fit to measure?",
        "Plan and software",
        "How each number was made Invocation",
    ]

    places = [words.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)


def test_the_same_records_give_the_same_page(three: list[Record]) -> None:
    assert page(three) == page(three)


def test_a_run_of_failures_says_so(failure: MakeRecord) -> None:
    words = Page(page([failure(), failure("jax", status="timeout", reason="Too slow.")])).words()

    assert "No trial finished, so there is nothing to compare." in words
    assert "Too slow." in words
    assert "2 trials: 1 skipped and 1 timeout." in words
    assert "No trial got as far as recording its packages." in words
    assert "nan" not in words.lower().split()


def test_a_run_without_failures_says_so(three: list[Record]) -> None:
    assert "None: every trial finished." in Page(page(three)).words()


def test_different_inputs_are_an_alarm_at_the_top(three: list[Record], record: MakeRecord) -> None:
    alarm = "The trials did not read the same inputs"

    assert alarm in page([*three, record("jax", digests={"weights": "other"})])
    assert alarm not in page(three)


def test_rows_that_are_not_ranked_are_shown_with_the_reason(
    three: list[Record], record: MakeRecord
) -> None:
    words = Page(page([*three, record("jax", certificate=None)])).words()

    assert "JAX 0.1 (eager) is not ranked." in words
    assert "JAX 0.1, eager, default (not ranked) 3,000" in words
    assert (
        "Not ranked, and why: JAX 0.1, eager, default : not verified: the record has no "
        "certificate."
    ) in words
    assert "3 of 4 rows are verified" in words


def test_dashes_lead_to_their_reasons(record: MakeRecord) -> None:
    memory = {"peak_anonymous_bytes": 2**20, "peak_resident_bytes": 2**20}
    absent = {"peak_anonymous_bytes": "There is no /proc.", "gpu_joules": "No NVML."}
    words = Page(
        page([record(memory=memory, absent=absent), record("mxnet", memory={}, absent=absent)])
    ).words()

    assert "MXNet 1.9.1, eager, default \u2013 a \u2013 b" in words
    assert "a: There is no /proc. b: not recorded." in words
    assert "GPU energy: absent in all rows (No NVML)." in words


def test_doubts_are_named_at_the_top_and_explained_below(record: MakeRecord) -> None:
    noisy = record(load={"other_share": 0.5}, steady="no steady state")
    words = Page(page([noisy, record("mxnet")])).words()

    assert words.count("Doubtful: other programs and no steady state.") == 2
    assert "Other programs took up to 50% of the processors' time" in words


def test_tuned_settings_are_listed_with_their_sources(record: MakeRecord) -> None:
    tuning = {
        "environment": {"A": "1"},
        "knobs": {"foreach": True},
        "layout": "NHWC",
        "reasons": ["Fewer launches."],
        "sources": ["the guide."],
    }
    tuned = record(settings="tuned", tuning=tuning)
    words = Page(page([tuned, record("mxnet"), record("jax", settings="tuned")])).words()

    assert (
        "PyTorch 2.13.0, eager, tuned A=1, foreach=True, layout NHWC Fewer launches (source: the "
        "guide)."
    ) in words
    assert "JAX 0.1, eager, tuned the record does not say what they consist of" in words
    assert "Tuned settings" not in page([record()])


def test_the_machine_with_its_ceilings_and_what_was_noted(record: MakeRecord) -> None:
    fitness = ({"topic": "noise", "verdict": "note", "detail": "it is loud"},)
    words = Page(page([record(fitness=fitness), record("mxnet", fitness=fitness)])).words()

    assert "Matrix product, IEEE float32 (GFLOP/s) 100 PyTorch 100 50.0" in words
    assert "Left out: TensorFlow in IEEE float32: It has no ceilings.py." in words
    assert words.count("noise: it is loud.") == 1
    assert "It was not measured in this run. Was it fit to measure? Nothing was noted." in (
        Page(page([record(ceilings={})])).words()
    )


def test_out_of_memory_is_among_the_failures(record: MakeRecord, failure: MakeRecord) -> None:
    starved = failure(status="out of memory", reason="It needs 9 GiB.")
    words = Page(page([record(), starved])).words()

    assert "It ran out of memory It needs 9 GiB." in words
    assert "2 trials: 1 ok and 1 out of memory." in words
    assert "MXNet (eager) ran out of memory." in words


def test_a_run_of_old_records_ranks_nothing(three: list[Record]) -> None:
    old = [dataclasses.replace(record, certificate=None, test_samples=None) for record in three]
    words = Page(page(old)).words()

    assert "There is nothing to rank. Not ranked: PyTorch 2.13.0 (eager), TensorFlow" in words
    assert "fastest at" not in words
    assert "None of 3 rows is verified." in words
    assert "12,000" in words, "the numbers are shown all the same"
    assert "The records do not say how many test samples there were" in words


def test_the_summary_links_to_each_comparison(three: list[Record], record: MakeRecord) -> None:
    models = ("alexnet-quarter", "resnet20", "lstm")
    others = [record(name, model=model) for model in models for name in ("pytorch", "mxnet")]
    html = page([*three, *others])
    words = Page(html).words()

    links = [dict(attributes).get("href") for tag, attributes in Page(html).tags if tag == "a"]
    assert links[:4] == [f"#comparison-{number}" for number in (1, 2, 3, 4)]
    assert words.count("PyTorch 2.13.0 (eager) is fastest at 12,000 samples/s, 2.") == 4
    assert "AlexNet (a quarter of the width) on digits, batch size 64" in words


def test_certificates_of_nonsense_do_not_stop_the_page(
    record: MakeRecord, certificate: MakeCertificate
) -> None:
    nan = float("nan")
    worst = (Worst("float64", "g", "q", nan, nan),)
    defects = (Defect("d", "float64", "q", nan, nan, 1),)
    records = [
        record(certificate=certificate(worst=worst, defects=defects)),
        record("mxnet", certificate=certificate(quantities=nan, checked="")),
    ]

    assert "There is nothing to rank" in page(records)
    assert json.loads(to_json(LoadedRuns("quick", tuple(records), ())))["comparisons"]


def test_forged_numbers_do_not_stop_the_page(record: MakeRecord) -> None:
    """A file may hold numbers that no trial gives."""
    line = json.loads(encode(record()))
    line["epochs"][-1]["test_accuracy"] = float("inf")
    line["blocks"][-1]["seconds"] = 1e-320
    line["test_samples"] = 10**400
    line["certificate"] |= {"quantities": 10**400}
    forged = Reader().decode(json.dumps(line))

    assert "MXNet" in page([forged, record("mxnet"), record()])


def test_machines_are_never_compared(three: list[Record], record: MakeRecord) -> None:
    words = Page(page([*three, record("jax", machine={"cpu": "Another CPU"})])).words()

    assert "Machine 1: Example CPU" in words
    assert "Machine 2: Another CPU" in words
    assert "There is nothing to rank: JAX 0.1 (eager) reached" in words, (
        "it is alone in its comparison"
    )


def test_a_torn_last_line_is_shown(tmp_path: Path, three: list[Record], save: Save) -> None:
    path = save(tmp_path / "quick", three) / "records.jsonl"
    path.write_text(path.read_text()[:-100])

    words = Page(render(read_runs(path.parent))).words()

    assert "Left out The records files hold more than this page shows" in words
    assert "records.jsonl, line 3 was left out" in words
    assert "MXNet" not in words.partition("Left out")[0]


def test_a_run_of_fifty_trials_stays_small(record: MakeRecord) -> None:
    names = ["pytorch", "tensorflow", "mxnet", "jax", "caffe"]
    blocks = record().blocks * 100
    records = [
        record(name, model=model, seed=seed, blocks=blocks)
        for name in names
        for model in ("lenet", "lstm")
        for seed in range(5)
    ]

    assert len(records) == 50
    assert len(page(records).encode()) < 3_000_000


def test_the_document_for_programs(three: list[Record], failure: MakeRecord) -> None:
    content = json.loads(to_json(LoadedRuns("quick", (*three, failure("jax")), ("a line",))))

    (comparison,) = content["comparisons"]
    rows = {row["framework"]: row for row in comparison["rows"]}
    assert content["schema"] == 3
    assert rows["tensorflow"]["ratio_to_fastest"] == pytest.approx(0.45)
    assert rows["jax"]["throughput_samples_per_second"] is None
    assert rows["pytorch"]["peak_resident_bytes"] == 300 * 2**20
    assert rows["jax"]["absent"]["build_seconds"] == "no trial finished (1 skipped)"
    assert rows["pytorch"]["absent"]["gpu_joules_per_sample"] == "The trial ran on the CPU"
    assert rows["pytorch"]["intervals"] == {}, "one invocation has none"
    assert rows["pytorch"]["steady"] == {"steady": 1}
    assert rows["pytorch"]["arithmetic_share"] == pytest.approx(0.12)
    assert (rows["pytorch"]["layout"], rows["pytorch"]["input"]) == ("native", "prepared")
    assert content["machines"][0]["ceilings"]["ieee"]["operations_framework"] == "pytorch"
    assert content["machines"][0]["fitness"] == []
    assert comparison["doubts"] == []
    assert comparison["same_digests"] is True
    assert comparison["optimizer"]["learning_rate"] == 0.05
    assert comparison["optimizer"]["changes"] == []
    assert comparison["headline"].startswith("PyTorch 2.13.0 (eager) is fastest")
    assert comparison["certificates"][0]["worst"][0]["quantity"] == "gradient of conv1.weight"
    assert (rows["mxnet"]["ranked"], rows["mxnet"]["verdict"]) == (True, "verified")
    assert (rows["jax"]["ranked"], rows["jax"]["unranked_reason"]) == (False, "no trial finished")
    assert comparison["machine"] == content["machines"][0]["key"]
    assert content["not_ok"][0]["status"] == "skipped"
    assert content["problems"] == ["a line"]
