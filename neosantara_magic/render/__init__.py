"""How does it look? Documents and the renderers that paint them."""
