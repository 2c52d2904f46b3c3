//! What is said about wrong configurations: every mistake with its place, the line, and what to write instead.
//!
//! The snapshots are what users read: review them as prose.

use std::fmt::Write as _;
use std::path::Path;

use config::Sources;
use config::diag::Source;

/// A neighbor with all it must have; mistakes are added below it.
const GOOD: &str = "[[neighbor]]
peer-address = \"192.0.2.1\"
local-address = \"192.0.2.2\"
local-as = 65000
peer-as = 65001
";

/// What is said about a configuration; the word "fine" when nothing is.
fn said(text: &str) -> String {
    let source = Source { path: "conf.toml".to_owned(), text: text.to_owned() };
    let sources = Sources { environment: [("PATH", "/nowhere")].into_iter().collect(), ini: None };
    match config::parse(source, Path::new("/nowhere"), &sources) {
        Ok(loaded) if loaded.report.is_empty() => "fine\n".to_owned(),
        Ok(loaded) => loaded.report.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Several configurations and what is said about each.
fn all(mistakes: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, text) in mistakes {
        let text = text.replace("GOOD\n", GOOD);
        let said = said(&text);
        // Lines without trailing blanks, so that editors leave the snapshots alone.
        let said: Vec<_> = said.lines().map(str::trim_end).collect();
        let _ = write!(out, "=== {name}\n{}\n", said.join("\n"));
    }
    out
}

/// Compares with the snapshot of the calling test.
fn check(name: &str, said: &str) {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, said);
    });
}

#[test]
fn the_good_neighbor_is_good() {
    assert_eq!(said(GOOD), "fine\n");
}

#[test]
fn names() {
    check(
        "names",
        &all(&[
            ("unknown key", "GOOD\nhold-tim = 90\n"),
            ("name of another program", "GOOD\nttl-security = 254\n"),
            ("key of another table", "GOOD\ngraceful-restart = 120\n"),
            ("key with nothing like it", "GOOD\nxyzzy = 1\n"),
            ("unknown capability", "GOOD\n[neighbor.capability]\nasn-4 = true\n"),
            ("unknown table", "[nieghbor]\npeer-address = \"192.0.2.1\"\n"),
            ("no header", "peer-address = \"192.0.2.1\"\n"),
            (
                "single brackets",
                "[neighbor]\npeer-address = \"192.0.2.1\"\nlocal-as = 1\npeer-as = 2\nrouter-id = \"1.1.1.1\"\n",
            ),
            ("neighbor is a string", "neighbor = \"192.0.2.1\"\n"),
            ("process without name", "[process]\nrun = [\"x\"]\n"),
            ("unknown process key", "[process.x]\nrun = [\"exabgp-rs\"]\nrespan = true\n"),
            ("unknown template key", "[template.x]\nhold-times = 9\n"),
        ]),
    );
}

#[test]
fn values() {
    check(
        "values",
        &all(&[
            (
                "not an address",
                "[[neighbor]]\npeer-address = \"192.0.2\"\nlocal-as = 1\npeer-as = 2\nrouter-id = \"1.1.1.1\"\n",
            ),
            ("a host name is no address", "GOOD\nmd5-ip = \"router.example\"\n"),
            ("not a number", "GOOD\nhold-time = \"soon\"\n"),
            ("hold time 2", "GOOD\nhold-time = 2\n"),
            ("hold time 65536", "GOOD\nhold-time = 65536\n"),
            ("port 0", "GOOD\nconnect = 0\n"),
            ("port 70000", "GOOD\nlisten = 70000\n"),
            ("port with a fraction", "GOOD\nconnect = 179.5\n"),
            ("ttl 256", "GOOD\noutgoing-ttl = 256\n"),
            ("ttl -1", "GOOD\nincoming-ttl = -1\n"),
            ("rate", "GOOD\nrate-limit = \"fast\"\n"),
            (
                "as number",
                "[[neighbor]]\npeer-address = \"192.0.2.1\"\nlocal-as = 4294967296\npeer-as = \"AS65000\"\nrouter-id = \"1.1.1.1\"\n",
            ),
            ("router-id", "GOOD\nrouter-id = \"2001:db8::1\"\n"),
            ("router-id 0", "GOOD\nrouter-id = \"0.0.0.0\"\n"),
            ("boolean", "GOOD\npassive = \"maybe\"\n"),
            ("boolean as a list", "GOOD\npassive = [true]\n"),
            ("host name", "GOOD\nhost-name = \"-foo\"\ndomain-name = \"a..b\"\n"),
            (
                "family",
                "GOOD\nfamilies = [\"ipv4 unicst\", \"ipv5 unicast\", \"ipv4 unicast\", \"ipv4/unicast\"]\n",
            ),
            ("all and others", "GOOD\nfamilies = [\"all\", \"ipv4 unicast\"]\n"),
            ("date", "GOOD\ndescription = 2024-01-01\n"),
        ]),
    );
}

