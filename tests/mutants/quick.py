"""How tests run that need only say whether a change is noticed."""

from __future__ import annotations

__all__ = ["OPTIONS", "settings"]

# With plain asserts: pytest rewrites those of the library as well, as it has a plugin, and such a function cannot be swapped.
PLAIN = "--assert=plain"
OPTIONS = (PLAIN, "-q", "-x", "-s", "--no-header", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider")


def settings() -> None:
    """Let hypothesis draw the same examples each time, and stop at the first that fails instead of looking for a small one.

    Called when pytest is configured: hypothesis itself must be imported by pytest.
    """
    import hypothesis
    from hypothesis import HealthCheck, Phase

    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    hypothesis.settings.load_profile("mutants")
