//! Reload: load, compare, apply what differs. Nothing is touched unless the whole new configuration is right.
//!
//! The file is read and compared on a thread of its own, and the differences are applied in steps between which
//! everyone else has a turn. What is asked for while a reload is under way is done once more behind it: the file may
//! have changed after it was read.

mod apply;
mod plan;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use api::command::Grammar;
use api::reply::reload::refused;
use api_process::HelperId;
use config::model::Config;
use tokio::sync::mpsc;
use tracing::{error, info};

use super::Reactor;
use super::tasks::LongTask;
use apply::{Application, Applied};
pub(super) use plan::{Gather, Plan, Work};

/// Someone who is owed the answer, and which of its processes.
pub(super) type Asker = (HelperId, u32);

/// A reload that is asked for.
#[derive(Debug, Default)]
pub(super) struct Wish {
    /// Who is answered when it is over.
    pub(super) askers: Vec<Asker>,
    /// All helpers are to be started anew.
    pub(super) helpers: bool,
    /// All sessions are to be started anew.
    pub(super) sessions: bool,
}

impl Wish {
    fn join(&mut self, other: Self) {
        self.askers.extend(other.askers);
        self.helpers |= other.helpers;
        self.sessions |= other.sessions;
    }
}

/// What the loading thread has made of the file.
pub(super) type Loaded = Result<Plan, String>;

/// The reload under way and the one to come.
#[derive(Debug)]
pub(super) struct Reloading {
    wanted: Option<Wish>,
    stage: Stage,
    reload: Arc<Mutex<super::Reload>>,
    loaded: mpsc::Sender<Loaded>,
}

#[derive(Debug)]
enum Stage {
    Idle,
    /// The file is being read.
    Loading(Wish),
    /// The differences are being applied.
    Applying(Wish, Box<Application>),
}

impl Reloading {
    pub(super) fn new(reload: super::Reload, loaded: mpsc::Sender<Loaded>) -> Self {
        Self { wanted: None, stage: Stage::Idle, reload: Arc::new(Mutex::new(reload)), loaded }
    }

    /// Asks for a reload. With one under way it comes behind that; several are one.
    pub(super) fn ask(&mut self, wish: Wish) {
        self.wanted.get_or_insert_default().join(wish);
    }

    /// Whether there is something to do now.
    pub(super) const fn is_runnable(&self) -> bool {
        match self.stage {
            Stage::Idle => self.wanted.is_some(),
            Stage::Loading(_) => false,
            Stage::Applying(..) => true,
        }
    }

    /// Reads the file and compares it, beside the reactor. Nobody waits for the thread at the end of the daemon: it
    /// changes nothing.
    fn load(&self, old: Arc<Config>) -> std::io::Result<()> {
        let (reload, loaded) = (Arc::clone(&self.reload), self.loaded.clone());
        let load = move || {
            let work = AssertUnwindSafe(|| {
                // A panic in there leaves nothing half done: it reads.
                let mut reload = reload.lock().unwrap_or_else(PoisonError::into_inner);
                (reload.0)().map(|new| Plan::new(&old, new))
            });
            let internal = "an internal error; please report it".to_owned();
            let plan = catch_unwind(work).unwrap_or(Err(internal));
            let _ = loaded.blocking_send(plan);
        };
        std::thread::Builder::new().name("reload".into()).spawn(load).map(drop)
    }
}

impl Reactor {
    /// Does the next step of a reload.
    pub(super) fn reload_step(&mut self) {
        match std::mem::replace(&mut self.reloading.stage, Stage::Idle) {
            Stage::Idle => {
                if let Some(wish) = self.reloading.wanted.take() {
                    self.begin_reload(wish);
                }
            }
            loading @ Stage::Loading(_) => self.reloading.stage = loading,
            Stage::Applying(wish, mut application) => match self.apply_step(&mut application) {
                Ok(None) => self.reloading.stage = Stage::Applying(wish, application),
                Ok(Some(applied)) => self.reload_over(wish, &Ok(applied)),
                Err(why) => self.reload_over(wish, &Err(why)),
            },
        }
    }

    fn begin_reload(&mut self, wish: Wish) {
        info!(target: "configuration", "performing reload of exabgp-rs {}", self.options.version);
        match self.reloading.load(Arc::clone(&self.config)) {
            Ok(()) => self.reloading.stage = Stage::Loading(wish),
            Err(e) => self.reload_over(wish, &Err(format!("no thread to read it with: {e}"))),
        }
    }

    /// The file has been read.
    pub(super) fn loaded(&mut self, loaded: Loaded) {
        let Stage::Loading(wish) = std::mem::replace(&mut self.reloading.stage, Stage::Idle) else { return };
        match loaded {
            Ok(plan) => {
                let application = Application::new(plan, Arc::clone(&self.config), self.incarnations);
                self.reloading.stage = Stage::Applying(wish, Box::new(application));
            }
            Err(why) => self.reload_over(wish, &Err(why)),
        }
    }

    fn reload_over(&mut self, wish: Wish, outcome: &Result<Applied, String>) {
        match outcome {
            Ok(Applied { told, .. }) => match &told.refused {
                None => info!(target: "configuration", "loaded new configuration successfully: {told}"),
                Some(why) => {
                    error!(target: "configuration", "loaded the new configuration, but {why}: {told}");
                }
            },
            Err(why) => {
                error!(target: "configuration", "could not load the new configuration, nothing is changed");
                why.lines().for_each(|line| error!(target: "configuration", "{line}"));
            }
        }
        if wish.sessions {
            self.restart_sessions(outcome.as_ref().map_or(self.incarnations, |applied| applied.since));
        }
        if wish.helpers {
            self.restart_helpers();
        }
        for helper in self.helpers.values_mut() {
            helper.fresh = false;
        }
        for (id, generation) in wish.askers {
            let Some(helper) = self.helpers.get_mut(&id) else { continue };
            if matches!(helper.task, Some(LongTask::Reload)) {
                helper.task = None;
            }
            // The answer of a process that is gone is owed to nobody.
            if helper.answered() != generation {
                continue;
            }
            let six = helper.grammar == Grammar::V6;
            // Programs written for ExaBGP 5 read two lines, no more.
            let is_told = six || helper.client;
            let why = match outcome {
                Ok(Applied { told, .. }) => {
                    if is_told {
                        helper.tell_all(told.text(six));
                    }
                    told.refused.as_deref()
                }
                Err(why) => Some(&**why),
            };
            if let Some(why) = why {
                helper.because(why);
                if !six && is_told {
                    helper.tell_all(refused(why));
                }
            }
            helper.answer(why.is_none());
        }
    }

    /// Starts every helper anew that this reload has not started.
    fn restart_helpers(&self) {
        let running = self.helpers.values().filter(|h| !h.client && !h.fresh);
        running.for_each(|helper| helper.handle.restart());
    }
}
