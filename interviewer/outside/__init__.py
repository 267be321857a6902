"""The outside world, one module or package an SDK: models, vectors, the index, the record."""
