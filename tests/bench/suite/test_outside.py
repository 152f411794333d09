"""What comes from outside, in runs of the suite: models, and frameworks that lie."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.bench.suite.conftest import NUMPY, NUMPY_OPTIONS, Finished, run_suite
from tests.conftest import ROOT

VGG = ROOT / "tests" / "models" / "vgg"
# What a backend looked like before models were found by convention.
DICTIONARY = """
from .lenet import LeNet

MODELS = {"lenet": LeNet}
"""
PLAN = """
block_seconds = 0.000001
[[trials]]
models = ["{model}"]
datasets = ["{dataset}"]
batch_sizes = [{batch_size}]
epochs = {epochs}
[trials.optimizer]
name = "sgd"
learning_rate = 0.02
momentum = 0.9
"""
# Takes its steps when somebody looks at what came of them: a device whose queue nobody waits for.
HASTY = """

class Hasty(Backend):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.queue, self.done = [], {}

    def step(self, inputs, labels):
        self.queue.append((len(self.done) + len(self.queue), inputs, labels))
        return self.queue[-1][0]

    def losses(self, handles):
        self.work()
        return [self.done[handle] for handle in handles]

    def work(self):
        for number, inputs, labels in self.queue:
            self.done[number] = Hasty.__base__.step(self, inputs, labels)
        self.queue = []


def after_work(name):
    def looked_at(self, *arguments, **named):
        self.work()
        return getattr(Hasty.__base__, name)(self, *arguments, **named)

    return looked_at


for name in ("load", "set_learning_rate", "evaluate", "logits", "gradients", "export", "slots"):
    setattr(Hasty, name, after_work(name))
Backend = Hasty
"""
# Right with the batches that verification takes, wrong with any other: as torch.compile can be.
ROUGH = """

class Rough(Backend):
    def step(self, inputs, labels):
        loss = self._backward(inputs, labels)
        if len(labels) != 4:
            gradient = self.model.parameters["conv2.weight"].gradient
            gradient[...] = np.roll(gradient, 1)
        self.optimizer.step()
        return loss


