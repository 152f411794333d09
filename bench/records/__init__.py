"""What a run leaves behind: its records, their certificates, and what chains them together.

Standard library only: the host writes them, the reports read them.
"""
