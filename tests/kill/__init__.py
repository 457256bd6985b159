"""Processes that are killed at named points of the way of an order, and what their journal knows afterwards."""
