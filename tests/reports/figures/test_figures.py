"""The figures as SVG elements."""

import math
import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import pytest
from msgspec import structs

from bench.records.parts import Epoch, TimedBlock
from bench.records.results import Record
from reports.figures import Drawing, draw_comparison
from reports.figures.canvas import COLORS, choose_colors
from reports.figures.throughput import POINTS_PER_ROW
from reports.ranking.comparisons import compare

MakeRecord = Callable[..., Record]
MakeBlocks = Callable[[float, Sequence[float]], tuple[TimedBlock, ...]]


def draw(records: Sequence[Record], name: str = "a") -> tuple[Drawing, ...]:
    (comparison,) = compare(records)
    return draw_comparison(comparison, name)


CAPTIONS = [
    "Throughput: a faint point per measured block",
    "Accuracy and loss, by epoch and by time of training",
    "Until the first step has been taken",
    "Memory of the process",
]


def test_the_figures_are_well_formed(three: list[Record]) -> None:
    found = draw(three)

    assert [
        drawing.caption[: len(start)] for drawing, start in zip(found, CAPTIONS, strict=True)
    ] == CAPTIONS
    assert len(found) == len(CAPTIONS)
    for drawing in found:
        root = ElementTree.fromstring(drawing.svg)
        assert root.tag == "svg"
        assert root.get("role") == "img"


def test_the_alternative_text_has_the_numbers(three: list[Record]) -> None:
    found = [_words(ElementTree.fromstring(item.svg)) for item in draw(three)]

    assert "MXNet 1.9.1, eager, default: 4,920." in found[0]
    curves = found[1]
    for title in ("Test accuracy by epoch, %", "Test accuracy by time of training, %"):
        assert f"{title}. PyTorch 2.13.0, eager, default: 90.00 after" in curves
    assert "90.00 after epoch 1, 97.00 after epoch 3" in curves
    # Each epoch of the fixture trains for 0.3 s.
    assert "90.00 after 0.300 s, 97.00 after 0.900 s" in curves
    assert "0.500 after epoch 1, 0.167 after epoch 3" in curves
    assert "PyTorch 2.13.0, eager, default: Import 1.50, Build 0.250, First step 0.500" in found[2]
    assert "MXNet 1.9.1, eager, default: After import 90, After build 110, Peak 150" in found[3]


def test_a_bar_ends_at_the_median_of_the_whole(record: MakeRecord) -> None:
    """Medians do not add up: of 1 + 5 and 4 + 1 and 2 + 2 they are 2 + 2, and 5."""
    parts = [(1.0, 5.0), (4.0, 1.0), (2.0, 2.0)]
    records = [
        record(repeat=place, epochs=(), seconds={"import": one, "build": two, "first_step": 0.0})
        for place, (one, two) in enumerate(parts)
    ]
    bars = draw(records)[1]

    assert bars.caption.startswith("Until")
    texts = [text.text for text in ElementTree.fromstring(bars.svg).iter("text")]
    assert "5.00" in texts


def test_a_row_of_several_invocations_has_a_point_for_each_and_a_bar(
    record: MakeRecord, invocations: Callable[..., list[Record]]
) -> None:
    one, several = draw([record()])[0], draw(invocations("pytorch", [90.0, 100.0, 110.0]))[0]

    assert "90.0\u2013110" in _words(ElementTree.fromstring(several.svg))
    assert _uses(several) - _points(several) == _uses(one) - _points(one) + 2
    assert "a bar over their interval" in several.caption
    assert "a bar over their interval" not in one.caption


def test_nothing_in_a_figure_names_a_url(three: list[Record]) -> None:
    for drawing in draw(three):
        assert "://" not in drawing.svg
        assert "<metadata" not in drawing.svg
        assert "<!DOCTYPE" not in drawing.svg


def test_the_same_records_give_the_same_figures(three: list[Record]) -> None:
    assert draw(three) == draw(three)


def test_ids_are_unique_on_the_page(three: list[Record]) -> None:
    svgs = [drawing.svg for name in "ab" for drawing in draw(three, name)]
    ids = [found for svg in svgs for found in re.findall(r' id="([^"]*)"', svg)]

    assert ids
    assert len(ids) == len(set(ids))


def test_every_reference_has_its_target(three: list[Record]) -> None:
    for drawing in draw(three):
        targets = set(re.findall(r' id="([^"]*)"', drawing.svg))
        references = set(re.findall(r'(?:href="|url\()#([^")]*)', drawing.svg))
        assert references
        assert references <= targets


def test_a_known_framework_keeps_its_colour() -> None:
    assert (
        choose_colors(["pytorch"])["pytorch"]
        == choose_colors(["mxnet", "caffe", "pytorch"])["pytorch"]
    )
    assert choose_colors(["numpy", "caffe"])["numpy"] not in COLORS.values()


