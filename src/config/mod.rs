//! From TOML files to raw tables that remember where they were written.
