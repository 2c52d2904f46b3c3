//! Benchmarks, and the helper processes of benchmarks and endurance tests.

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    let cli = qa::bench::run::Cli::parse();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(cli.run())
}
