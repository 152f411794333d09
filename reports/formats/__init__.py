"""Runs in the formats that other tools read: a module for each, `registry` lists them."""
