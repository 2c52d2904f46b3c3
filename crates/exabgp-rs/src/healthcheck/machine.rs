//! The states of a service, as pure transitions.

/// A state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Nothing is known.
    Init,
    /// Somebody has switched it off.
    Disabled,
    /// It may come up.
    Rising,
    /// It may go down.
    Falling,
    /// It works.
    Up,
    /// It does not.
    Down,
    /// We are about to end.
    Exit,
}

impl State {
    /// Its name in the environment of hooks and in the log.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Disabled => "DISABLED",
            Self::Rising => "RISING",
            Self::Falling => "FALLING",
            Self::Up => "UP",
            Self::Down => "DOWN",
            Self::Exit => "EXIT",
        }
    }

    /// Whether routes are announced in it.
    pub(super) const fn announces(self) -> bool {
        matches!(self, Self::Up | Self::Down | Self::Disabled | Self::Exit)
    }
}

/// What was found out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// The file that disables the service is there.
    Disabled,
    /// The check succeeded.
    Good,
    /// The check failed.
    Bad,
}

/// The state and how often it was confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Machine {
    pub(super) state: State,
    confirmed: u32,
    rise: u32,
    fall: u32,
}

impl Machine {
    /// Nothing is known yet.
    pub(super) const fn new(rise: u32, fall: u32) -> Self {
        Self { state: State::Init, confirmed: 0, rise, fall }
    }

    /// Whether the state is another one than before.
    pub(super) fn step(&mut self, found: Found) -> bool {
        let before = self.state;
        let good = found == Found::Good;
        self.state = match (before, found) {
            (_, Found::Disabled) => State::Disabled,
            (State::Disabled, _) => State::Init,
            (State::Up, Found::Good) | (State::Down, Found::Bad) | (State::Exit, _) => before,
            (State::Rising, Found::Good) | (State::Falling, Found::Bad) => self.confirm(good),
            // From anywhere else this is the first of its kind.
            (State::Init | State::Falling | State::Down, Found::Good)
            | (State::Init | State::Rising | State::Up, Found::Bad) => {
                self.confirmed = 0;
                self.confirm(good)
            }
        };
        self.state != before
    }

    fn confirm(&mut self, good: bool) -> State {
        self.confirmed = self.confirmed.saturating_add(1);
        match (good, self.confirmed >= if good { self.rise } else { self.fall }) {
            (true, true) => State::Up,
            (true, false) => State::Rising,
            (false, true) => State::Down,
            (false, false) => State::Falling,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The states after each letter: `g`ood, `b`ad, `d`isabled.
    fn states(rise: u32, fall: u32, found: &str) -> Vec<&'static str> {
        let mut machine = Machine::new(rise, fall);
        let found = found.chars().map(|c| match c {
            'g' => Found::Good,
            'b' => Found::Bad,
            _ => Found::Disabled,
        });
        found
            .map(|f| {
                machine.step(f);
                machine.state.name()
            })
            .collect()
    }

    #[test]
    fn a_state_is_confirmed_before_it_counts() {
        assert_eq!(states(3, 2, "gggg"), ["RISING", "RISING", "UP", "UP"]);
        assert_eq!(states(3, 2, "bbb"), ["FALLING", "DOWN", "DOWN"]);
        assert_eq!(states(1, 1, "gbg"), ["UP", "DOWN", "UP"]);
        assert_eq!(states(0, 0, "gb"), ["UP", "DOWN"]);
    }

    #[test]
    fn what_contradicts_begins_anew() {
        assert_eq!(states(2, 3, "ggbgg"), ["RISING", "UP", "FALLING", "RISING", "UP"]);
        assert_eq!(states(3, 2, "ggbb"), ["RISING", "RISING", "FALLING", "DOWN"]);
        assert_eq!(states(2, 2, "bbgbb"), ["FALLING", "DOWN", "RISING", "FALLING", "DOWN"]);
    }

    #[test]
    fn a_file_disables() {
        assert_eq!(states(1, 1, "gddgg"), ["UP", "DISABLED", "DISABLED", "INIT", "UP"]);
    }
}
