"""What the columns of `reports.trials.frame` hold, in words; a column's name ends in its unit.

Those that are fields of a record's parts are described where the parts are (`bench.records.parts`).
"""

import msgspec

from bench.records.parts import Energy, Load, Memory, StepCost, Times, columns_of


def describe_columns(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Return the columns that a part of a record makes, each in words."""
    return {column.name: column.words for column in columns_of(kind).values() if column.shown}


TRIAL_COLUMNS: dict[str, str] = {
    "record": "position of the record among those loaded, from 0",
    "run": "name of the run",
    "trial": "the trial's id",
    "model": "name of the model",
    "family": "what the model is a setting of; of an unknown model its name",
    "dataset": "name of the data set",
    "framework": "name of the implementation",
    "framework_version": "version that the framework reports, None where it was not imported",
    "mode": "how the model is executed, such as eager or compiled",
    "settings": "default or tuned",
    "tuning": "what tuned settings consist of, in words; empty of default ones",
    "layout": "of images: native to the framework, NCHW or NHWC",
    "input": "prepared arrays, such arrays on the device, or the framework's own (native) loader",
    "variables": "that the plan handed on, NAME=value as a shell reads it; empty where none",
    "precision": "number format and what may be rounded, such as ieee",
    "device": "cpu or cuda",
    "batch_size": "samples per training step",
    "epochs": "passes over the training data that were asked for",
    "evaluate_every": "epochs from one evaluation on the test data to the next",
    "optimizer": "update rule",
    "learning_rate": "of the update rule",
    "learning_rate_changes": "epoch:rate, ... with epochs from 1; empty where it is constant",
    "momentum": "of the update rule sgd",
    "weight_decay": "of the update rule, on kernels only",
    "beta1": "of the update rule adam",
    "beta2": "of the update rule adam",
    "epsilon": "of the update rule adam",
    "seed": "that weights and batch order were drawn with",
    "repeat": "number of the invocation, a fresh process",
    "position": "of the trial in its run, from 1: trials run in a random order",
    "in_turns_with": "trial whose blocks alternate with its own, None where it ran alone",
    "status": "ok, or how the trial ended: see docs/reference/records.md",
    "reason": "why it is not ok, else None",
    "started": "time of the start, UTC",
    "plan": "name of the plan",
    "commit": "of samestep, None where unknown",
    "machine": "12 hexadecimal digits, equal for what decides speed",
    "cpu": "model of the processor",
    "threads": "of the framework's own pool on the CPU",
    "parameters": "number of trainable values",
    "measured_blocks": "number of blocks in the steady state, or after the first ones without one",
    "steady": "what the series of blocks looks like, None where it was not looked at",
    "throughput_samples_per_second": "median over the measured blocks",
    "throughput_by_partner": "throughput by that of the trial that it took turns with",
    "throughput_p25_samples_per_second": "25th percentile over the measured blocks",
    "throughput_p75_samples_per_second": "75th percentile over the measured blocks",
    "relative_block_iqr": "interquartile range of the measured blocks' throughput by its median",
    "step_seconds": "median over the measured blocks of seconds by steps",
    **describe_columns(StepCost),
    "ceiling_operations_per_second": "highest rate of arithmetic that a framework reached here",
    "ceiling_bytes_per_second": "highest rate of memory that a framework reached here",
    "arithmetic_share": "operations by step_seconds, by the ceiling: model FLOPs utilization",
    "bandwidth_share": "bytes by step_seconds, by the ceiling; may be above 1 in a cache",
    "bound": "the larger of the two shares: arithmetic or memory; neither if both are below 1/4",
    "device_clock_difference": "median over the measured blocks of |device - host| by host",
    "pending_share": "how long the device still worked after a block, by the block's seconds",
    "training_seconds": "sum of all blocks, warm-up included",
    "time_to_first_step_seconds": "import, build and first step together",
    **describe_columns(Times),
    **describe_columns(Load),
    **describe_columns(Memory),
    **describe_columns(Energy),
    "gpu_joules_per_sample": "gpu_joules by energy_samples",
    "cpu_package_joules_per_sample": "cpu_package_joules by energy_samples",
    "train_loss": "since the evaluation before the last one, mean per sample",
    "test_loss": "after the last epoch, mean per sample",
    "test_accuracy": "after the last epoch, share of correct predictions",
    "test_samples": "number of samples of the test set",
    "verdict": "of its certificate: verified, different or unchecked, which no certificate is too",
    "certificate_checked": "when the certificate was made, UTC, None where there is none",
    "quantities": "number of quantities that were compared with the reference",
    "worst_error_float64": "largest relative error in float64, known defects aside",
    "worst_error_float32": "largest relative error in float32, known defects aside",
    "known_defects": "names of the framework's defects that exceed a limit, by semicolons",
    "digest_weights": "SHA-256 of the initial weights",
    "digest_data": "SHA-256 of the data",
    "digest_order": "SHA-256 of the batch order",
    "fitness": "what was noted of the machine before the run, by semicolons; empty if all was well",
    "absent": "name: why that quantity is not known, by semicolons",
}

BLOCK_COLUMNS: dict[str, str] = {
    "record": "as in the trials' frame",
    "trial": "the trial's id",
    "block": "number of the measured block, from 1",
    "steps": "training steps of the block",
    "samples": "samples of the block",
    "seconds": "between the two synchronizations of the device, by the host's clock",
    "device_seconds": "by events in the device's own queue, NaN where there are none",
    "throughput_samples_per_second": "samples by seconds",
}

EPOCH_COLUMNS: dict[str, str] = {
    "record": "as in the trials' frame",
    "trial": "the trial's id",
    "epoch": "number of the epoch that the evaluation followed, from 1",
    "train_loss": "mean per sample since the evaluation before",
    "test_loss": "mean per sample after the epoch",
    "test_accuracy": "share of correct predictions after the epoch",
    "seconds": "of the blocks since the evaluation before",
    "elapsed_seconds": "of all blocks until then: training, with the first step's compilation",
    "evaluation_seconds": "of the evaluation after it",
}
