"""Whom do we talk to? The wire: dialects, the client, prices."""
