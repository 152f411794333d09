"""Records files as they are read: decoded, without duplicates, checked for alterations."""
