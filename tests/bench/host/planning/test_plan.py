from pathlib import Path

import pytest

from bench.errors import DataError, PlanError
from bench.host.data import DATASETS
from bench.host.frameworks.framework import discover
from bench.host.planning.catalog import OWN
from bench.host.planning.plan import expand, list_plan_names, read_plan
from bench.host.planning.request import Request
from bench.host.planning.selection import select

FRAMEWORKS = discover()
PLAN = """
[[trials]]
models = ["lenet"]
datasets = ["digits"]
batch_sizes = [32]
epochs = 2
[trials.optimizer]
name = "sgd"
learning_rate = 0.1
"""


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def test_the_plan_for_a_gpu_has_what_is_trained_on_one() -> None:
    plan = read_plan("gpu", FRAMEWORKS)
    assert plan.device == "cuda"
    trials = expand(plan, FRAMEWORKS, "cuda")
    models = {"lenet", "alexnet", "resnet18", "resnet50", "lstm", "lstm-2"}
    assert {trial.model for trial in trials} == models
    assert {trial.precision for trial in trials} == {"ieee", "tf32", "bf16"}
    for name in ("pytorch", "jax"):
        modes = {trial.mode for trial in trials if trial.framework == name}
        assert modes == set(FRAMEWORKS[name].modes)
    assert {
        OWN.get_dataset(trial.dataset).samples.shape for trial in trials if "alex" in trial.id
    } == {(3, 224, 224)}


def test_a_plan_for_another_device_is_one_line() -> None:
    with pytest.raises(PlanError, match="The plan 'gpu' is for the device 'cuda', and this run"):
        select(Request(plan="gpu", device="cpu"))
    assert select(Request(plan="gpu", device="cuda")).trials


@pytest.mark.parametrize("name", list_plan_names())
def test_every_plan_of_the_project_reads(name: str) -> None:
    plan = read_plan(name, FRAMEWORKS)
    assert expand(plan, FRAMEWORKS, "cpu")
    assert plan.description


def test_a_plan_expands_to_every_combination(tmp_path: Path) -> None:
    text = PLAN.replace("epochs = 2", 'epochs = 2\nrepeats = 2\nmodes = ["default", "eager"]')
    text = text.replace('["lenet"]', '["lenet", "lenet-1998"]')
    plan = read_plan(written(tmp_path, text), FRAMEWORKS)
    pytorch, mxnet = FRAMEWORKS["pytorch"], FRAMEWORKS["mxnet"]
    with pytest.raises(PlanError, match="both called"):
        # PyTorch's default mode is eager: the same trial twice.
        expand(plan, {"pytorch": pytorch}, "cpu")
    trials = expand(plan, {"mxnet": mxnet}, "cpu")
    assert len(trials) == 2 * 2 * 2
    assert {trial.mode for trial in trials[:2]} == {"compiled", "eager"}
    assert [trial.repeat for trial in trials] == [1] * 4 + [2] * 4


def test_each_round_has_every_trial_and_what_is_compared_runs_in_a_random_order() -> None:
    trials = expand(read_plan("quick", FRAMEWORKS), FRAMEWORKS, "cpu")
    count = len(FRAMEWORKS)
    units = [trials[first : first + count] for first in range(0, len(trials), count)]
    for unit in units:
        assert len({(trial.model, trial.repeat) for trial in unit}) == 1
        assert {trial.framework for trial in unit} == set(FRAMEWORKS)
    assert [unit[0].repeat for unit in units] == [1] * 4 + [2] * 4 + [3] * 4
    orders = {tuple(trial.framework for trial in unit) for unit in units}
    assert len(orders) > 3
    assert trials == expand(read_plan("quick", FRAMEWORKS), FRAMEWORKS, "cpu")


def test_another_seed_gives_another_order_of_the_same_trials(tmp_path: Path) -> None:
    text = PLAN.replace("epochs = 2", "epochs = 2\nrepeats = 8")
    first = expand(read_plan(written(tmp_path, text), FRAMEWORKS), FRAMEWORKS, "cpu")
    text = f"order_seed = 2\n{text}"
    other = expand(read_plan(written(tmp_path, text), FRAMEWORKS), FRAMEWORKS, "cpu")
    assert first != other
    assert {trial.id for trial in first} == {trial.id for trial in other}


