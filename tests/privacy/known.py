"""Tables that name a case and that were looked at: emptied of texts, contents and accounts, they tell nothing more."""

EMPTIED = {"match_unserved", "wait_estimate"}
