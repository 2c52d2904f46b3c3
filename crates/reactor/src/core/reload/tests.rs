//! Reloads of a large configuration, edited at random, end where a cold start with the same configuration does.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use bgp_wire::{Family, Nlri};
use config::diag::{Source, Span};
use config::model::{Config, Neighbor, RouteSet, StaticRoute};
use config::{Settings, Sources};
use rib::{OwnerId, PeerId, ShowFilter, Step};
use route_text::Clause;

use super::super::{Hook, Inbox, Options, Reactor, Reload};
use super::{Plan, Stage};
use crate::admin::Admin;

const NEIGHBORS: u8 = 200;
const TEMPLATE: u16 = 1000;
const OWN: u16 = 40;

/// A sequence of numbers that is the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// A configuration as it is edited: routes by prefix with the number of their clause.
#[derive(Clone)]
struct Model {
    templates: [BTreeMap<u32, usize>; 2],
    neighbors: BTreeMap<u8, Edited>,
}

#[derive(Clone)]
struct Edited {
    template: usize,
    own: BTreeMap<u32, usize>,
    hold_time: u16,
    six: bool,
    description: String,
}

/// What the configurations are made of: one neighbor and many clauses.
struct Material {
    neighbor: Neighbor,
    clauses: Vec<Arc<Clause>>,
    six: Arc<RouteSet>,
    settings: Settings,
}

impl Material {
    fn new() -> Self {
        let mut text = String::from(
            "[[neighbor]]\npeer-address = '192.0.2.1'\nlocal-address = '192.0.2.254'\nlocal-as = 65000\n\
             peer-as = 65001\npassive = true\nfamilies = ['ipv4 unicast', 'ipv6 unicast']\n[neighbor.static]\n\
             routes = [",
        );
        let further = ["", " watchdog dog", " watchdog dog withdraw", " watchdog cat"];
        for n in 0..24usize {
            let more = if n < 20 { "" } else { further[n % further.len()] };
            let _ = write!(text, "'10.0.{n}.0/24 next-hop 192.0.2.254 med {n}{more}',");
        }
        text += "'2001:db8::/32 next-hop 2001:db8::1']\n";
        let source = Source { path: "reload.toml".into(), text };
        let config = config::parse(source, Path::new("/"), &Sources::default()).unwrap().config;
        let mut neighbor = config.neighbors[0].clone();
        let mut routes: Vec<StaticRoute> = neighbor.static_routes().cloned().collect();
        let mut six = RouteSet::default();
        six.push(routes.pop().unwrap(), Span::from(0..0));
        let clauses = routes.into_iter().map(|route| route.clause).collect();
        neighbor.routes.clear();
        let mut settings = config.settings;
        settings.tcp.bind.clear();
        Self { neighbor, clauses, six: Arc::new(six), settings }
    }

    fn set(&self, routes: &BTreeMap<u32, usize>) -> Arc<RouteSet> {
        let mut set = RouteSet::default();
        for (prefix, clause) in routes {
            let [a, b, c, _] = prefix.to_be_bytes();
            let nlri = Nlri::from_wire(Family::IPV4_UNICAST, None, &[24, a, b, c]);
            // As after reading a file, nothing is shared with the configuration before.
            let clause = Arc::new(Clause::clone(&self.clauses[*clause]));
            set.push(StaticRoute { nlri, clause }, Span::from(0..0));
        }
        Arc::new(set)
    }

    fn config(&self, model: &Model) -> Config {
        let templates = model.templates.each_ref().map(|t| self.set(t));
        let neighbor = |(number, edited): (&u8, &Edited)| {
            let mut neighbor = self.neighbor.clone();
            neighbor.name.peer = [127, 9, 0, *number].into();
            neighbor.hold_time = edited.hold_time;
            neighbor.description.clone_from(&edited.description);
            neighbor.routes = vec![Arc::clone(&templates[edited.template]), self.set(&edited.own)];
            if edited.six {
                neighbor.routes.push(Arc::clone(&self.six));
            } else {
                neighbor.families.retain(|f| *f == Family::IPV4_UNICAST);
            }
            neighbor
        };
        let neighbors = model.neighbors.iter().map(neighbor).collect();
        Config { neighbors, processes: Vec::new(), settings: self.settings.clone() }
    }
}

