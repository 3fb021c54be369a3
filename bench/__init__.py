"""Measures Postclerk on this machine: `python -m bench`, or `make bench`.

Nothing here is part of the product; it needs a Dovecot, listens on 127.0.0.1 alone, and leaves
its numbers in bench/work/.
"""
