"""The models that Backroom knows (`catalog.toml`) and the small trained parts that ship with it."""
