"""What we need from IPython: the running cell, its displays and images, and whose interrupt one is."""

from collections.abc import Callable
from typing import Any

loaded: list[Callable[[], tuple[Any, Any]]] = []
"""Of the loaded extension: returns its workspace and its notebook, so that Python's `ask` shares them."""
