//! Reloads of a running daemon, seen from the far end of its sessions.

use anyhow::{Context as _, Result, ensure};
use qa::{
    bench::hops::Hops,
    daemon::{Daemon, Setup, binary},
    expect::within,
    open::OpenSpec,
    speaker::{Listener, Session},
    update::{Prefix, Routes},
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::Command,
    task::JoinSet,
    time::Instant,
};

/// Seconds for anything that is to happen.
const PATIENCE: u64 = 60;

/// A daemon with an administrative socket, and a connection to that.
struct Ground {
    daemon: Daemon,
    folder: TempDir,
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    markers: u8,
}

impl Ground {
    async fn new(config: &str) -> Result<Self> {
        Self::with(Setup::new(config)).await
    }

    async fn with(setup: Setup) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("exabgp.sock");
        let setup = setup
            .env("exabgp_api_cli", "true")
            .env("exabgp_tcp_bind", "")
            .env("exabgp_api_socketname", &socket.display().to_string());
        let daemon = setup.start()?;
        daemon.process.log.line("the command line's socket is", within(PATIENCE)).await?;
        let (read, write) = UnixStream::connect(&socket).await?.into_split();
        Ok(Self { daemon, folder, read: BufReader::new(read), write, markers: 0 })
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("exabgp.sock")
    }

    /// Gives a command; the lines before its `done`.
    async fn command(&mut self, line: &str) -> Result<Vec<String>> {
        self.write.write_all(format!("{line}\n").as_bytes()).await?;
        let mut told = Vec::new();
        loop {
            let mut answer = String::new();
            self.read.read_line(&mut answer).await?;
            match answer.trim_end() {
                "done" => return Ok(told),
                "error" | "" => anyhow::bail!("{line} was answered {answer:?} after {told:?}"),
                other => told.push(other.to_owned()),
            }
        }
    }

    /// `exabgp-rs reload`: what it printed on both sides, and its exit code.
    async fn run_reload(&self) -> Result<(String, String, Option<i32>)> {
        let mut command = Command::new(binary()?);
        command.arg("reload").env("exabgp_cli_socket", self.socket()).kill_on_drop(true);
        let output = command.output().await?;
        let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
        Ok((text(output.stdout), text(output.stderr), output.status.code()))
    }

    /// Reloads with this configuration, which must be taken; what was told.
    async fn reload(&self, config: &str) -> Result<String> {
        self.daemon.rewrite(config)?;
        let (out, error, code) = self.run_reload().await?;
        ensure!(code == Some(0), "{code:?} {out} {error}\n{}", self.daemon.process.log.text());
        Ok(out)
    }

    /// Announces a route that each of these must see, and gives what each was sent before it.
    async fn until_marker(&mut self, peers: &mut [&mut Peer]) -> Result<Vec<Vec<Routes>>> {
        self.markers += 1;
        let marker = format!("203.0.113.{}/32", self.markers);
        // With attributes of its own it shares no UPDATE with what came before, so everything else is sent first.
        let med = 900_000 + u32::from(self.markers);
        self.command(&format!("announce route {marker} next-hop 192.0.2.1 med {med}")).await?;
        let marker: Prefix = marker.parse()?;
        let mut all = Vec::new();
        for peer in peers {
            let mut before = Vec::new();
            loop {
                let session = peer.session.as_mut().context("no session")?;
                let update =
                    session.update(within(PATIENCE)).await.with_context(|| format!("{:?}", peer.ip))?;
                let mut routes = Routes::read(&update).context("an UPDATE of no known form")?;
                let met = routes.announced.contains(&marker);
                routes.announced.retain(|p| *p != marker);
                if !routes.announced.is_empty() || !routes.withdrawn.is_empty() {
                    peer.note(&routes);
                    before.push(routes);
                }
                if met {
                    break;
                }
            }
            all.push(before);
        }
        Ok(all)
    }
}

/// A peer of the daemon and what it has been told.
struct Peer {
    ip: IpAddr,
    listener: Listener,
    session: Option<Session>,
    table: BTreeMap<String, u32>,
    sessions: usize,
}

impl Peer {
    fn new(number: u8) -> Result<Self> {
        let ip = IpAddr::from([127, 0, 7, number]);
        Ok(Self { ip, listener: Listener::bind(ip)?, session: None, table: BTreeMap::new(), sessions: 0 })
    }

    fn note(&mut self, routes: &Routes) {
        for prefix in &routes.withdrawn {
            self.table.remove(&prefix.to_string());
        }
        let med = routes.value(4).and_then(|v| v.try_into().ok()).map_or(0, u32::from_be_bytes);
        for prefix in &routes.announced {
            self.table.insert(prefix.to_string(), med);
        }
    }

