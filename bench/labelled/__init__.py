"""Texts with labels, made up while asked for: what sealing and finding are held against.

No value stands in a file: keys, phrases, passwords and numbers come from a seeded chance, with
checksums that hold. The wordings stand in `wording_*`; the second set was written after the
first had been met, so its first figures tell what was learned by rule and what by heart.
"""
