"""Measures keras_torch against an expert's own torch code, as ratios of interleaved rounds.

Each module is run by itself, `python -m benchmarks.fit_step`; all of them by
`python -m benchmarks`; `docs/performance.md` says what came out.
Real Keras on torch becomes a further column where it is installed.
"""