def test_all_modes_are_those_that_each_framework_has(tmp_path: Path) -> None:
    text = PLAN.replace("epochs = 2", 'epochs = 2\nmodes = "all"')
    trials = expand(read_plan(written(tmp_path, text), FRAMEWORKS), FRAMEWORKS, "cpu")
    assert {trial.mode for trial in trials if trial.framework == "mxnet"} == {"eager", "compiled"}
    assert {trial.mode for trial in trials if trial.framework == "tensorflow"} == {
        *("eager", "compiled", "xla"),
    }


def test_what_does_the_same_work_in_two_tables_is_one_unit(tmp_path: Path) -> None:
    second = PLAN.replace("epochs = 2", 'epochs = 2\nsettings = ["tuned"]')
    other = PLAN.replace("[32]", "[64]")
    plan = read_plan(written(tmp_path, PLAN + other + second), FRAMEWORKS)
    trials = expand(plan, FRAMEWORKS, "cpu")
    count = len(FRAMEWORKS)
    assert [trial.batch_size for trial in trials] == [32] * 2 * count + [64] * count
    assert {trial.settings for trial in trials[:count]} != {"default"} or {
        trial.settings for trial in trials[count : 2 * count]
    } != {"tuned"}


def test_settings_precisions_layouts_and_inputs_multiply(tmp_path: Path) -> None:
    wanted = (
        "epochs = 2\nevaluate_every = 2\n"
        'settings = ["default", "tuned"]\nprecisions = ["ieee", "bf16"]\n'
        'layouts = ["native", "NHWC"]\ninputs = ["prepared", "native"]'
    )
    plan = read_plan(written(tmp_path, PLAN.replace("epochs = 2", wanted)), FRAMEWORKS)
    trials = expand(plan, {"pytorch": FRAMEWORKS["pytorch"]}, "cpu")
    assert len({trial.id for trial in trials}) == 16
    assert {trial.evaluate_every for trial in trials} == {2}
    plain = next(one for one in trials if one.layout == "native" and one.input == "prepared")
    assert plain.id.endswith("-cpu-batch32-seed1-repeat1")
    other = next(one for one in trials if one.layout == "NHWC" and one.input == "native")
    assert other.id.endswith("-cpu-nhwc-nativeinput-batch32-seed1-repeat1")


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, PLAN), FRAMEWORKS)
    trial = expand(plan, FRAMEWORKS, "cuda")[0]
    assert (trial.precision, trial.settings, trial.seed, trial.repeat) == ("ieee", "default", 1, 1)
    assert trial.optimizer.momentum == 0
    assert trial.device == "cuda"
    assert plan.name == "mine"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("epochs = 2", "epoch = 2", ["'epochs' is missing"]),
        ("epochs = 2", "epochs = 2\nepoch = 2", ["unknown key 'epoch'", "epochs"]),
        ("epochs = 2", 'epochs = "2"', ["'epochs' is '2'", "a whole number"]),
        ("epochs = 2", "epochs = true", ["'epochs' is True", "a whole number"]),
        ("epochs = 2", "epochs = 0", ["'epochs' is 0", "at least 1"]),
        ("epochs = 2", "epochs = 10000000", ["'epochs' is 10000000", "at most 1,000,000"]),
        ("epochs = 2", "epochs = 1" + "0" * 5000, ["not valid TOML: a number in it"]),
        ("epochs = 2", "epochs = " + "[" * 100000, ["brackets are nested too deeply"]),
        ("[[trials]]", "block_seconds = inf\n[[trials]]", ["'block_seconds' is inf", "finite"]),
        ("[32]", "[]", ["'batch_sizes' is []", "at least one"]),
        ("[32]", "[0]", ["'batch_sizes' is [0]", "at least 1"]),
        ("[32]", "32", ["'batch_sizes' is 32", "a list of whole numbers"]),
        ('["lenet"]', '["lenet5"]', ["'models' is 'lenet5'", "lenet, lenet-1998"]),
        ('["digits"]', '["cifar"]', ["'datasets' is 'cifar'", "digits, mnist"]),
        (
            '["digits"]',
            '["synthetic-3x32-10"]',
            ["is 'synthetic-3x32-10'", "<C>x<H>x<W>"],
        ),
        ('["digits"]', '"digits"', ["'datasets' is 'digits'", "a list of strings"]),
        ('["digits"]', "[]", ["'datasets' is []", "at least one"]),
        ("epochs = 2", 'epochs = 2\nframeworks = ["torch"]', ["'torch'", "mxnet, pytorch"]),
        ("epochs = 2", 'epochs = 2\nmodes = ["fast"]', ["'fast'", "default, eager, compiled"]),
        ("epochs = 2", 'epochs = 2\nprecisions = ["fp8"]', ["'fp8'", "ieee"]),
        ('"sgd"', '"lion"', ["'name' is 'lion'", "sgd"]),
        ("learning_rate = 0.1", "learning_rate = 0", ["'learning_rate' is 0", "above 0"]),
        ("learning_rate = 0.1", "learning_rate = nan", ["'learning_rate' is nan"]),
        ("learning_rate = 0.1", "learning_rate = 1\nmomentum = 1", ["'momentum' is 1", "below 1"]),
        ("[[trials]]", "[trials]", ["'trials'", "[[trials]]"]),
        ("[[trials]]", "time_limit = 1\n[[trials]]", ["unknown key 'time_limit'"]),
        ("[trials.optimizer]", "[trials.optimiser]", ["optimizer"]),
        ("epochs = 2", "epochs = = 2", ["not valid TOML", "line 6"]),
    ],
)
def test_a_mistake_is_one_line_with_file_key_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    assert old in PLAN
    path = written(tmp_path, PLAN.replace(old, new, 1))
    with pytest.raises(PlanError) as caught:
        read_plan(path, FRAMEWORKS)
    message = str(caught.value)
    assert "\n" not in message
    for word in [path, *words]:
        assert word in message


