"""Words that come in and words that go out."""
