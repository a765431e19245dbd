"""One file a step; its number is what the store remembers."""
