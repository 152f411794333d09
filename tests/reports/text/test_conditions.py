"""Tuned settings in words."""

from reports.text import conditions

TUNING = {
    "environment": {"KMP_BLOCKTIME": "1"},
    "knobs": {"channels_last": True},
    "layout": "NHWC",
    "reasons": ["Threads sleep sooner.", "Convolutions without transposes"],
    "sources": ["the vendor's guide", "measured: 12 % faster."],
}


def test_what_they_consist_of() -> None:
    assert conditions.describe_tuning(TUNING) == "KMP_BLOCKTIME=1, channels_last=True, layout NHWC"
    assert conditions.describe_tuning({}) == ""


def test_where_they_come_from() -> None:
    assert conditions.list_origins(TUNING) == (
        "Threads sleep sooner (source: the vendor's guide)",
        "Convolutions without transposes (source: measured: 12 % faster)",
    )


def test_nonsense_is_shown_as_far_as_it_goes() -> None:
    assert conditions.describe_tuning({"environment": 1, "knobs": ["x"], "layout": 3}) == "layout 3"
    assert conditions.list_origins({"reasons": ["why"], "sources": []}) == ("why",)
    assert conditions.list_origins({"reasons": "why"}) == ()
