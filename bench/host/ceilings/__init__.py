"""What the machine attains at most, and whether a framework can compute on it at all."""
