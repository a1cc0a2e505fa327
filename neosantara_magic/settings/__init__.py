"""Settings, the address, and the key: each from the first place that has it. Flags win over all of this.

Loaded by ``%load_ext``, so it imports next to nothing.
"""
