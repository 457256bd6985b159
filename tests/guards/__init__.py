"""Guards against other people's clocks, files, texts and pages, taken out one at a time."""
