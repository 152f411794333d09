"""A whole run where the driver says that there is an H200; what computes is the processor."""

import shutil
import sys
from pathlib import Path

from bench.records.results import Record
from tests.bench.suite.conftest import NUMPY, QUICK_PLAN, Finished, run_suite

ONE_H200 = Path(__file__).parent / "one_h200"


def run(folder: Path, *options: str, **variables: str) -> Finished:
    plan = folder / "small.toml"
    text = QUICK_PLAN.replace('["lenet", "lenet-1998"]', '["lenet"]')
    plan.write_text(f'device = "cuda"\n{text}')
    chosen = (
        f"--plan={plan}",
        "--skip-verification",
        "--skip-ceilings",
        f"--impls={NUMPY}",
        f"--python=numpy={sys.executable}",
    )
    return run_suite(folder, *chosen, *options, PYTHONPATH=str(ONE_H200), **variables)


def by_framework(finished: Finished) -> dict[str, Record]:
    return {record.trial.framework: record for record in finished.records}


def test_a_run_takes_the_gpu_and_skips_who_has_no_code_for_it(tmp_path: Path, cache: Path) -> None:
    finished = run(tmp_path, "--frameworks=numpy,mxnet")
    assert finished.status == 0, finished.output
    records = by_framework(finished)
    assert records["mxnet"].status == "skipped"
    reason = str(records["mxnet"].reason)
    assert "holds machine code for 5.0, 6.0, 7.0, 8.0, 8.6 and no PTX" in reason
    assert "NVIDIA H200 has compute capability 9.0 and runs none of it" in reason
    # Nothing was installed to find that out.
    assert not (cache / "environments").exists()
    trained = records["numpy"]
    assert (trained.status, trained.trial.device) == ("ok", "cuda")
    assert trained.load.device_other_processes == 0
    assert trained.machine["gpus"] == [{"name": "NVIDIA H200", "memory_bytes": 139 * 2**30}]
    # NumPy is no process that the driver lists.
    assert "NVML listed no process of the worker" in trained.absent["device_peak_bytes"]
    assert "Trying NumPy on the GPU ..." in finished.output


def test_a_stranger_on_the_card_is_on_the_record_and_on_the_page(
    tmp_path: Path, cache: Path
) -> None:
    finished = run(tmp_path, "--frameworks=numpy", SAMESTEP_TEST_STRANGER="4711")
    assert finished.status == 0, finished.output
    assert "Waiting for others to leave the GPU ..." in finished.output
    assert by_framework(finished)["numpy"].load.device_other_processes == 1
    assert "computed on the GPU right before or after trials" in (
        finished.run / "report.html"
    ).read_text("utf-8")


def test_who_cannot_compute_there_is_skipped_and_nothing_else_is_left(
    tmp_path: Path, cache: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(NUMPY, broken)
    (broken / "ceilings.py").write_text("raise RuntimeError('no kernel image is available')\n")
    finished = run(
        tmp_path, f"--impls={broken}", "--frameworks=broken", f"--python=broken={sys.executable}"
    )
    assert finished.status == 2, finished.output
    assert "No trial gave a result" in finished.output
    (record,) = finished.records
    assert record.status == "skipped"
    assert "cannot compute on this GPU: RuntimeError: no kernel image" in str(record.reason)
