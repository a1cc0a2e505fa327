"""MCP both ways: tools of servers for the model, functions of the notebook for agents outside."""
