"""The chat panel and the playground: asking without writing cells.

For: `chat` and `playground`, and what stands behind them.
Not for: the ask itself (``asking.py``), or how one answer looks (``render/``).

    chat.py        chat() and ChatPanel: from flags to a panel on the screen; what Python calls and the browser sends
    session.py     one ask at a time: begin, play, stop, approve, ask again; what browser and file are sent of it
    showing.py     the widget and its place, an answer that grows, a turn as HTML, the stored transcript; its browser's
                   side is in turns.js, tools.js, mount.js and panel.css
    playground.py  playground(): one prompt, many settings; controls.py has its pickers and its columns of answers
"""
