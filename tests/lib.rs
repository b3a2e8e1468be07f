//! What crosses rooms: golden traces, browser tests, conformance vectors, house rules.
