"""Narrow queries for what operators look at and change, one module a noun.

Rows are mappings with the names that people see (docs/json.md); ids are strings in them.
"""
