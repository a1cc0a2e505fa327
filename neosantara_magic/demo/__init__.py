"""The offline model: the server's side of the wire."""
