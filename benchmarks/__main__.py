"""Runs all benchmarks one after the other; the options are those of each."""

from benchmarks import (
    call,
    data_input,
    fit_step,
    import_time,
    metrics_step,
    optimizer_step,
    predict,
    weighted_step,
)

for module in (
    import_time, optimizer_step, metrics_step, call, predict, fit_step, weighted_step, data_input
):  # fmt: skip
    module.main()