Backend = Rough
"""


# As large as digits.
IMAGES = "synthetic-1x32x32-10-256"


def planned(
    folder: Path, model: str, dataset: str = IMAGES, batch_size: int = 64, epochs: int = 1
) -> str:
    plan = folder / "plan.toml"
    plan.write_text(PLAN.format(model=model, dataset=dataset, batch_size=batch_size, epochs=epochs))
    return f"--plan={plan}"


def copied(folder: Path, name: str, appended: str = "", **replaced: str) -> tuple[str, ...]:
    """Options for a copy of the NumPy framework with lines behind its backend."""
    copy = folder / name
    shutil.copytree(NUMPY, copy, ignore=shutil.ignore_patterns("__pycache__"))
    backend = copy / "backend.py"
    text = backend.read_text()
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    backend.write_text(text + appended)
    return f"--impls={copy}", f"--python={name}={sys.executable}"


def test_a_model_from_outside_is_verified_trained_and_reported(tmp_path: Path, cache: Path) -> None:
    done = run_suite(
        tmp_path, planned(tmp_path, "vgg-small"), f"--model-folder={VGG}", *NUMPY_OPTIONS
    )
    assert done.status == 0, done.output
    (record,) = done.records
    assert record.parameters == 204_282
    assert record.cost.operations is not None
    assert record.cost.operations > 64 * 4 * 10**6
    assert record.certificate is not None
    assert record.certificate.verified, record.certificate.reason
    assert record.model_title == "VGG (small)"
    assert "VGG (small)" in (done.run / "report.html").read_text()


def test_a_run_with_it_goes_on_with_it(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "vgg"
    shutil.copytree(VGG, folder)
    options = (planned(tmp_path, "vgg-small"), f"--model-folder={folder}", *NUMPY_OPTIONS)
    assert run_suite(tmp_path, *options, "--skip-verification", "--skip-ceilings").status == 0
    again = run_suite(tmp_path, "--resume=latest")
    assert again.status == 0, again.output
    assert len(again.records) == 1
    (folder / "numpy.py").write_text((folder / "numpy.py").read_text() + "\n# changed\n")
    changed = run_suite(tmp_path, "--resume=latest")
    assert changed.status != 0
    assert "the code of bench/, of an implementation or of a model" in changed.output


def test_a_framework_without_its_file_is_skipped(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "vgg"
    shutil.copytree(VGG, folder)
    (folder / "numpy.py").unlink()
    options = (planned(tmp_path, "vgg-small"), f"--model-folder={folder}", *NUMPY_OPTIONS)
    (record,) = run_suite(tmp_path, *options, "--skip-ceilings").records
    assert (record.status, record.reason) == ("skipped", "NumPy has no implementation of vgg.")


def test_a_backend_that_has_its_models_in_a_dictionary_finds_it_there(
    tmp_path: Path, cache: Path
) -> None:
    folder = tmp_path / "vgg"
    shutil.copytree(VGG, folder)
    (folder / "older.py").write_text(
        (folder / "numpy.py").read_text().replace("impls.numpy", "impls.older")
    )
    found_by_convention = "find_model_class(spec, __name__)("
    options = copied(tmp_path, "older", DICTIONARY, **{found_by_convention: "MODELS[spec.family]("})
    done = run_suite(
        tmp_path,
        planned(tmp_path, "vgg-small"),
        f"--model-folder={folder}",
        *options,
        "--frameworks=older",
        "--skip-ceilings",
    )
    (record,) = done.records
    assert record.certificate is not None, record.reason
    assert record.certificate.verified, record.certificate.reason


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("hasty")
    options = (
        *copied(folder, "hasty", HASTY),
        "--frameworks=hasty,honest",
        "--device=cpu",
        "--skip-ceilings",
    )
    return run_suite(
        folder,
        # Blocks grow fourfold: small steps, and enough of them.
        planned(folder, "lenet", "synthetic-1x28x28-10-64", batch_size=4, epochs=4),
        *options,
        *copied(folder, "honest"),
        SAMESTEP_CACHE=str(folder / "cache"),
    )


def test_one_that_never_waits_is_verified_and_yet_not_ranked(hasty: Finished) -> None:
    assert hasty.status == 0, hasty.output
    by_name = {record.trial.framework: record for record in hasty.records}
    for record in by_name.values():
        assert record.certificate is not None
        assert record.certificate.verified, record.certificate.reason
    assert by_name["hasty"].losses == by_name["honest"].losses
    page = (hasty.run / "report.html").read_text()
    assert "it does not wait for its device: after the clock had stopped" in page


def test_how_long_it_was_still_busy_is_in_the_record(hasty: Finished) -> None:
    busy, idle = (
        next(
            (record.seconds.pending_seconds or 0) / record.measured_blocks[0].seconds
            for record in hasty.records
            if record.trial.framework == name
        )
        for name in ("hasty", "honest")
    )
    assert busy > 1
    assert idle < 0.1


def test_one_that_is_wrong_with_the_batches_it_trains_with_is_not_ranked(tmp_path: Path) -> None:
    done = run_suite(
        tmp_path,
        planned(tmp_path, "lenet", "digits", batch_size=32),
        *copied(tmp_path, "rough", ROUGH),
        *copied(tmp_path, "honest"),
        *copied(tmp_path, "upright"),
        *("--frameworks=rough,honest,upright", "--device=cpu", "--skip-ceilings"),
        SAMESTEP_CACHE=str(tmp_path / "cache"),
    )
    assert done.status == 0, done.output
    by_name = {record.trial.framework: record for record in done.records}
    for record in by_name.values():
        assert record.certificate is not None
        assert record.certificate.verified, record.certificate.reason
        assert record.dropout == 0
    # It learns all the same.
    assert by_name["rough"].epochs[-1].test_accuracy > 0.6
    page = (done.run / "report.html").read_text()
    assert page.count("with these batches it does not take their training steps") >= 1


def test_an_import_error_in_a_backend_is_the_trials_reason(tmp_path: Path, cache: Path) -> None:
    options = copied(tmp_path, "broken", appended="\nimport a_module_that_nobody_has\n")
    options = (*options, "--frameworks=broken", "--skip-ceilings")
    done = run_suite(tmp_path, planned(tmp_path, "lenet"), *options)
    assert done.status == 2, "nothing usable"
    (record,) = done.records
    assert record.status == "failed"
    assert record.reason == "ModuleNotFoundError: No module named 'a_module_that_nobody_has'"
    assert record.certificate is not None
    assert "a_module_that_nobody_has" in str(record.certificate.reason)


def test_what_it_prints_disturbs_nothing(tmp_path: Path, cache: Path) -> None:
    printing = '\nprint(\'{"event": "finished"}\')\nimport os\nos.write(1, b"\\xff" * 100_000)\n'
    options = copied(tmp_path, "loud", appended=printing)
    options = (*options, "--frameworks=loud", "--skip-ceilings")
    done = run_suite(tmp_path, planned(tmp_path, "lenet"), *options)
    assert done.status == 0, done.output
    (record,) = done.records
    assert record.status == "ok"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (None, "there is no spec.py; expected the folder of a model"),
        ("import nobody_has_this", "cannot be imported (ModuleNotFoundError: No module named"),
        ("def f(:", "cannot be imported (SyntaxError"),
        ("", "MODELS is None; expected a tuple"),
        ("MODELS = ('vgg',)", "MODELS is ('vgg',); expected a tuple"),
    ],
)
def test_a_folder_that_is_no_model_is_one_line(
    spec: str | None, words: str, tmp_path: Path, cache: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    if spec is not None:
        (folder / "spec.py").write_text(spec)
    options = (planned(tmp_path, "mine"), f"--model-folder={folder}", *NUMPY_OPTIONS)
    done = run_suite(tmp_path, *options)
    assert done.status == 4
    (line,) = (line for line in done.output.splitlines() if line.startswith("ERROR"))
    assert words in line
    assert "Traceback" not in done.output
