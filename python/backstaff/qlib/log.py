"""Loggers, as scripts ask for them."""

from __future__ import annotations

import logging

__all__ = ["get_module_logger", "set_global_logger_level"]


def get_module_logger(module_name: str, level: int | None = None) -> logging.Logger:
    """The logger of a module."""
    logger = logging.getLogger(f"qlib.{module_name.removeprefix('qlib.')}")
    if level is not None:
        logger.setLevel(level)
    return logger


def set_global_logger_level(level: int) -> None:
    """Set the level of all of them."""
    logging.getLogger("qlib").setLevel(level)