    /// Takes the daemon's next connection.
    async fn accept(&mut self, hold_time: u16) -> Result<()> {
        let IpAddr::V4(id) = self.ip else { unreachable!() };
        let mut open = OpenSpec::new(65001, id);
        open.hold_time = hold_time;
        self.session = Some(self.listener.session(&open, within(PATIENCE)).await?);
        self.table.clear();
        self.sessions += 1;
        Ok(())
    }

    /// The present session must be ended by the daemon, with Cease and this subcode.
    async fn ended(&mut self, subcode: u8) -> Result<()> {
        let mut session = self.session.take().context("no session")?;
        let (code, found, _) = session.notification(within(PATIENCE)).await?;
        ensure!((code, found) == (6, subcode), "{:?}: NOTIFICATION {code}/{found}", self.ip);
        Ok(())
    }
}

/// A neighbor as it is edited.
#[derive(Clone, Default)]
struct Edited {
    shared: bool,
    own: BTreeMap<String, u32>,
    extra: String,
}

#[derive(Clone, Default)]
struct Model {
    shared: BTreeMap<String, u32>,
    neighbors: BTreeMap<u8, Edited>,
}

fn list(routes: &BTreeMap<String, u32>) -> String {
    let mut text = String::from("routes = [");
    for (prefix, med) in routes {
        let _ = write!(text, "\"{prefix} next-hop 192.0.2.1 med {med}\", ");
    }
    text + "]\n"
}

impl Model {
    fn config(&self, peers: &BTreeMap<u8, Peer>) -> Result<String> {
        let mut text = format!("[template.shared.static]\n{}", list(&self.shared));
        for (number, edited) in &self.neighbors {
            let address = peers.get(number).context("no such peer")?.listener.address()?;
            let _ = write!(
                text,
                "[[neighbor]]\ninherit = [{}]\npeer-address = '{}'\nconnect = {}\nlocal-address = '127.0.0.1'\n\
                 local-as = 65000\npeer-as = 65001\nfamilies = ['ipv4 unicast']\n{}\n[neighbor.static]\n{}",
                if edited.shared { "'shared'" } else { "" },
                address.ip(),
                address.port(),
                edited.extra,
                list(&edited.own),
            );
        }
        Ok(text)
    }

    /// What a neighbor is to have of the configuration.
    fn table(&self, number: u8) -> BTreeMap<String, u32> {
        let edited = &self.neighbors[&number];
        let mut table = if edited.shared { self.shared.clone() } else { BTreeMap::new() };
        table.extend(edited.own.clone());
        table
    }
}

/// Four peers: three have the template's routes, one has only its own.
async fn four() -> Result<(Ground, BTreeMap<u8, Peer>, Model)> {
    let mut peers: BTreeMap<u8, Peer> = BTreeMap::new();
    let mut model = Model::default();
    for n in 0..50u32 {
        model.shared.insert(format!("10.0.{n}.0/24"), n % 3);
    }
    for number in 1..=4u8 {
        peers.insert(number, Peer::new(number)?);
        let own = [(format!("10.{number}.0.0/16"), 1)].into();
        let extra = "hold-time = 60".into();
        model.neighbors.insert(number, Edited { shared: number < 4, own, extra });
    }
    let mut ground = Ground::new(&model.config(&peers)?).await?;
    for peer in peers.values_mut() {
        peer.accept(60).await?;
    }
    ground.command("announce route 198.51.100.0/24 next-hop 192.0.2.1 med 9").await?;
    settled(&mut ground, &mut peers, &model).await?;
    Ok((ground, peers, model))
}

