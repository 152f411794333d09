"""Tuned settings in words."""

from reports.text import tuning

TUNING = {
    "environment": {"KMP_BLOCKTIME": "1"},
    "knobs": {"channels_last": True},
    "layout": "NHWC",
    "reasons": ["Threads sleep sooner.", "Convolutions without transposes"],
    "sources": ["the vendor's guide", "measured: 12 % faster."],
}


def test_what_they_consist_of() -> None:
    assert tuning.describe_tuning(TUNING) == "KMP_BLOCKTIME=1, channels_last=True, layout NHWC"
    assert tuning.describe_tuning({}) == ""


def test_where_they_come_from() -> None:
    assert tuning.list_origins(TUNING) == (
        "Threads sleep sooner (source: the vendor's guide)",
        "Convolutions without transposes (source: measured: 12 % faster)",
    )


def test_nonsense_is_shown_as_far_as_it_goes() -> None:
    assert tuning.describe_tuning({"environment": 1, "knobs": ["x"], "layout": 3}) == "layout 3"
    assert tuning.list_origins({"reasons": ["why"], "sources": []}) == ("why",)
    assert tuning.list_origins({"reasons": "why"}) == ()
