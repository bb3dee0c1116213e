"""Handlers, models and strategies under Qlib's paths."""
