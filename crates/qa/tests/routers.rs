//! The drivers of the foreign daemons against the scripted speaker: what the harness knows before the daemon under test comes
//! into it.

use qa::{
    expect::{poll, within},
    frame::ROUTE_REFRESH,
    open::OpenSpec,
    router::{Bird, Frr, Gobgp, MED, Openbgpd, Peering, Router, Seen},
    speaker::{Listener, Session, connect},
    update::{Prefix, Routes, announce, withdraw},
};
use std::collections::BTreeSet;
use tokio::time::Instant;

fn prefixes(texts: &[&str]) -> Vec<Prefix> {
    texts.iter().map(|t| t.parse().unwrap()).collect()
}

/// Everything the router originates must have arrived, each with its attributes.
async fn receive(session: &mut Session, peering: &Peering, deadline: Instant) {
    let mut missing: BTreeSet<Prefix> = peering.originate.iter().copied().collect();
    while !missing.is_empty() {
        let routes = Routes::read(&session.update(deadline).await.unwrap()).unwrap();
        for prefix in &routes.announced {
            // FRR sends back what it got.
            if !missing.remove(prefix) {
                continue;
            }
            assert_eq!(routes.next_hop, Some(peering.next_hop(prefix.address.is_ipv6())), "{prefix}");
            assert_eq!(routes.as_path(), [u32::from(peering.router_as)], "{prefix}");
            assert_eq!(routes.value(4), Some(&MED.to_be_bytes()[..]), "{prefix}");
            assert_eq!(routes.value(8), Some(&[0xfd, 0xe9, 0, 7][..]), "{prefix}");
        }
    }
}

async fn seen<R: Router>(router: &R, ipv6: bool, n: usize) -> Vec<Seen> {
    let routes = poll("routes", within(20), || async {
        let routes = router.routes(ipv6).await?;
        if routes.len() == n { Ok(Some(routes)) } else { anyhow::bail!("{routes:?}") }
    });
    routes.await.unwrap()
}

async fn driver<R: Router>(active: bool) {
    if !R::installed() {
        return;
    }
    let peering = Peering { active, ..Peering::new() };
    let open = OpenSpec::new(peering.peer_as.into(), peering.peer);
    let listening = Listener::bind_with((peering.peer, peering.peer_port).into(), None).unwrap();
    let router = R::start(&peering, within(30)).await.unwrap();
    let mut session = if active {
        listening.session(&open, within(30)).await.unwrap()
    } else {
        let to = (peering.router, peering.router_port).into();
        // The tool answers before the port does.
        let stream = poll("listening", within(30), || async {
            Ok(connect(peering.peer.into(), to, within(5)).await.ok())
        });
        Session::establish(stream.await.unwrap(), &open, within(30)).await.unwrap()
    };
    poll("established", within(30), || async { Ok(router.established().await?.then_some(())) })
        .await
        .unwrap();
    receive(&mut session, &peering, within(30)).await;

    let further = [
        0x80, 4, 4, 0, 0, 0, 9, 0xc0, 8, 4, 0xfd, 0xe8, 0, 1, 0xc0, 32, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,
        3,
    ];
    let (v4, v6) = (prefixes(&["10.1.0.0/16", "10.2.0.0/24"]), prefixes(&["2001:db8:1::/48"]));
    let path = [65000, 200_000];
    session.send(&announce(&v4, "192.0.2.77".parse().unwrap(), &path, &further)).await.unwrap();
    session.send(&announce(&v6, "2001:db8::77".parse().unwrap(), &path, &further)).await.unwrap();
    let wanted = |prefix: &str, next_hop: &str| Seen {
        prefix: prefix.into(),
        next_hop: next_hop.into(),
        as_path: path.to_vec(),
        origin: "igp".into(),
        med: Some(9),
        communities: vec![(65000, 1)],
        large: vec![(1, 2, 3)],
    };
    assert_eq!(
        seen(&router, false, 2).await,
        [wanted("10.1.0.0/16", "192.0.2.77"), wanted("10.2.0.0/24", "192.0.2.77")]
    );
    assert_eq!(seen(&router, true, 1).await, [wanted("2001:db8:1::/48", "2001:db8::77")]);

    session.send(&withdraw(&v4[..1])).await.unwrap();
    session.send(&withdraw(&v6)).await.unwrap();
    assert_eq!(seen(&router, false, 1).await, [wanted("10.2.0.0/24", "192.0.2.77")]);
    assert_eq!(seen(&router, true, 0).await, []);

    router.refresh().await.unwrap();
    let mut refreshed = Vec::new();
    while R::ASKS_REFRESH && refreshed.len() < 2 {
        let message = session.recv(within(20)).await.unwrap().message;
        if message.kind() == ROUTE_REFRESH {
            refreshed.push(message.body().to_vec());
        }
    }
    refreshed.sort();
    assert!(!R::ASKS_REFRESH || refreshed == [[0, 1, 0, 1], [0, 2, 0, 1]], "{refreshed:?}");

    router.reset().await.unwrap();
    assert_eq!(session.notification(within(20)).await.unwrap().0, 6, "a Cease");
    router.stop().await.unwrap();
}

macro_rules! drivers {
    ($($name:ident: $router:ty, $active:expr;)*) => {
        $(#[tokio::test] async fn $name() { driver::<$router>($active).await; })*
    };
}
drivers! {
    bird_waits: Bird, false;
    bird_connects: Bird, true;
    frr_waits: Frr, false;
    frr_connects: Frr, true;
    gobgp_waits: Gobgp, false;
    gobgp_connects: Gobgp, true;
    openbgpd_waits: Openbgpd, false;
    openbgpd_connects: Openbgpd, true;
}
