//! Our OPEN.

use bgp_wire::cap::asn4;
use bgp_wire::msg::Open;
use bgp_wire::{Asn, CapCode};

use crate::config::PeerConfig;

/// "Restart State" in the first octet of the graceful restart capability (RFC 4724 section 3).
const RESTART_STATE: u8 = 0x80;

/// Our OPEN for a session in which our AS number is `local_as`.
pub(super) fn ours(config: &PeerConfig, local_as: Asn, restarting: bool) -> Open {
    let mut capabilities = config.capabilities.clone();
    if config.asn4 && !capabilities.iter().any(|c| c.code == CapCode::ASN4) {
        let after = capabilities.iter().rposition(|c| c.code == CapCode::MULTIPROTOCOL);
        capabilities.insert(after.map_or(0, |at| at.saturating_add(1)), asn4::encode(local_as));
    }
    for capability in capabilities.iter_mut().filter(|c| c.code == CapCode::GRACEFUL_RESTART) {
        if let Some(flags) = capability.value.first_mut() {
            *flags = (*flags & !RESTART_STATE) | if restarting { RESTART_STATE } else { 0 };
        }
    }
    Open { asn: local_as.as2(), hold_time: config.hold_time, router_id: config.router_id, capabilities }
}
