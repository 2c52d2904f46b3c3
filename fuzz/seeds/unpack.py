"""Writes each seed of a file (see src/seeds.rs) into a file of its own in a folder."""
import hashlib, pathlib, sys

source, folder = map(pathlib.Path, sys.argv[1:])
for line in source.read_text().splitlines():
    if not line or line.startswith("#"):
        continue
    octets = bytes.fromhex(line[2:]) if line.startswith("0x") else line.replace("\\n", "\n").encode()
    (folder / hashlib.sha1(octets).hexdigest()).write_bytes(octets)
