"""What we need from IPython: the running cell, its displays and images, and whose interrupt one is."""
