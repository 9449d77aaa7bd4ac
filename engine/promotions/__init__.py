"""The promotions desk: what a promotion really brought, and what one could bring."""