/// Every peer has what the model says and the helper's route; what each was sent for that.
async fn settled(
    ground: &mut Ground,
    peers: &mut BTreeMap<u8, Peer>,
    model: &Model,
) -> Result<BTreeMap<u8, Vec<Routes>>> {
    let present = |n: &u8| model.neighbors.contains_key(n);
    let mut some: Vec<&mut Peer> = peers.iter_mut().filter(|(n, _)| present(n)).map(|(_, p)| p).collect();
    let sent = ground.until_marker(&mut some).await?;
    for (number, peer) in peers.iter().filter(|(n, _)| present(n)) {
        let mut wanted = model.table(*number);
        wanted.insert("198.51.100.0/24".into(), 9);
        let table: BTreeMap<_, _> = peer
            .table
            .iter()
            .filter(|(p, _)| !p.starts_with("203.0.113."))
            .map(|(p, m)| (p.clone(), *m))
            .collect();
        ensure!(table == wanted, "peer {number} has {table:?} instead of {wanted:?}");
    }
    Ok(peers.keys().copied().filter(present).zip(sent).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_changed_moves() -> Result<()> {
    let (mut ground, mut peers, mut model) = four().await?;
    // One MED of the template: one UPDATE with one prefix to each that has it.
    *model.shared.get_mut("10.0.7.0/24").context("no such route")? = 77;
    let told = ground.reload(&model.config(&peers)?).await?;
    ensure!(
        told.contains("0 sessions reset") && told.contains("3 routes announced, 0 routes withdrawn"),
        "{told}"
    );
    let sent = settled(&mut ground, &mut peers, &model).await?;
    for (number, updates) in &sent {
        let shape: Vec<_> = updates.iter().map(|u| (u.announced.len(), u.withdrawn.len())).collect();
        ensure!(shape == if *number < 4 { vec![(1, 0)] } else { vec![] }, "peer {number}: {shape:?}");
    }
    // What is not said in the OPEN keeps every session, and nobody is sent anything.
    for extra in ["description = 'x'", "manual-eor = true", "source-interface = 'lo'"] {
        model.neighbors.get_mut(&2).context("2")?.extra = format!("hold-time = 60\n{extra}");
        let told = ground.reload(&model.config(&peers)?).await?;
        ensure!(told.contains("0 sessions reset"), "{extra}: {told}");
        let sent = settled(&mut ground, &mut peers, &model).await?;
        ensure!(sent.values().all(Vec::is_empty), "{extra}: {sent:?}");
    }
    // What is said there ends the session with 6/3 and begins another, which gets everything; the others stay.
    for extra in [
        "hold-time = 61",
        "host-name = 'x'",
        "rate-limit = 5000",
        "group-updates = false",
        "outgoing-ttl = 3",
    ] {
        model.neighbors.get_mut(&2).context("2")?.extra = extra.into();
        let told = ground.reload(&model.config(&peers)?).await?;
        ensure!(told.contains("1 sessions reset"), "{extra}: {told}");
        let peer = peers.get_mut(&2).context("2")?;
        peer.ended(3).await?;
        peer.accept(60).await?;
        let sent = settled(&mut ground, &mut peers, &model).await?;
        ensure!(sent.iter().all(|(n, updates)| *n == 2 || updates.is_empty()), "{extra}: {sent:?}");
    }
    // A neighbor that goes, another that comes.
    let gone = model.neighbors.remove(&3).context("3")?;
    peers.insert(5, Peer::new(5)?);
    model.neighbors.insert(5, gone);
    let told = ground.reload(&model.config(&peers)?).await?;
    ensure!(told.contains("1 sessions started, 1 sessions ended"), "{told}");
    peers.get_mut(&3).context("3")?.ended(3).await?;
    peers.get_mut(&5).context("5")?.accept(60).await?;
    // The helper's route was announced to those that were there then.
    ground.command("announce route 198.51.100.0/24 next-hop 192.0.2.1 med 9").await?;
    let sent = settled(&mut ground, &mut peers, &model).await?;
    ensure!(sent.iter().all(|(n, updates)| *n == 5 || updates.is_empty()), "{sent:?}");
    // The name: what is part of it makes another neighbor.
    model.neighbors.get_mut(&4).context("4")?.extra = "hold-time = 60\nrouter-id = '9.9.9.9'".into();
    let told = ground.reload(&model.config(&peers)?).await?;
    ensure!(told.contains("0 sessions reset, 1 sessions started, 1 sessions ended"), "{told}");
    let peer = peers.get_mut(&4).context("4")?;
    peer.ended(3).await?;
    peer.accept(60).await?;
    ground.command("announce route 198.51.100.0/24 next-hop 192.0.2.1 med 9").await?;
    settled(&mut ground, &mut peers, &model).await?;
    let sessions: Vec<usize> = peers.values().map(|p| p.sessions).collect();
    ensure!(sessions == [1, 6, 1, 2, 1], "{sessions:?}");
    ground.daemon.stop(Duration::from_secs(10)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_file_changes_nothing_and_a_peer_that_was_down_gets_the_new_routes() -> Result<()> {
    let (mut ground, mut peers, mut model) = four().await?;
    let right = model.config(&peers)?;
    // Wrong at its end: nothing of what stands before counts.
    ground.daemon.rewrite(&format!("{}hold-tyme = 3\n", right.replace("med 1\"", "med 100\"")))?;
    for _ in 0..2 {
        let (out, error, code) = ground.run_reload().await?;
        ensure!(code == Some(1) && error.contains("hold-tyme"), "{code:?} {out} {error}");
        ensure!(settled(&mut ground, &mut peers, &model).await?.values().all(Vec::is_empty));
    }
    // One is down while its routes change, and its neighbors' too.
    let down = peers.get_mut(&3).context("3")?;
    down.session.take().context("no session")?.close().await;
    model.shared.insert("10.0.200.0/24".into(), 5);
    model.shared.remove("10.0.1.0/24");
    model.neighbors.get_mut(&3).context("3")?.own.insert("10.3.3.0/24".into(), 6);
    ground.reload(&model.config(&peers)?).await?;
    peers.get_mut(&3).context("3")?.accept(60).await?;
    let sent = settled(&mut ground, &mut peers, &model).await?;
    ensure!(sent[&4].is_empty(), "{:?}", sent[&4]);
    let moved: Vec<_> = sent[&1].iter().flat_map(|u| u.announced.iter().chain(&u.withdrawn)).collect();
    ensure!(moved.len() == 2, "{moved:?}");
    // Two at once: each is answered, and the file that counts is the newest.
    model.shared.insert("10.0.201.0/24".into(), 5);
    ground.daemon.rewrite(&model.config(&peers)?)?;
    let (first, second) = tokio::join!(ground.run_reload(), ground.run_reload());
    ensure!(first?.2 == Some(0) && second?.2 == Some(0));
    settled(&mut ground, &mut peers, &model).await?;
    ground.daemon.stop(Duration::from_secs(10)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_edits_reach_every_peer_and_move_no_session() -> Result<()> {
    let (mut ground, mut peers, mut model) = four().await?;
    let mut state = 1u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for _ in 0..25 {
        for _ in 0..=random(4) {
            let number = u8::try_from(1 + random(4))?;
            let (prefix, med) = (format!("10.0.{}.0/24", random(60)), random(1000));
            let neighbor = model.neighbors.get_mut(&number).context("no neighbor")?;
            match random(5) {
                0 => drop(model.shared.insert(prefix, med)),
                1 => drop(model.shared.remove(&prefix)),
                2 => drop(neighbor.own.insert(prefix, med)),
                3 => drop(neighbor.own.remove(&prefix)),
                _ => neighbor.shared = !neighbor.shared,
            }
        }
        ground.reload(&model.config(&peers)?).await?;
        settled(&mut ground, &mut peers, &model).await?;
    }
    ensure!(peers.values().all(|p| p.sessions == 1));
    ground.daemon.stop(Duration::from_secs(10)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn helpers_come_go_and_change_and_a_new_one_is_heard_by_its_new_neighbor() -> Result<()> {
    let mut peers: BTreeMap<u8, Peer> = BTreeMap::new();
    for number in [1, 2] {
        peers.insert(number, Peer::new(number + 40)?);
    }
    let neighbor = |number: u8, helper: &str| -> Result<String> {
        let address = peers.get(&number).context("no such peer")?.listener.address()?;
        Ok(format!(
            "[[neighbor]]\npeer-address = '{}'\nconnect = {}\nlocal-address = '127.0.0.1'\nlocal-as = 65000\n\
             peer-as = 65001\nfamilies = ['ipv4 unicast']\n[neighbor.api]\nprocesses = ['{helper}']\n",
            address.ip(),
            address.port()
        ))
    };
    let process = |name: &str, word: &str| format!("[process.{name}]\nrun = './helper {word}'\n");
    let old = [process("stays", "none"), process("goes", "none"), process("changes", "none")].concat();
    let new =
        [process("stays", "none"), process("changes", "once"), process("comes", "10.99.0.0/24")].concat();
    let (old, new) = (old + &neighbor(1, "stays")?, new + &neighbor(1, "stays")? + &neighbor(2, "comes")?);
    let script = "#!/bin/sh\n[ \"$1\" = none ] || echo announce route \"$1\" next-hop 192.0.2.1\n\
                  cat > /dev/null\necho its end was read >&2\n";
    let mut ground = Ground::with(Setup::new(old).helper("helper", script)).await?;
    for name in ["stays", "goes", "changes"] {
        ground.daemon.process.log.line(&format!("{name}: started, process"), within(PATIENCE)).await?;
    }
    peers.get_mut(&1).context("1")?.accept(60).await?;
    let told = ground.reload(&new).await?;
    ensure!(told.contains("1 helpers restarted, 1 helpers started, 1 helpers stopped"), "{told}");
    let peer = peers.get_mut(&2).context("2")?;
    peer.accept(60).await?;
    let session = peer.session.as_mut().context("no session")?;
    let update = Routes::read(&session.update(within(PATIENCE)).await?).context("no routes")?;
    ensure!(update.announced == ["10.99.0.0/24".parse()?], "{update:?}");
    // The end of what a helper is told is what it ends by: of the one that goes and of the one that changes.
    ground.daemon.process.log.nth_line("its end was read", 2, within(PATIENCE)).await?;
    ground.daemon.process.log.nth_line("changes: started, process", 2, within(PATIENCE)).await?;
    // The same again changes nothing, though everything in the file is read anew.
    let told = ground.reload(&new).await?;
    ensure!(
        told.contains("0 sessions reset") && told.contains("0 helpers restarted, 0 helpers started"),
        "{told}"
    );
    ground.command("version").await?;
    let log = ground.daemon.process.log.text();
    ensure!(log.matches("stays: started, process").count() == 1, "{log}");
    ensure!(peers.values().all(|p| p.sessions == 1));
    ground.daemon.stop(Duration::from_secs(10)).await
}

/// Routes of the large reload; all of a million with `QA_RELOAD_ROUTES=1000000`.
fn many() -> u32 {
    std::env::var("QA_RELOAD_ROUTES").ok().and_then(|n| n.parse().ok()).unwrap_or(200_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keepalives_leave_on_time_and_commands_go_on_during_a_large_reload() -> Result<()> {
    let mut peer = Peer::new(20)?;
    let address = peer.listener.address()?;
    let config = |routes: u32, med: u32| {
        let mut text = format!(
            "[[neighbor]]\npeer-address = '{}'\nconnect = {}\nlocal-address = '127.0.0.1'\nlocal-as = 65000\n\
             peer-as = 65001\nhold-time = 3\n[neighbor.static]\nroutes = [\n",
            address.ip(),
            address.port()
        );
        for n in 0..routes {
            let prefix = Ipv4Addr::from(0x0B00_0000 + (n << 4));
            let _ = writeln!(text, "\"{prefix}/28 next-hop 192.0.2.1 med {}\",", med + n % 100);
        }
        text + "]\n"
    };
    let mut ground = Ground::new(&config(1, 0)).await?;
    peer.accept(3).await?;
    let session = peer.session.as_mut().context("no session")?;
    session.count_only();
    let mut slowest = Duration::ZERO;
    let hops = Hops::start(Duration::from_millis(10))?;
    // They come, all of them change, they go.
    for (routes, med) in [(many(), 0), (many(), 1000), (1, 0)] {
        ground.daemon.rewrite(&config(routes, med))?;
        let before = session.counts();
        let mut command = Command::new(binary()?);
        command.arg("reload").env("exabgp_cli_socket", ground.socket()).kill_on_drop(true);
        let mut reload = JoinSet::new();
        reload.spawn(async move { command.output().await });
        let began = Instant::now();
        let output = loop {
            let asked = Instant::now();
            ground.command("version").await?;
            slowest = slowest.max(asked.elapsed());
            if let Some(done) = reload.try_join_next() {
                break done??;
            }
        };
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "{told} {}", String::from_utf8_lossy(&output.stderr));
        eprintln!("{routes} routes, med {med}: reloaded in {:.2} s", began.elapsed().as_secs_f64());
        let (more, less) = match (routes, med) {
            (1, _) => (0, u64::from(many() - 1)),
            (_, 0) => (u64::from(many()) - 1, 0),
            _ => (u64::from(many()), 0),
        };
        session
            .counted(within(PATIENCE), |c| {
                c.announced >= before.announced + more && c.withdrawn >= before.withdrawn + less
            })
            .await?;
    }
    let keepalives = session.keepalives();
    let gaps = keepalives.windows(2).map(|w| w[1] - w[0]);
    let longest = gaps.max().context("no keepalives")?;
    // A stall shows on any machine: the yardstick is what threads that do nothing need beside it.
    let machine = Duration::from_nanos(hops.end().into_iter().max().unwrap_or_default());
    eprintln!(
        "longest gap between keepalives {longest:?}, slowest command {slowest:?}, slowest hops {machine:?}"
    );
    let stall = Duration::from_millis(500).max(machine * 4);
    ensure!(longest < Duration::from_secs(1) + stall, "a keepalive came after {longest:?} instead of 1 s");
    ensure!(slowest < stall, "a command was answered after {slowest:?}");
    ensure!(peer.sessions == 1);
    ground.daemon.stop(Duration::from_secs(10)).await
}
