"""From inventory files to types: read, merged, validated, with every mistake named at once."""
