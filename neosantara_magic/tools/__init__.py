"""What may the model call? Schemas, the toolbox, the call."""
