"""Stage 3 of the nano: GSPO with verifiable rewards, in a loop of our own."""
