//! Public helper programs in front of the daemon: those on PyPI run for real (`qa/clients` installs them), the others by
//! programs of ours that read and write as they do. Each test is named after the project.

mod aioexabgp;
mod bhr;
mod exacheck;
mod exafs;
mod exporter;
mod fastnetmon;
mod mrt2exabgp;
mod rest_api;
mod sonic;
mod stage;
