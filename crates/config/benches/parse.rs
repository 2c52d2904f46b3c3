//! How long it takes to read a configuration with many static routes, in both languages.

use std::fmt::Write as _;
use std::path::Path;

use config::Sources;
use config::diag::Source;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const NEIGHBOR: &str = "neighbor 192.0.2.1 {\n local-address 192.0.2.2;\n local-as 65000;\n peer-as 65001;\n";

/// Host routes with 1,000 attribute sets among them.
fn conf(routes: u32) -> String {
    let mut text = format!("{NEIGHBOR} static {{\n");
    for i in 0..routes {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + i);
        let _ = writeln!(
            text,
            "  route {address}/32 next-hop 192.0.2.9 med {} community [ 65000:{} no-export ];",
            i % 1000,
            i % 10
        );
    }
    text + " }\n}\n"
}

fn toml(routes: u32) -> String {
    let mut text =
        "[[neighbor]]\npeer-address = \"192.0.2.1\"\nlocal-address = \"192.0.2.2\"\nlocal-as = 65000\n\
        peer-as = 65001\n[neighbor.static]\nroutes = [\n"
            .to_owned();
    for i in 0..routes {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + i);
        let _ = writeln!(
            text,
            "  \"{address}/32 next-hop 192.0.2.9 med {} community [ 65000:{} no-export ]\",",
            i % 1000,
            i % 10
        );
    }
    text + "]\n"
}

fn parse(text: String) -> usize {
    let source = Source { path: "conf".to_owned(), text };
    match config::parse(source, Path::new("/nowhere"), &Sources::default()) {
        Ok(loaded) => loaded.config.neighbors.iter().map(|n| n.static_routes().count()).sum(),
        Err(e) => panic!("{e}"),
    }
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.sample_size(10);
    for routes in [100_000, 1_000_000] {
        for (name, text) in [("conf", conf(routes)), ("toml", toml(routes))] {
            assert_eq!(parse(text.clone()), routes as usize);
            group.bench_function(format!("{name}/{routes}"), |b| {
                b.iter_batched(|| text.clone(), parse, BatchSize::PerIteration);
            });
        }
    }
    group.finish();
}

criterion_group!(parsing, benches);
criterion_main!(parsing);
