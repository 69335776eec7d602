"""The process around a model: the engine runs in a child of its own, and the app talks to it through pipes."""
