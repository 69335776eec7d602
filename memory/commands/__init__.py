"""The subcommands of `python -m memory` that have a module of their own, and what all command lines share."""
