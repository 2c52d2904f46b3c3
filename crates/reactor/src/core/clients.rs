//! Clients of the administrative socket and of the named pipes: helpers without a process.

use api_process::{ClientSpec, HelperId, Link};
use bytes::Bytes;
use config::env::ApiVersion;
use config::model::{Encoder, OnExit, Overflow, Process, Program};
use tokio::net::UnixStream;
use tracing::{info, warn};

use super::Reactor;
use super::helpers::HelperEntry;
use super::tasks::LongTask;
use crate::admin::{Admin, AdminSocket, CLIENTS, FAREWELL, TOO_MANY, open_pipes};
use crate::ingest::Ingest;

impl Reactor {
    /// Opens what clients come through. None of it is worth not running for.
    pub(super) fn open_admin(&mut self, admin: &Admin) {
        if let Some(path) = &admin.socket {
            match AdminSocket::bind(path) {
                Ok(socket) => {
                    info!(target: "cli control", "the command line's socket is {}", path.display());
                    let to = self.clients.clone();
                    self.admin = Some(socket.start(to, &self.common.tracker, &self.token));
                }
                Err(e) => warn!(target: "cli control", "no socket for the command line: {e}"),
            }
        }
        if let Some((input, output)) = &admin.pipes {
            match open_pipes(input, output) {
                Ok(link) => {
                    info!(target: "cli control", "named pipes for the cli are:");
                    info!(target: "cli control", "to send commands  {}", input.display());
                    info!(target: "cli control", "to read responses {}", output.display());
                    let mut spec = ClientSpec::new("cli-pipes");
                    // Nobody may ever come for the answers, and the next client must not get them.
                    spec.stalled_after = std::time::Duration::from_secs(30);
                    self.add_client(spec, link);
                }
                Err(e) => warn!(target: "cli control", "the named pipes can't be used: {e}"),
            }
        }
    }

    /// Someone has connected.
    pub(super) fn client(&mut self, stream: UnixStream) {
        if self.shutdown.is_some() {
            return;
        }
        if self.helpers.values().filter(|h| h.client).count() >= CLIENTS {
            warn!(target: "api", "a client was sent away: {CLIENTS} are served already");
            let _ = stream.try_write(TOO_MANY);
            return;
        }
        let spec = ClientSpec::new(format!("client-{}", self.next_helper));
        self.add_client(spec, Link::Stream(stream));
    }

    fn add_client(&mut self, mut spec: ClientSpec, link: Link) {
        let id = HelperId(self.next_helper);
        self.next_helper = self.next_helper.saturating_add(1);
        spec.farewell = Bytes::from_static(FAREWELL);
        let process = process(&spec.name, self.config.settings.api.version);
        let ingest = Ingest::new(&spec.name, &self.common.interner);
        let handle = api_process::attach(&self.owner, id, spec, link, ingest);
        let mut entry = HelperEntry::new(process, handle, true, super::owners::CLIENTS);
        entry.client = true;
        self.helpers.insert(id, entry);
        self.retarget_one(id);
    }

    /// A client has gone; what it had said is done first.
    pub(super) fn client_gone(&mut self, id: HelperId) {
        let Some(client) = self.helpers.get_mut(&id) else { return };
        client.gone = true;
        self.forget_client(id);
    }

    /// Forgets a client that is gone and has nothing under way.
    pub(super) fn forget_client(&mut self, id: HelperId) {
        if self
            .helpers
            .get(&id)
            .is_some_and(|h| h.gone && h.inbox.is_empty() && h.task.is_none() && h.receipt.is_none())
            && let Some(client) = self.helpers.remove(&id)
        {
            self.let_go(client);
        }
    }

    /// Gives back what a helper or client that is gone held of the store.
    pub(super) fn let_go(&self, helper: HelperEntry) {
        let mut store = self.common.store.write();
        let selected = helper.selected.into_values().flatten();
        helper.attached.into_iter().chain(selected).for_each(|target| store.release_targets(target));
        if let Some(LongTask::Clear { targets, .. }) = helper.task {
            store.release_targets(targets);
        }
    }
}

/// A client in the terms of a helper: answered always, told no events.
fn process(name: &str, api: ApiVersion) -> Process {
    Process {
        name: name.to_owned(),
        program: Program::Own,
        args: Vec::new(),
        encoder: Encoder::Text,
        respawn: false,
        ack: true,
        api,
        overflow: Overflow::Gap,
        queue_bytes: 0,
        spill_bytes: 0,
        on_exit: OnExit::Keep,
    }
}
