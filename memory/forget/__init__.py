"""Forgetting: episodes are chosen, deleted, and every copy of their bytes within reach is destroyed.

Two steps make a kill at any moment harmless. One transaction deletes the rows and inserts a mark (table `erasing`).
Then every place is cleaned where bytes remain, and only then the mark is deleted; a memory that is opened with the
mark still in it is cleaned again. Where bytes remain, and what destroys them:

    free pages               SQLite's secure_delete
    pages in use             VACUUM: a row that was moved to another page leaves its old copy behind (LOG.md)
    the index of words       FTS5's optimize: a deleted word stays until its segments are merged
    write-ahead log          a truncating checkpoint
    caches, snapshots        deleted; one snapshot is made anew
    stored conversations     parts that show such a photo or used such an episode are deleted in the same transaction
    answers about recalls    those about such a photo, whether it was the new or the remembered one, too
    decisions about names    those about names that no remaining words say, too
    undo                     in no file: the app holds the deleted rows in its own memory until it closes
                             (`replacement.py`)

Out of reach, and so named in the receipt: exports, copies made by the user, files set aside by a restore. A disk may
keep old blocks of a deleted file: only encryption covers those.
"""