def test_a_mark_of_byte_order_is_no_part_of_a_plan(tmp_path: Path) -> None:
    path = Path(written(tmp_path, PLAN))
    before = read_plan(str(path), FRAMEWORKS)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_plan(str(path), FRAMEWORKS) == before


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_plan_in_another_encoding_is_told_what_to_do(tmp_path: Path, encoding: str) -> None:
    path = Path(written(tmp_path, PLAN))
    path.write_bytes(f"# \N{LATIN SMALL LETTER U WITH DIAERESIS}\n{PLAN}".encode(encoding))
    with pytest.raises(PlanError, match=r"is not UTF-8 \(byte \d: .*\); save it as UTF-8\.$"):
        read_plan(str(path), FRAMEWORKS)


def test_synthetic_data_of_any_shape_can_be_named(tmp_path: Path) -> None:
    names = '["synthetic-3x224x224-1000", "synthetic-32of1502-77"]'
    plan = read_plan(written(tmp_path, PLAN.replace('["digits"]', names)), FRAMEWORKS)
    trials = expand(plan, {"mxnet": FRAMEWORKS["mxnet"]}, "cpu")
    assert [trial.dataset for trial in trials] == [
        "synthetic-3x224x224-1000",
        "synthetic-32of1502-77",
    ]


def test_all_data_sets_are_those_with_a_name_of_their_own(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, PLAN.replace('["digits"]', '"all"')), FRAMEWORKS)
    assert plan.groups[0].lists["dataset"] == list(DATASETS)


DECLARED = """
[datasets.pets]
kind = "images"
train = "pets"
test_every = 5
"""


