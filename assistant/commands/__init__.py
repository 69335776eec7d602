"""The subcommands of `python -m assistant` that have a module of their own."""
