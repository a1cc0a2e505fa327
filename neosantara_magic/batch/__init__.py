"""Many prompts: `ask_many`, and ``%%neosantara --each FRAME --into COLUMN``.

    rows.py      lists, generators, frames, files → rows → requests
    driver.py    `ask_many`; rows in flight, budget, Stop, giving up
    sending.py   one line of all rows at the service's limits; through any concurrent.futures.Executor
    answers.py   finished rows in a file or a list
    frames.py    a frame whose column takes the answers
    progress.py  counts, the bar and the closing line

Every row is an ask of its own: it reads no history and leaves none.
"""

from .driver import ask_many
from .frames import each

__all__ = ["ask_many", "each"]
