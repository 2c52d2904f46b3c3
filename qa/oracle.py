#!/usr/bin/env python3
"""What the real ExaBGP says of messages: one hexadecimal message a line in, one line of JSON out, `-` where it has none.

Run it with the Python of an environment that has exabgp 4.2 or 5.0 installed. The messages are whole, header included:
OPEN, UPDATE, NOTIFICATION, ROUTE-REFRESH. All families are negotiated; `--add-path` turns ADD-PATH on.
"""
import io
import sys
import tempfile

FAMILIES = """ipv4 unicast, ipv4 multicast, ipv4 nlri-mpls, ipv4 mpls-vpn, ipv4 flow, ipv4 flow-vpn, ipv6 unicast,
ipv6 mpls-vpn, ipv6 flow, ipv6 flow-vpn, l2vpn vpls, l2vpn evpn, bgp-ls bgp-ls, bgp-ls bgp-ls-vpn"""
CONFIGURATION = """neighbor 127.0.0.1 {
 router-id 10.0.0.2;
 local-address 127.0.0.1;
 local-as 65000;
 peer-as 65000;
 capability {
  asn4 enable;
%s }
 family {
%s }
}
"""


def main():
    """Answers line by line."""
    add_path = "--add-path" in sys.argv
    from exabgp.version import version
    old = version.startswith("4.")
    families = [" ".join(f.split()) for f in FAMILIES.split(",")]
    if not old:
        families = ["all"]
    text = CONFIGURATION % ("  add-path send/receive;\n" if add_path else "", "".join(f"  {f};\n" for f in families))
    neighbor = load(text, old)
    session = negotiate(neighbor, add_path, old)
    out = sys.stdout
    for line in sys.stdin:
        # What the original prints on its own account is not ours to pass on.
        sys.stdout = sys.stderr = io.StringIO()
        try:
            answer = say(neighbor, session, bytes.fromhex(line), old)
        except Exception as error:  # pylint: disable=broad-except
            answer = f"- {type(error).__name__}: {error}"
        finally:
            sys.stdout = out
            sys.stderr = sys.__stderr__
        print(" ".join(answer.split("\n")).strip(), flush=True)


def load(text, old):
    """The neighbor of a configuration."""
    if old:
        from exabgp.configuration.setup import environment
        environment.setup("")
    else:
        from exabgp.environment import getenv
        getenv()
        from exabgp.logger import log
        log.silence()
        log.init(getenv())
    from exabgp.configuration.configuration import Configuration
    if not old:
        configuration = Configuration([text], text=True)
    else:
        with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
            file.write(text)
        configuration = Configuration([file.name])
    if not configuration.reload():
        sys.exit(f"the configuration is refused: {configuration.error}")
    return next(iter(configuration.neighbors.values()))


def negotiate(neighbor, add_path, old):
    """A session in which everything was offered by both sides."""
    from exabgp.bgp.message import Open
    from exabgp.bgp.message.open import Version, ASN, RouterID, HoldTime
    from exabgp.bgp.message.open.capability import Capabilities, Capability, Negotiated
    from exabgp.bgp.message.update.nlri import NLRI
    more = {} if old else {"local_as": 65000}
    capabilities = Capabilities().new(neighbor, False, **more)
    if add_path:
        capabilities[Capability.CODE.ADD_PATH] = {family: 3 for family in NLRI.known_families()}
    capabilities[Capability.CODE.MULTIPROTOCOL] = neighbor.families()
    session = Negotiated(neighbor)
    session.sent(Open(Version(4), ASN(65000), HoldTime(180), RouterID("10.0.0.2"), capabilities))
    session.received(Open(Version(4), ASN(65000), HoldTime(180), RouterID("10.0.0.3"), capabilities))
    return session


class Peer:
    """What the encoder asks of a peer."""

    def __init__(self, neighbor):
        self.neighbor = neighbor


def say(neighbor, session, message, old):
    """The event for one message."""
    from exabgp.bgp.message import Notification, Open, Update
    from exabgp.bgp.message.refresh import RouteRefresh
    from exabgp.bgp.message.direction import Direction
    from exabgp.reactor.api.response import Response
    from exabgp.version import json as version
    encoder = Response.JSON(version)
    kind, body = message[18], message[19:]
    if kind == 1:
        return encoder.open(neighbor, "receive", Open.unpack_message(body, Direction.IN, session), None, "", "")
    if kind == 2:
        return encoder.update(neighbor, "receive", Update.unpack_message(body, Direction.IN, session), None, "", "")
    if kind == 3:
        return encoder.notification(neighbor, "receive", Notification.unpack_message(body, Direction.IN, session), None, "", "")
    if kind == 5:
        refresh = RouteRefresh.unpack_message(body, Direction.IN, session)
        refresh = list(refresh)[0] if isinstance(refresh, (list, tuple)) else refresh
        return encoder.refresh(neighbor, "receive", refresh, None, "", "")
    return "- no such message"


main()
