"""Runs inside a framework's environment.

Imports the standard library, NumPy, the shared core and `impls.<framework>`, which
alone imports a framework. Never imports `bench.host`.
"""
