"""The reviews desk: sentiment, clauses, themes, pain points, praise, trends, drivers, contradictions, authenticity."""
