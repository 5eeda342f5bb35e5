//! Tests of the dump.
