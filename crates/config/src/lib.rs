//! The configuration model, its front ends, validation and settings.
