"""What a run leaves behind: its records, their certificates, and what chains them together.

The host writes them, the reports read them, and no worker imports them: beside the standard library
they need msgspec, which reads records by their types.
"""
