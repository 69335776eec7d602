"""Recall of real things: photographs of them, random memories, rates, tables and pages."""
