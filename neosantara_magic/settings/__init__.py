"""Settings, the address, and the key: each from the first place that has it. Flags win over all of this.

Loaded by ``%load_ext``, so it imports next to nothing.
"""

from __future__ import annotations

from .address import check_base_url, is_the_services, on_this_machine
from .fields import FIELDS, Settings, default, demo_wanted, environment_problems, from_environment, validate
from .key import Key, find_key, forget_key, key_note, no_key, require_keyring, store_key, typed_key

__all__ = [
    "FIELDS",
    "Key",
    "Settings",
    "check_base_url",
    "default",
    "demo_wanted",
    "environment_problems",
    "find_key",
    "forget_key",
    "from_environment",
    "is_the_services",
    "key_note",
    "no_key",
    "on_this_machine",
    "require_keyring",
    "store_key",
    "typed_key",
    "validate",
]
