"""The model process: one local model, reached over pipes, batched, cancellable and killable.

Start at `client.ModelClient`. Importing this package loads nothing heavy; llama.cpp and torch are only ever loaded in
the child process (`worker`).
"""
