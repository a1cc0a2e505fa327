"""Values of the notebook as a model can read them: text, tables, images.

For: turning any Python object into bounded text or an image, for a prompt and for a tool's result alike.
Not for: finding the value (``prompt/``), nor for wrapping it in a message (``prompt/``, ``tools/``).

Nothing here imports pandas, polars, NumPy, Matplotlib or Pillow: a value is known by the shape of its class, and
whoever has such a value has the library loaded already. Reading a value never costs more than the text it becomes:
ten million rows are as cheap as twenty.
"""