impl Model {
    fn new(random: &mut Random) -> Self {
        let template = |t: u32, random: &mut Random| {
            (0..u32::from(TEMPLATE)).map(|n| ((10 + t) << 24 | n << 8, random.below(20))).collect()
        };
        let templates = [template(0, random), template(1, random)];
        let neighbors = (0..NEIGHBORS).map(|n| (n, Edited::new(n, random))).collect();
        Self { templates, neighbors }
    }

    /// Changes something; which neighbors have to get a new session for it.
    fn edit(&mut self, random: &mut Random) -> BTreeSet<u8> {
        let mut moved = BTreeSet::new();
        let all: Vec<u8> = self.neighbors.keys().copied().collect();
        let number = all[random.below(all.len())];
        let clause = random.below(24);
        let (template, place) = (random.below(2), random.below(TEMPLATE.into()));
        let choice = random.below(12);
        let shared = &mut self.templates[template];
        let shared_prefix = *shared.keys().nth(place % shared.len()).unwrap();
        let neighbor = self.neighbors.get_mut(&number).unwrap();
        match choice {
            0 => drop(shared.insert(shared_prefix, clause)),
            1 => drop(shared.remove(&shared_prefix)),
            2 => drop(shared.insert(u32::try_from(0x0C00_0000 | random.below(0xFFFF) << 8).unwrap(), clause)),
            3 => drop(
                neighbor.own.insert(u32::try_from(0x1400_0000 | random.below(0xFFFF) << 8).unwrap(), clause),
            ),
            4 => drop(neighbor.own.pop_first()),
            5 => neighbor.own.values_mut().for_each(|c| *c = random.below(24)),
            // A route of its own in the place of the template's.
            6 => drop(neighbor.own.insert(shared_prefix, clause)),
            7 => neighbor.template = 1 - neighbor.template,
            8 => neighbor.description = format!("described {clause}"),
            9 => {
                neighbor.hold_time += 1;
                moved.insert(number);
            }
            10 => {
                neighbor.six = !neighbor.six;
                moved.insert(number);
            }
            _ => {
                if self.neighbors.remove(&number).is_some() && random.below(4) > 0 {
                    // Back again, or another one.
                    let new = u8::try_from(random.below(250)).unwrap();
                    self.neighbors.entry(new).or_insert_with(|| Edited::new(number, random));
                }
            }
        }
        moved
    }
}

impl Edited {
    fn new(number: u8, random: &mut Random) -> Self {
        let own =
            (0..u32::from(OWN)).map(|n| (20 << 24 | u32::from(number) << 16 | n << 8, random.below(24)));
        let own = own.collect();
        Self {
            template: random.below(2),
            own,
            hold_time: 180,
            six: number.is_multiple_of(2),
            description: String::new(),
        }
    }
}

fn start(config: Config) -> (Reactor, Inbox) {
    let options = Options {
        config,
        reload: Reload(Box::new(|| Err("never read".into()))),
        folder: "/".into(),
        own: "exabgp-rs".into(),
        version: "test".into(),
        host: "test".into(),
        admin: Admin { socket: None, pipes: None },
        listening: Hook(Box::new(|| Ok(()))),
    };
    Reactor::start(options).unwrap()
}

/// Reloads, one step after the other, as the reactor's loop does; how many steps it took.
async fn reload(reactor: &mut Reactor, inbox: &mut Inbox, new: Config) -> usize {
    reactor.reloading.stage = Stage::Loading(super::Wish::default());
    let plan = Plan::new(&reactor.config, new);
    reactor.loaded(Ok(plan));
    let mut steps = 0;
    while reactor.has_changes() || reactor.peers.is_anyone_leaving() {
        reactor.change();
        while let Ok(report) = inbox.peers.try_recv() {
            reactor.report(&report);
        }
        steps += 1;
        tokio::task::yield_now().await;
    }
    steps
}

/// What each peer is announced, route by route.
type Tables = BTreeMap<std::net::IpAddr, BTreeMap<String, u64>>;

