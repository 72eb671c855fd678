"""Which databases are left out together."""

import zlib

FOLDS = 5


def fold_of(db):
    """The fold of a database, 0 to 4, by its name alone."""
    return zlib.crc32(db.encode()) % FOLDS
