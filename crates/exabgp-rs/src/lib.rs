//! A BGP speaker programmed by helper processes.
