//! Messages (RFC 4271 section 4).

pub mod frame;
pub mod keepalive;
pub mod notification;
pub mod open;
pub mod operational;
pub mod refresh;
pub mod update;

pub use frame::{Frame, frame};
pub use keepalive::keepalive;
pub use open::{Expect, Open};
pub use operational::Operational;
pub use refresh::{RefreshSubtype, RouteRefresh};
