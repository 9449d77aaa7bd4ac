"""The knowledge desk: the seller's own questions, answered by a query over the shop that is shown and opens."""