#[test]
fn capabilities() {
    check(
        "capabilities",
        &all(&[
            ("add-path", "GOOD\n[neighbor.capability]\nadd-path = \"both\"\n"),
            ("add-path the other way round", "GOOD\n[neighbor.capability]\nadd-path = \"receive/send\"\n"),
            ("stale time alone", "GOOD\n[neighbor.capability]\nlong-lived-graceful-restart = 60\n"),
            (
                "stale time",
                "GOOD\n[neighbor.capability]\ngraceful-restart = 1\nlong-lived-graceful-restart = 16777216\n",
            ),
            ("restart time", "GOOD\n[neighbor.capability]\ngraceful-restart = 4096\n"),
            (
                "families of add-path",
                "GOOD\nfamilies = [\"ipv4 unicast\", \"ipv4 multicast\"]\nadd-path = [\"ipv6 unicast\", \"ipv4 multicast\"]\n",
            ),
            ("limits of add-path", "GOOD\nadd-path = [\"ipv4 unicast limit 0\", \"ipv4 nowhere limit 1\"]\n"),
            (
                "families of nexthop",
                "GOOD\nnexthop = [\"ipv4 unicast ipv4\", \"ipv4 unicast\", \"ipv6 unicast ipv4\"]\n",
            ),
            (
                "refresh without what it needs",
                "GOOD\nadj-rib-out = false\n[neighbor.capability]\nroute-refresh = true\n",
            ),
            ("role", "GOOD\n[neighbor.capability]\nrole = \"client\"\n"),
            ("role-strict alone", "GOOD\n[neighbor.capability]\nrole-strict = true\n"),
            (
                "role within an AS",
                "[[neighbor]]\npeer-address = \"192.0.2.1\"\nlocal-address = \"192.0.2.2\"\nlocal-as = 1\npeer-as = 1\n[neighbor.capability]\nrole = \"customer\"\n",
            ),
            (
                "operational without the capability",
                "GOOD\noperational = \"asm afi ipv4 safi unicast advisory x\"\n",
            ),
            (
                "operational",
                "GOOD\noperational = [\"asm afi ipv4 safi unicast\", \"rpcq afi ipv4\", \"xyz\", 1]\n",
            ),
            (
                "link-local next hops",
                "GOOD\nlocal-link-local = \"2001:db8::1\"\n[neighbor.capability]\nlink-local-prefer = true\n",
            ),
            ("tcp-ao without all it needs", "GOOD\n[neighbor.tcp-ao]\nkeyid = 256\nalgorithm = \"md5\"\n"),
            (
                "two ways to authenticate",
                "GOOD\nmd5-password = \"x\"\n[neighbor.tcp-ao]\nkeyid = 1\nalgorithm = \"hmac-sha-256\"\npassword = \"!\"\nbase64 = true\n",
            ),
            ("link-local next hops not offered", "GOOD\nlocal-link-local = \"fe80::1\"\n"),
        ]),
    );
}

#[test]
fn contradictions() {
    check(
        "contradictions",
        &all(&[
            ("nothing in it", "[[neighbor]]\n"),
            (
                "no router-id over IPv6",
                "[[neighbor]]\npeer-address = \"2001:db8::1\"\nlocal-address = \"2001:db8::2\"\nlocal-as = 1\npeer-as = 2\n",
            ),
            (
                "no router-id with an automatic address",
                "[[neighbor]]\npeer-address = \"192.0.2.1\"\nlocal-address = \"auto\"\nlocal-as = 1\npeer-as = 2\n",
            ),
            (
                "two address families",
                "[[neighbor]]\npeer-address = \"192.0.2.1\"\nlocal-address = \"2001:db8::2\"\nmd5-ip = \"::1\"\nlocal-as = 1\npeer-as = 2\nrouter-id = \"1.1.1.1\"\n",
            ),
            (
                "range that connects",
                "[[neighbor]]\npeer-address = \"192.0.2.0/24\"\nlocal-address = \"192.0.2.2\"\nlocal-as = 1\npeer-as = 2\n",
            ),
            (
                "range too long",
                "[[neighbor]]\npeer-address = \"192.0.2.0/33\"\npassive = true\nlocal-address = \"192.0.2.2\"\nlocal-as = 1\npeer-as = 2\n",
            ),
            (
                "listener without address",
                "[[neighbor]]\npeer-address = \"192.0.2.1\"\nlisten = 1790\nlocal-as = 1\npeer-as = 2\nrouter-id = \"1.1.1.1\"\n",
            ),
            ("twice", "GOOD\nGOOD\n"),
            ("unknown template", "[template.edge]\nhold-time = 9\n\nGOOD\ninherit = [\"egde\"]\n"),
            ("no template at all", "GOOD\ninherit = \"edge\"\n"),
            (
                "template mistakes are told once",
                "[template.edge]\nhold-time = 1\n\nGOOD\ninherit = \"edge\"\n",
            ),
            (
                "long password",
                "GOOD\nmd5-password = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n",
            ),
            ("password that is no base64", "GOOD\nmd5-password = \"zz!\"\nmd5-base64 = true\n"),
            ("empty password", "GOOD\nmd5-password = \"\"\n"),
            ("misspelt password", "GOOD\nmd5-pasword = \"hunter2\"\n"),
            ("password without quotes", "GOOD\nmd5-password = 12345\n"),
        ]),
    );
}

