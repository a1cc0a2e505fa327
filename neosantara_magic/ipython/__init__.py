"""What we need from IPython: the running cell, its displays and images, and whose interrupt one is."""

from collections.abc import Callable
from typing import Any

loaded: list[Callable[[], tuple[Any, Any]]] = []
"""A function of the loaded extension that returns its workspace and notebook, so that Python's `ask` shares them."""
