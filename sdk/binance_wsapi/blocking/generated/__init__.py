"""What is written by the generator of the blocking client.

Written by ``python -m tests.blocking.generate``: do not edit.
"""

from __future__ import annotations
