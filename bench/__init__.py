"""Measures training in several deep-learning frameworks, side by side.

The files of this folder, `bench.models` and `bench.protocol` are the shared core: importable by the
host, by a worker inside a framework's environment, and by `reports`. `bench.host` orchestrates and
imports no framework. `bench.worker` runs inside a framework's environment. Host and worker never
import each other.
"""
