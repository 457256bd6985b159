"""Clients of other hands, measured beside this one."""
