//! The functional test harness: scripted BGP speaker, cases, interoperability, benchmarks.
