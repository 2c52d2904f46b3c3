//! The text grammar of routes and neighbor selectors, shared by configuration and API.
