"""The reviews desk: all reviews, one review, products."""
