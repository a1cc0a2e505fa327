"""The chat panel and the playground: asking without writing cells.

For: `chat` and `playground`, and what stands behind them.
Not for: the ask itself (``asking.py``), or how one answer looks (``render/``).

    opening.py     chat(): from flags to a panel on the screen
    chatpanel.py   ChatPanel: what Python calls and the browser sends
    session.py     one ask at a time: begin, play, stop, approve, ask again, fork
    board.py       what was sent to the browser and the file; where the panel stands
    showing.py     the widget, an answer that grows, a turn as HTML, the stored transcript; its browser's side is in
                   turns.js, tools.js, mount.js and panel.css
    playground.py  playground(): one prompt, many settings; columns.py shows their answers
"""
