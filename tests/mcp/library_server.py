"""A well-behaved MCP server: the catalogue of a library, made with the official package.

For: what servers do beyond results: progress, questions to the user, sampling, headers.
"""

from __future__ import annotations

import asyncio
import sys

from mcp.server import MCPServer
from mcp.server.mcpserver import Context  # noqa: TC002  (read at run time)
from mcp.types import SamplingMessage, TextContent, ToolAnnotations
from pydantic import BaseModel

library = MCPServer("library")
BOOKS = {"Laskar Pelangi": "Andrea Hirata", "Bumi Manusia": "Pramoedya Ananta Toer"}
READS = ToolAnnotations(read_only_hint=True)


class Loan(BaseModel):
    """What the librarian asks."""

    days: int
    """For how long."""
    urgent: bool = False


@library.tool(annotations=READS)
def find_author(title: str) -> str:
    """Find who wrote a book.

    Args:
        title: The title, as it is printed.
    """
    return BOOKS[title]


@library.tool()
def lend(title: str) -> str:
    """Lend a book to somebody."""
    return f"{title} is lent."


@library.tool()
async def lend_asking(title: str, ctx: Context) -> str:
    """Lend a book, after asking for how long."""
    answer = await ctx.elicit(f"How long?\nFor {title}, that is.", Loan)
    return f"{answer.action}: {answer.data.model_dump_json()}" if answer.action == "accept" else answer.action


@library.tool(annotations=READS)
async def count(upto: int, ctx: Context) -> int:
    """Count the shelves."""
    for n in range(upto):
        await ctx.report_progress(n + 1, upto, f"shelf {n + 1}")
    return upto


@library.tool(annotations=READS)
async def take_stock(ctx: Context) -> str:
    """Count all books, which takes long."""
    await ctx.report_progress(1, 10, "Opening")
    await ctx.report_progress(3, 10, "<b>Reading</b>\x1b[31m …" + "x" * 10_000)
    await asyncio.sleep(60)
    return "done"


@library.tool(annotations=READS)
async def think(ctx: Context) -> str:
    """Let the client's model think, which a client may refuse."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text="hello"))
    result = await ctx.session.create_message([message], max_tokens=10)
    return str(result)


@library.tool(annotations=READS)
def sent_header(header: str, ctx: Context) -> str:
    """Return a header as it was sent."""
    return (ctx.headers or {}).get(header, "none")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        library.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        library.run("stdio")
