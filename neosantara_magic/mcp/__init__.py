"""MCP, both ways: servers as tools for the model, and functions of the notebook for agents outside (extra ``mcp``)."""
