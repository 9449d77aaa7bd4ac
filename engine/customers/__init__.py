"""The customers desk: segments, what is bought together and next, who comes back, campaigns."""
