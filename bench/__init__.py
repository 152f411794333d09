"""Measures training in several deep-learning frameworks, side by side.

`bench.errors`, `bench.spec`, `bench.models`, `bench.records.results`, `bench.protocol.digests`
and `bench.job` are the shared core: standard library only, importable by the
host, by a worker inside a framework's environment, and by `reports`.
`bench.host` orchestrates and imports no framework. `bench.worker` runs inside
a framework's environment. Host and worker never import each other.
"""
