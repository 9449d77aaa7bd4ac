"""Stock: what to order by when, and why so many."""
