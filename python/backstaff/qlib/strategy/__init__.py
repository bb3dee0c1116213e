"""Strategies of one's own."""
