"""What a plan hands on, as text that a trial, a label and a file's name have."""

import subprocess
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bench.records.variables import (
    format_variables,
    name_variables,
    parse_variables,
    shorten_variables,
)
from tests.bench.records.test_results import TRIAL

FAST = "XLA_FLAGS=--xla_cpu_enable_fast_math=true"
NAMES = st.from_regex("[A-Z_][A-Z0-9_]*", fullmatch=True)


@given(st.dictionaries(NAMES, st.text()))
def test_every_value_survives(variables: dict[str, str]) -> None:
    assert parse_variables(format_variables(variables)) == variables


def test_the_text_is_what_a_shell_reads() -> None:
    values = {"XLA_FLAGS": "--a=1 --b='x y' \"$HOME\"", "EMPTY": ""}
    script = f'{format_variables(values)}; printf %s "$XLA_FLAGS"'
    finished = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert finished.stdout == values["XLA_FLAGS"]


def test_the_order_in_a_plan_is_no_difference() -> None:
    assert format_variables({"B": "2", "A": "1"}) == format_variables({"A": "1", "B": "2"})


def test_no_variables_are_no_part_of_a_series() -> None:
    assert "batch" in TRIAL.series
    assert TRIAL.series == replace(TRIAL, variables="").series


def test_a_series_names_a_variable_and_tells_values_apart() -> None:
    fast, slow = (replace(TRIAL, variables=text) for text in (FAST, FAST.replace("true", "false")))
    assert len({TRIAL.series, fast.series, slow.series}) == 3
    assert "-XLA_FLAGS-" in fast.series
    assert fast.series.replace(f"{name_variables(FAST)}-", "") == TRIAL.series


def test_any_variables_are_part_of_a_files_name() -> None:
    text = format_variables({"A" * 300: "/ \0\n\ud800", "B": "x" * 9999})
    assert len(name_variables(text)) < 60
    assert name_variables(text).replace("-", "").isalnum()


def test_long_ones_are_shortened_and_stay_apart() -> None:
    assert shorten_variables(FAST) == FAST
    long = [f"XLA_FLAGS={'--flag ' * 40}{end}" for end in "ab"]
    short = [shorten_variables(text) for text in long]
    assert short[0] != short[1]
    assert all(len(text) <= 80 and text.startswith("XLA_FLAGS=--flag") for text in short)
