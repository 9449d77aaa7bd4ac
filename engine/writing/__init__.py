"""The writing desk: copy that states the facts of a product and nothing else, within the limits of a channel."""
