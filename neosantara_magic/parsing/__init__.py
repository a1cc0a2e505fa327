"""The grammar of ``%%neosantara`` and ``%neosantara``: `Ask`, `Command`, help and completions, all from two tables.

Names of tools, models and variables are only names here.
"""
