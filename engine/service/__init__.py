"""The service desk: customers' messages understood, routed, and answered with sources."""
