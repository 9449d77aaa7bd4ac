"""What all desks share: their declaration, the list of them, what a run is given, and the order of what they find."""
