"""The prompt as the user typed it, turned into the parts of a message.

render.py       text → parts: where an expression begins and ends, what is text, what becomes an image
expressions.py  one expression → its value, through Jinja2
files.py        ``--image SRC`` → an image; ``--as FILE`` → instructions and settings (``shipped/``: ours)
"""
