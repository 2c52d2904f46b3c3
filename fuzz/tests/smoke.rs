//! Every target on its seeds and on mutations of them. `FUZZ_RUNS` is how many mutations each target gets.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fuzz::mutate::{Random, mutate};
use fuzz::{TARGETS, Target, seeds};

/// Builds without optimisation are slower than what users run.
const SLOWER: u32 = 20;

/// Whether a target bears some octets. What it says about them has been printed.
fn bears(target: Target, data: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| target.check(data, SLOWER))).is_ok()
}

fn digits(data: &[u8]) -> String {
    data.iter().fold(String::from("0x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests have no settings of their own")]
fn seeds_and_their_mutations() {
    let runs = std::env::var("FUZZ_RUNS").ok().map_or(1500, |n| n.parse().expect("FUZZ_RUNS is a number"));
    let mut wrong = Vec::new();
    for target in TARGETS {
        let seeds = seeds::of(target.name);
        let mut random = Random::new(0x9E37_79B9_7F4A_7C15);
        let mutations = std::iter::repeat_with(|| mutate(&seeds, &mut random)).take(runs);
        let failed = seeds.iter().cloned().chain(mutations).find(|data| !bears(*target, data));
        wrong.extend(failed.map(|data| format!("{} on {}", target.name, digits(&data))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