fn hash(value: impl std::hash::Hash) -> u64 {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

/// What all peers are announced, each told by one number; with `detail` the routes of one.
fn tables(
    reactor: &Reactor,
    detail: Option<std::net::IpAddr>,
) -> (BTreeMap<std::net::IpAddr, (usize, u64)>, Tables) {
    let store = reactor.common.store.read();
    let names: BTreeMap<u32, std::net::IpAddr> =
        reactor.peers.iter().map(|p| (p.id.index(), p.name().peer)).collect();
    let mut sums: BTreeMap<_, (usize, u64)> = names.values().map(|name| (*name, (0, 0))).collect();
    let mut full = Tables::new();
    let mut sweep = store.sweep();
    let step = store.show(&ShowFilter::default(), &mut sweep, usize::MAX, |route| {
        let attributes = hash((route.attrs.block(), format!("{:?}", route.attrs.next_hop())));
        let mut told = None;
        for peer in store.members(route.targets) {
            // Peers that are gone have routes only until they have been swept.
            let name = names[&peer.index()];
            let value = *told.get_or_insert_with(|| hash((route.nlri.as_ref().wire, attributes)));
            let sum = sums.get_mut(&name).unwrap();
            *sum = (sum.0 + 1, sum.1.wrapping_add(value));
            if detail == Some(name) {
                full.entry(name).or_default().insert(route.nlri.to_string(), attributes);
            }
        }
    });
    assert_eq!(step, Step::Done);
    (sums, full)
}

fn assert_same(reloaded: &Reactor, cold: &Reactor, when: &str) {
    let ((a, _), (b, _)) = (tables(reloaded, None), tables(cold, None));
    if a == b {
        return;
    }
    let (name, _) = a.iter().find(|(name, sum)| b.get(*name) != Some(*sum)).or(b.iter().next()).unwrap();
    let (a, b) = (tables(reloaded, Some(*name)).1, tables(cold, Some(*name)).1);
    let routes = |t: &Tables| t.get(name).cloned().unwrap_or_default().into_iter().collect::<BTreeSet<_>>();
    let (a, b) = (routes(&a), routes(&b));
    let (more, less): (Vec<_>, Vec<_>) = (a.difference(&b).collect(), b.difference(&a).collect());
    panic!("{when}: {name} has {more:?} and should have {less:?}");
}

/// Routes of a helper for some of the neighbors: what a reload must not touch.
fn announce(reactor: &Reactor, material: &Material, to: impl Fn(u8) -> bool) {
    let mut store = reactor.common.store.write();
    let number = |name: std::net::IpAddr| match name {
        std::net::IpAddr::V4(v4) => v4.octets()[3],
        std::net::IpAddr::V6(_) => 0,
    };
    let peers: Vec<PeerId> =
        reactor.peers.iter().filter(|p| to(number(p.name().peer))).map(|p| p.id).collect();
    let targets = store.targets_of(&peers).unwrap();
    for n in 0..50u8 {
        let nlri = Nlri::from_wire(Family::IPV4_UNICAST, None, &[24, 30, 0, n]);
        let attrs = reactor.common.interner.intern(material.clauses[usize::from(n) % 20].attributes.clone());
        store.announce(targets, nlri, attrs, OwnerId(7)).unwrap();
    }
    store.release_targets(targets);
}

fn switch(reactor: &mut Reactor, name: &str, on: bool) {
    let mut store = reactor.common.store.write();
    let step = if on {
        reactor.watchdogs.announce(&mut store, name, 0, usize::MAX)
    } else {
        reactor.watchdogs.withdraw(&mut store, name, 0, usize::MAX)
    };
    step.unwrap();
}

#[expect(clippy::disallowed_methods, reason = "the size of a test is no setting of the daemon")]
fn edits() -> usize {
    std::env::var("RELOAD_EDITS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

#[tokio::test]
async fn random_edits_end_where_a_cold_start_does() {
    let mut random = Random(1);
    let material = Material::new();
    let mut model = Model::new(&mut random);
    let (mut reactor, mut inbox) = start(material.config(&model));
    // The helper's routes were announced to those that are there now, and to nobody who comes later.
    let mut heard: BTreeSet<u8> = model.neighbors.keys().copied().filter(|n| n.is_multiple_of(3)).collect();
    announce(&reactor, &material, |n| heard.contains(&n));
    for edit in 0..edits() {
        let before = model.clone();
        let moved: BTreeSet<u8> = (0..=random.below(3)).flat_map(|_| model.edit(&mut random)).collect();
        heard.retain(|n| model.neighbors.contains_key(n));
        let incarnations = |reactor: &Reactor| -> BTreeMap<_, u64> {
            reactor.peers.iter().map(|p| (p.name().peer, p.incarnation)).collect()
        };
        let old = incarnations(&reactor);
        reload(&mut reactor, &mut inbox, material.config(&model)).await;
        let new = incarnations(&reactor);
        let (cold, _inbox) = start(material.config(&model));
        announce(&cold, &material, |n| heard.contains(&n));
        assert_same(&reactor, &cold, &format!("edit {edit}"));
        for number in model.neighbors.keys().filter(|n| before.neighbors.contains_key(n)) {
            let name = [127, 9, 0, *number].into();
            // Two edits may leave a setting as it was.
            let (was, is) = (&before.neighbors[number], &model.neighbors[number]);
            let differs = was.hold_time != is.hold_time || was.six != is.six;
            assert_eq!(old[&name] != new[&name], differs, "edit {edit}: the session of {number}");
            assert!(!differs || moved.contains(number) || is.description.is_empty());
        }
    }
    // What the watchdogs hold is the same as well.
    let (mut cold, _inbox) = start(material.config(&model));
    announce(&cold, &material, |n| heard.contains(&n));
    for (name, on) in [("dog", false), ("cat", false), ("dog", true), ("cat", true)] {
        switch(&mut reactor, name, on);
        switch(&mut cold, name, on);
        assert_same(&reactor, &cold, &format!("{name} {on}"));
    }
    // Nobody's number and nobody's set is left over.
    let known: HashSet<u32> = reactor.peers.iter().map(|p| p.id.index()).collect();
    let highest = known.iter().max().copied().unwrap_or_default();
    assert!(highest < 2 * u32::from(NEIGHBORS), "numbers of peers that are gone are used again: {highest}");
}

#[tokio::test]
async fn a_change_of_a_template_keeps_its_routes_one_entry_each() {
    let mut random = Random(2);
    let material = Material::new();
    let mut model = Model::new(&mut random);
    model.neighbors.values_mut().for_each(|n| n.own.clear());
    let (mut reactor, mut inbox) = start(material.config(&model));
    let before = reactor.common.store.read().stats().routes;
    for clause in model.templates[0].values_mut() {
        *clause = (*clause + 1) % 20;
    }
    let version = reactor.common.store.read().version();
    let steps = reload(&mut reactor, &mut inbox, material.config(&model)).await;
    let store = reactor.common.store.read();
    assert_eq!(store.stats().routes, before, "one entry a route, whoever it goes to");
    assert_eq!(store.version() - version, u64::from(TEMPLATE), "one change a route");
    assert!(steps >= usize::from(TEMPLATE) / rib::WRITE_BUDGET, "{steps}");
}

#[tokio::test]
async fn a_failed_reload_changes_nothing_and_the_next_one_works() {
    let mut random = Random(3);
    let material = Material::new();
    let mut model = Model::new(&mut random);
    let (mut reactor, mut inbox) = start(material.config(&model));
    let (cold, _inbox) = start(material.config(&model));
    // The file is wrong.
    reactor.reloading.stage = Stage::Loading(super::Wish::default());
    reactor.loaded(Err("line 3: no".into()));
    assert!(!reactor.has_changes());
    assert_same(&reactor, &cold, "a wrong file");
    // A socket can't be opened: that shows only when it is tried.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    model.neighbors.clear();
    let mut wrong = material.config(&model);
    wrong.settings.tcp.bind = vec!["127.0.0.1".parse().unwrap()];
    wrong.settings.tcp.port = taken.local_addr().unwrap().port();
    reload(&mut reactor, &mut inbox, wrong).await;
    assert_same(&reactor, &cold, "a socket that is taken");
    reload(&mut reactor, &mut inbox, material.config(&model)).await;
    assert!(reactor.peers.is_empty());
    assert_eq!(reactor.common.store.read().stats().routes, 0);
}
