"""The Python environments of the frameworks: made here, or named by the user."""
