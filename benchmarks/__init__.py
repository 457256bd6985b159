"""Measurements: each prints ratios against a floor or a peer that ran in the same process run, round by round."""
