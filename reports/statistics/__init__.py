"""Medians, intervals and resampling, without any knowledge of trials."""