#[test]
fn helpers() {
    check(
        "helpers",
        &all(&[
            (
                "unknown process",
                "[process.announce]\nrun = \"exabgp-rs version\"\n\nGOOD\n[neighbor.api]\nprocesses = [\"anounce\"]\n",
            ),
            ("no process at all", "GOOD\n[neighbor.api]\nprocesses = [\"announce\"]\n"),
            ("nothing to run", "[process.x]\nencoder = \"json\"\n[process.y]\nrun = []\n"),
            ("no such program", "[process.x]\nrun = [\"no-such-program\", \"-v\"]\n"),
            ("no such file", "[process.x]\nrun = [\"./run/no-such-file\"]\n"),
            ("a folder", "[process.x]\nrun = [\"/\"]\n"),
            ("not executable", "[process.x]\nrun = [\"/etc/passwd\"]\n"),
            ("encoder", "[process.x]\nrun = \"exabgp-rs\"\nencoder = \"xml\"\n"),
            ("overflow", "[process.x]\nrun = \"exabgp-rs\"\noverflow = \"drop\"\nqueue-bytes = 12\n"),
            (
                "unknown message",
                "[process.x]\nrun = \"exabgp-rs\"\n\nGOOD\n[neighbor.api]\nprocesses = [\"x\"]\nreceive = [\"parsed\", \"updates\"]\n",
            ),
            (
                "message without form",
                "[process.x]\nrun = \"exabgp-rs\"\n\nGOOD\n[neighbor.api]\nprocesses = [\"x\"]\nreceive = [\"update\"]\nsend = [\"packets\"]\n",
            ),
            (
                "pattern",
                "[process.x]\nrun = \"exabgp-rs\"\n\nGOOD\n[neighbor.api]\nprocesses-match = [\"[\", \"y.*\"]\n",
            ),
            (
                "both ways",
                "[process.x]\nrun = \"exabgp-rs\"\n\nGOOD\n[neighbor.api]\nprocesses = \"x\"\nprocesses-match = \"x\"\n",
            ),
            (
                "two blocks of one name",
                "[process.x]\nrun = \"exabgp-rs\"\n\nGOOD\n[[neighbor.api]]\nname = \"a\"\nprocesses = \"x\"\n[[neighbor.api]]\nname = \"a\"\nprocesses = \"x\"\n",
            ),
            ("no process named", "GOOD\n[neighbor.api]\nneighbor-changes = true\n"),
            ("a list where a table belongs", "GOOD\napi = [\"x\"]\n"),
        ]),
    );
}

