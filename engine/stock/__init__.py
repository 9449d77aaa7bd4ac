"""The stock desk: demand, what to order by when, stock health, profit per product."""
