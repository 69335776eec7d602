"""The user's own words as an answer: which sentence fits a question, and how it is quoted."""