#[test]
fn routes() {
    check(
        "routes",
        &all(&[
            (
                "host bits",
                "GOOD\n[neighbor.static]\nroutes = [\n  \"10.0.0.0/24 next-hop self\",\n  \"10.0.1.1/24 next-hop self\",\n]\n",
            ),
            (
                "inside the string",
                "GOOD\n[neighbor.static]\nroutes = [\"10.0.0.0/24 next-hop self med x\"]\n",
            ),
            (
                "inside another kind of string",
                "GOOD\n[neighbor.static]\nroutes = ['10.0.0.0/24 nexthop self']\n",
            ),
            (
                "inside a string with escapes",
                "GOOD\n[neighbor.static]\nroutes = [\"10.0.0.0/24\\tnexthop self\"]\n",
            ),
            ("no next hop", "GOOD\n[neighbor.static]\nroutes = [\"10.0.0.0/24\"]\n"),
            ("not ASCII", "GOOD\n[neighbor.static]\nroutes = [\"10.0.0.0/24 name é next-hop ü\"]\n"),
            (
                "table: value",
                "GOOD\n[neighbor.static]\nroutes = [{ prefix = \"10.0.0.0/24\", next-hop = \"self\", med = \"low\" }]\n",
            ),
            (
                "table: key",
                "GOOD\n[neighbor.static]\nroutes = [{ prefix = \"10.0.0.0/24\", nexthop = \"self\" }]\n",
            ),
            (
                "table: item of a list",
                "GOOD\n[neighbor.static]\nroutes = [{ prefix = \"10.0.0.0/24\", next-hop = \"self\", community = [\"65000:1\", \"no-exprot\"] }]\n",
            ),
            (
                "table: no next hop",
                "GOOD\n[neighbor.static]\nroutes = [{ prefix = \"10.0.0.0/24\", med = 1 }]\n",
            ),
            ("table: no prefix", "GOOD\n[neighbor.static]\nroutes = [{ next-hop = \"self\" }]\n"),
            (
                "table: date",
                "GOOD\n[neighbor.static]\nroutes = [{ prefix = \"10.0.0.0/24\", next-hop = 2024-01-01 }]\n",
            ),
            ("a number", "GOOD\n[neighbor.static]\nroutes = [10]\n"),
            (
                "family not offered",
                "GOOD\nfamilies = [\"ipv4 unicast\"]\n[neighbor.static]\nroutes = [\"2001:db8::/32 next-hop 2001:db8::1\", \"2001:db8:1::/48 next-hop 2001:db8::1\"]\n",
            ),
            (
                "self of another family",
                "GOOD\n[neighbor.static]\nroutes = [\"2001:db8::/32 next-hop self\"]\n",
            ),
            ("key beside routes", "GOOD\n[neighbor.static]\nroute = [\"10.0.0.0/24 next-hop self\"]\n"),
            ("too much", "GOOD\n[neighbor.static]\nroutes = [\"0.0.0.0/0 next-hop self split /32\"]\n"),
        ]),
    );
}

#[test]
fn settings() {
    check(
        "settings",
        &all(&[
            ("unknown section", "[settings.logs]\nlevel = \"INFO\"\n"),
            ("unknown option", "[settings.log]\nlevels = \"INFO\"\n"),
            (
                "value",
                "[settings.log]\nlevel = \"NOTICE\"\n[settings.tcp]\nport = 70000\nbind = [\"127.0.0.1\", \"localhost\"]\n",
            ),
            ("section is a value", "[settings]\nlog = \"INFO\"\n"),
            ("value is a table", "[settings.log]\nlevel = { a = 1 }\n"),
            ("umask", "[settings.daemon]\numask = \"999\"\n"),
        ]),
    );
}

#[test]
fn syntax() {
    check(
        "syntax",
        &all(&[
            ("value without quotes", "[[neighbor]]\npeer-address = 192.0.2.1\n"),
            ("key twice", "GOOD\nlocal-as = 3\n"),
            ("password without quotes", "GOOD\nmd5-password = hunter2\n"),
            ("string without end", "GOOD\ndescription = \"oops\nhold-time = 1\n"),
            ("braces of another language", "GOOD\nfamily {\n  ipv4 unicast;\n}\n"),
        ]),
    );
}

#[test]
fn all_of_it_at_once() {
    check(
        "all_of_it_at_once",
        &all(&[(
            "everything is told in one pass, in the order of the file",
            "[process.watch]\nrun = [\"./no-such-file\"]\n\n[[neighbor]]\npeer-address = \"192.0.2.1\"\nlocal-as = 65000\nhold-tme = 3\n\n\
         [neighbor.api]\nprocesses = [\"wacth\"]\n\n[neighbor.static]\nroutes = [\"10.0.0.0/24\", \"10.0.0.0/33 next-hop self\"]\n",
        )]),
    );
}

#[test]
fn a_column_counts_characters_and_short_lines_say_it_too() {
    let text = format!("{GOOD}description = \"é\"\n[neighbor.static]\nroutes = [\"é\"]\n");
    let source = Source { path: "conf.toml".to_owned(), text };
    let error = config::parse(source, Path::new(""), &Sources::default()).unwrap_err();
    let config::LoadError::Invalid(report) = error else { panic!("{error}") };
    let lines: Vec<_> = report.short_lines().collect();
    assert_eq!(
        lines,
        [
            "conf.toml:8:12: error: this is no route: 'é' (a line starts with route, attributes, a family such as ipv4 \
          unicast, or a prefix)"
        ]
    );
}

#[test]
fn a_thousand_mistakes_are_counted_and_not_all_shown() {
    let mut text = format!("{GOOD}[neighbor.static]\nroutes = [\n");
    for i in 0..1000 {
        let _ = writeln!(text, "  \"10.0.0.0/24 next-hop self med x{i}\",");
    }
    text.push_str("]\n");
    let said = said(&text);
    assert!(said.ends_with("conf.toml: 1000 errors, 500 not shown\n"), "{}", &said[said.len() - 200..]);
}
