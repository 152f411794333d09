"""The figures over several comparisons: rooflines and batch sizes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from xml.etree import ElementTree

from bench.records.results import Record
from reports.figures import Drawing
from reports.figures.batch_sizes import draw_batch_sizes
from reports.figures.roofline import draw_rooflines
from reports.ranking.comparisons import compare

MakeRecord = Callable[..., Record]
Invocations = Callable[..., list[Record]]


def words(drawing: Drawing) -> str:
    return ElementTree.fromstring(drawing.svg).get("aria-label", "")


def texts(drawing: Drawing) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(drawing.svg).iter("text")]


def test_a_roofline_has_each_row_at_its_operations_and_its_rate(three: list[Record]) -> None:
    (drawing,) = draw_rooflines(compare(three), "roofline")

    # 6.4e7 operations and 8e6 bytes a step of 64 samples; PyTorch takes 12,000 samples a second.
    assert "PyTorch 2.13.0, eager, default: 12.0 GFLOP/s at 8.00 operations a byte" in words(
        drawing
    )
    assert words(drawing).startswith("Roofline of at most 100 GFLOP/s and 20.0 GB/s.")
    assert {"PyTorch", "TensorFlow", "MXNet", "LeNet"} <= set(texts(drawing))


def test_machines_and_precisions_have_rooflines_of_their_own(record: MakeRecord) -> None:
    records = [
        record(),
        record(precision="bf16"),
        replace(record(), machine={"cpu": "Other"}),
        record(model="lstm", ceilings={}),
    ]
    found = draw_rooflines(compare(records), "roofline")

    assert len(found) == 3
    assert found[1].caption.startswith("CPU, bfloat16")
    assert not any("LSTM" in words(drawing) for drawing in found)


def test_without_ceilings_there_is_no_roofline(record: MakeRecord) -> None:
    assert draw_rooflines(compare([record(ceilings={})]), "roofline") == ()


def sizes(invocations: Invocations, *batch_sizes: int) -> Sequence[Record]:
    return [
        one
        for batch_size in batch_sizes
        for framework, speed in (("pytorch", 100.0), ("mxnet", 80.0))
        for one in invocations(
            framework,
            [batch_size * speed * factor for factor in (0.9, 1.0, 1.1)],
            batch_size=batch_size,
        )
    ]


def test_throughput_by_batch_size_in_the_order_of_sizes(invocations: Invocations) -> None:
    (drawing,) = draw_batch_sizes(compare(sizes(invocations, 64, 16, 32)), "sizes")
    told = words(drawing)

    assert "LeNet on digits: throughput by batch size" in drawing.caption
    assert "MXNet 1.9.1, eager, default at 16: 1,280 (1,152\N{EN DASH}1,408)" in told
    places = [told.index(f"PyTorch 2.13.0, eager, default at {size}:") for size in (16, 32, 64)]
    assert places == sorted(places)
    assert {"16", "32", "64"} <= set(texts(drawing))


def test_one_batch_size_is_no_curve(invocations: Invocations) -> None:
    assert draw_batch_sizes(compare(sizes(invocations, 64)), "sizes") == ()


def test_other_work_is_another_figure(invocations: Invocations) -> None:
    other = [replace(one, threads=1) for one in sizes(invocations, 8, 16)]
    found = draw_batch_sizes(compare([*sizes(invocations, 16, 32), *other]), "sizes")

    assert len(found) == 2


def test_a_size_that_ran_out_of_memory_is_not_drawn(
    invocations: Invocations, failure: MakeRecord
) -> None:
    lost = failure("pytorch", status="out of memory", batch_size=4096)
    (drawing,) = draw_batch_sizes(compare([*sizes(invocations, 16, 32), lost]), "sizes")

    assert "4096" not in words(drawing)