def test_frameworks_in_a_figure_have_colours_of_their_own() -> None:
    names = ["pytorch", "tensorflow", "mxnet", "jax", "caffe", "numpy"]
    found = choose_colors(names)

    assert len({found[name] for name in names}) == len(names)


def test_throughput_has_a_point_per_measured_block(three: list[Record]) -> None:
    assert _points(draw(three)[0]) == sum(len(record.measured_blocks) for record in three)


def test_rows_of_many_blocks_are_thinned_and_it_is_said(
    record: MakeRecord, blocks: MakeBlocks
) -> None:
    many = record(blocks=blocks(1_000, [1.0] * (3 * POINTS_PER_ROW)))
    drawing = draw([many])[0]

    assert _points(drawing) == POINTS_PER_ROW
    assert "(1 in 3 of the row with most blocks)" in drawing.caption


def test_without_epochs_there_are_no_curves(record: MakeRecord) -> None:
    found = draw([record(epochs=())])

    assert not [drawing for drawing in found if "epoch" in drawing.caption]
    assert len(found) == 3


def test_one_epoch_is_no_curve(record: MakeRecord) -> None:
    assert len(draw([record(epochs=record().epochs[:1])])) == 3


def test_a_row_without_accuracies_keeps_its_look_in_the_panel_of_its_losses(
    record: MakeRecord,
) -> None:
    """Lines are told apart by their place among all rows, and not among those of a panel."""
    nothing = tuple(structs.replace(epoch, test_accuracy=math.nan) for epoch in record().epochs)
    records = [record("jax", epochs=nothing), record(), record("mxnet")]
    curves = draw(records)[1]

    texts = list(ElementTree.fromstring(curves.svg).itertext())
    assert sum("JAX 0.1 (eager)" in text for text in texts) == 1, "one legend for all"
    words = _words(ElementTree.fromstring(curves.svg))
    accuracies, losses = words.split("Test accuracy by time")[0], words.split("Train loss")[1]
    assert "JAX" not in accuracies
    assert "JAX 0.1, eager, default: 0.500 after epoch 1" in losses


def test_failures_have_no_figures(failure: MakeRecord) -> None:
    assert draw([failure()]) == ()


def test_repeats_become_a_band(record: MakeRecord) -> None:
    other = record(repeat=2, epochs=(Epoch(0.9, 0.9, 0.5, 1.0, 1.0, 1),) * 3)

    assert "band from lowest to highest" in draw([record(), other])[1].caption
    assert "band" not in draw([record(), record("mxnet")])[1].caption


@pytest.mark.parametrize("name", [r"$\frac{$", "_hidden", "a\x00b\ud800", "</text><script>"])
def test_names_are_text_and_nothing_else(name: str, record: MakeRecord) -> None:
    found = draw([record(name), record()])

    assert len(found) == len(CAPTIONS)
    for drawing in found:
        assert "<script" not in drawing.svg
        shown = "".join(ElementTree.fromstring(drawing.svg).itertext())
        assert name.replace("\x00", "").replace("\ud800", "") in shown


def test_a_long_name_leaves_room_for_the_figure(record: MakeRecord) -> None:
    drawing = draw([record("x" * 300), record()])[1]

    assert "x" * 43 + "…" in drawing.svg
    assert "x" * 300 in _words(ElementTree.fromstring(drawing.svg))


def test_text_and_rules_follow_the_colours_of_the_page(three: list[Record]) -> None:
    for drawing in draw(three):
        assert "currentColor" in drawing.svg
        assert "#010203" not in drawing.svg
        assert "#040506" not in drawing.svg


def _words(root: ElementTree.Element) -> str:
    return root.get("aria-label", "")


def _points(drawing: Drawing) -> int:
    """Uses of a marker inside the group of the points, which have an opacity."""
    root = ElementTree.fromstring(drawing.svg)
    return sum("fill-opacity" in use.attrib for use in root.iter("use"))


def _uses(drawing: Drawing) -> int:
    """Uses of any marker: points and ticks."""
    return len(list(ElementTree.fromstring(drawing.svg).iter("use")))


def test_a_row_that_is_not_ranked_is_drawn_and_says_so(record: MakeRecord) -> None:
    name = "a-framework-with-a-name-longer-than-the-figure-is-wide"
    (comparison,) = compare([record(), record(name, certificate=None)])
    throughput = draw_comparison(comparison, "one")[0]

    assert "… (not ranked)" in throughput.svg
    assert "PyTorch 2.13.0 (eager)<" in throughput.svg


def test_two_revisions_are_told_apart_where_a_name_is_cut(record: MakeRecord) -> None:
    """The commit once stood at the end: both sides of `--against` read the same (issue 6)."""
    revisions = [record(commit=digit * 40, settings="tuned", layout="NHWC") for digit in "ab"]

    for drawing in draw(revisions):
        texts = list(ElementTree.fromstring(drawing.svg).itertext())
        for digit in "ab":
            assert any(f"2.13.0 at {digit * 12} (" in text for text in texts)