def test_a_declared_data_set_is_named_like_others_and_needs_no_files_yet(tmp_path: Path) -> None:
    text = DECLARED + PLAN.replace('"digits"', '"pets", "digits"')
    plan = read_plan(written(tmp_path, text), FRAMEWORKS)
    assert plan.groups[0].lists["dataset"] == ["pets", "digits"]
    trials = expand(plan, {"mxnet": FRAMEWORKS["mxnet"]}, "cpu")
    assert [trial.dataset for trial in trials] == ["pets", "digits"]
    assert plan.catalog.get_dataset("digits") is DATASETS["digits"]
    # Its files are looked for beside the plan, and only now.
    with pytest.raises(DataError, match=f"'{tmp_path}/pets' cannot be read"):
        plan.catalog.get_dataset("pets")


def test_all_data_sets_are_the_declared_ones_too(tmp_path: Path) -> None:
    text = DECLARED + PLAN.replace('["digits"]', '"all"')
    plan = read_plan(written(tmp_path, text), FRAMEWORKS)
    assert plan.groups[0].lists["dataset"] == [*DATASETS, "pets"]


def test_a_data_set_that_is_not_declared_is_told_where_to_be(tmp_path: Path) -> None:
    text = DECLARED + PLAN.replace('"digits"', '"cats"')
    with pytest.raises(PlanError, match=r"'cats'; .*banking77, pets, .*declares in \[datasets.NAM"):
        read_plan(written(tmp_path, text), FRAMEWORKS)


def test_what_one_plan_declares_is_unknown_to_the_next(tmp_path: Path) -> None:
    read_plan(written(tmp_path, DECLARED + PLAN.replace('"digits"', '"pets"')), FRAMEWORKS)
    with pytest.raises(PlanError, match="'pets'; expected a list out of digits"):
        read_plan(written(tmp_path, PLAN.replace('"digits"', '"pets"')), FRAMEWORKS)


def test_an_unknown_plan_names_those_there_are() -> None:
    with pytest.raises(PlanError, match=r"'slow'.*mnist, quick"):
        read_plan("slow", FRAMEWORKS)


def test_a_missing_plan_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"gone\.toml cannot be read"):
        read_plan(str(tmp_path / "gone.toml"), FRAMEWORKS)


ADAM = """
[trials.optimizer]
name = "adam"
learning_rate = 0.001
beta2 = 0.99
weight_decay = 0.0001
changes = [{ epoch = 3, learning_rate = 0.0005 }, { epoch = 5, learning_rate = 0.0001 }]
"""


def with_optimizer(optimizer: str) -> str:
    return PLAN[: PLAN.index("[trials.optimizer]")] + optimizer


def test_an_optimizer_has_its_constants_and_changes(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, with_optimizer(ADAM)), FRAMEWORKS)
    optimizer = plan.groups[0].optimizer
    assert (optimizer.name, optimizer.beta1, optimizer.beta2) == ("adam", 0.9, 0.99)
    assert optimizer.weight_decay == 0.0001
    rates = [optimizer.learning_rate_in(epoch) for epoch in range(7)]
    assert rates == [0.001] * 3 + [0.0005] * 2 + [0.0001] * 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("beta2 = 0.99", "momentum = 0.9", "unknown key 'momentum'"),
        ("beta2 = 0.99", "beta2 = 1", "below 1"),
        ("beta2 = 0.99", "epsilon = 0", "above 0"),
        ("epoch = 5", "epoch = 3", "'epoch' is 3; expected a whole number of at least 4"),
        ("epoch = 3", "epoch = 0", "'epoch' is 0; expected a whole number of at least 1"),
        ("0.0005 }", "0.0005, factor = 2 }", "unknown key 'factor'"),
        ("weight_decay = 0.0001", "weight_decay = -1", "at least 0"),
        ("changes = [", "changes = [[1, 2], ", "'changes' is"),
    ],
)
def test_an_optimizer_that_cannot_be_is_one_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(PlanError, match=words) as caught:
        read_plan(written(tmp_path, with_optimizer(ADAM.replace(old, new))), FRAMEWORKS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["quick", "standard", "batch-sizes", "mnist", "accuracy"])
def test_every_model_of_a_plan_takes_its_data(name: str) -> None:
    for trial in expand(read_plan(name, FRAMEWORKS), FRAMEWORKS, "cpu"):
        assert OWN.build_spec(trial.model, trial.dataset).classes in (10, 77)
