"""Paired measurements: is the harness as fast as a bare loop, are our models as fast as others?"""
