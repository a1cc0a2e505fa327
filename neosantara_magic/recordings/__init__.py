"""Recordings: requests with the events they got, and a client that answers from them."""
