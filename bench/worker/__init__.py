"""Runs inside a framework's environment: standard library, NumPy, the shared core and `impls.<framework>`.

Never imports `bench.host`; only `impls.<framework>` imports a framework.
"""
