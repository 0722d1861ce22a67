use super::*;
use crate::policy::{Expected, Policy};
use crate::probe::{Options, PolicyLookups, Trace};

/// Where the files are that these tests name.
fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn base() -> ServiceBase {
    let check = Check { targets: Vec::new(), options: Options::default(), policy: Policy::default() };
    ServiceBase { check, limit: Duration::from_secs(120), allow: Vec::new() }
}

fn read_with(text: &str, base: &ServiceBase) -> Result<ServeSettings, String> {
    let read = service(text, base, folder()).map(|file| file.settings);
    read.map_err(|mistake| mistake.tell(Path::new("m.toml"), text))
}

fn read(text: &str) -> Result<ServeSettings, String> {
    read_with(text, &base())
}

fn ports_of(module: &Module) -> (&Options, &Policy) {
    match &module.kind {
        ModuleKind::Ports { prober, policy } => (&prober.options, policy),
        ModuleKind::Blocked(_) => panic!("{} is one of the kind blocked", module.name),
    }
}

fn investigation_of(module: &Module) -> &InvestigationOptions {
    match &module.kind {
        ModuleKind::Blocked(options) => options,
        ModuleKind::Ports { .. } => panic!("{} checks ports", module.name),
    }
}

#[test]
fn without_a_file_there_are_two_modules_and_everything_is_as_on_the_command_line() {
    let mut base = base();
    base.limit = Duration::from_secs(7);
    base.check.policy.strict = true;
    base.check.options.timeout = Duration::from_secs(3);
    let settings = read_with("", &base).expect("settings");
    assert_eq!(settings.modules.keys().collect::<Vec<_>>(), ["blocked", "default"]);
    let (options, policy) = ports_of(&settings.modules["default"]);
    assert_eq!((options.timeout.as_secs(), policy.strict), (3, true));
    let investigation = investigation_of(&settings.modules["blocked"]);
    assert!(investigation.strict && investigation.hosts.is_empty());
    assert!(settings.modules.values().all(|module| module.limit.as_secs() == 7));
    assert!(settings.watched.is_empty() && settings.allow.is_none() && settings.webhook.is_none());
}

#[test]
fn a_module_has_settings_of_its_own_upon_the_defaults_and_those_upon_the_command_line() {
    let mut base = base();
    base.check.options.public_only = true;
    base.check.options.trace = Trace::Failed;
    let settings = read_with(
        r#"
        [defaults]
        min-days = 14
        timeout = "10s"
        max-endpoints = 20

        [modules.mx]
        expect = { 25 = "ok", 143 = "closed" }
        deadline = "30s"
        trace = "always"
        no-private = false

        [modules.default]
        ports = [587]
        min-days = 7

        [modules.here]
        blocked = true
        hosts = ["mail.example.org"]
        strict = true

        [modules.elsewhere]
        blocked = true
        references = ["example.org", "@example.net"]
        submission-hosts = ["smtp.example.org"]
        "#,
        &base,
    )
    .expect("settings");
    let (options, policy) = ports_of(&settings.modules["mx"]);
    let numbers = |options: &Options| options.plan.ports.iter().flatten().map(|port| port.port).collect::<Vec<_>>();
    assert_eq!((numbers(options), options.trace, options.public_only), (vec![25, 143], Trace::Always, false));
    assert_eq!((options.timeout.as_secs(), options.plan.max_endpoints), (10, 20));
    assert_eq!(policy.expectations.min_days, Some(14));
    assert_eq!(policy.expectations.ports.get(&143), Some(&Expected::Closed));
    assert_eq!(settings.modules["mx"].limit.as_secs(), 30);
    let (options, policy) = ports_of(&settings.modules["default"]);
    assert_eq!((numbers(options), policy.expectations.min_days), (vec![587], Some(7)));
    assert_eq!((options.trace, options.public_only), (Trace::Failed, true));
    assert_eq!(settings.modules["default"].limit.as_secs(), 120);
    let here = investigation_of(&settings.modules["here"]);
    assert_eq!((here.hosts.len(), here.strict, here.probing.timeout.as_secs()), (1, true, 10));
    let elsewhere = investigation_of(&settings.modules["elsewhere"]);
    let references = ["example.org", "example.net"].map(|domain| domain.parse().expect("a domain"));
    assert_eq!(elsewhere.references, references);
    assert_eq!(elsewhere.submission_hosts, [Host::Name("smtp.example.org".to_owned())]);
    assert_eq!(investigation_of(&settings.modules["blocked"]).references.len(), 5);
}

#[test]
fn targets_are_watched_by_their_modules() {
    let settings = read(
        r#"
        [modules.mx]
        expect-policies = ["dane"]
        [[targets]]
        target = "@example.org"
        module = "mx"
        interval = "1m30s"
        [[targets]]
        target = " mail.example.org 25 587 "
        [[targets]]
        module = "blocked"
        interval = "1h"
        [[targets]]
        target = "mail.example.org"
        module = "blocked"
        "#,
    )
    .expect("settings");
    let seen: Vec<_> = settings
        .watched
        .iter()
        .map(|one| (one.typed.as_str(), one.targets.len(), one.module.name.as_str(), one.interval.as_secs()))
        .collect();
    assert_eq!(
        seen,
        [
            ("@example.org", 1, "mx", 90),
            ("mail.example.org 25 587", 2, "default", 300),
            ("", 0, "blocked", 3600),
            ("mail.example.org", 1, "blocked", 300)
        ]
    );
    assert!(settings.watched.iter().all(|one| Arc::ptr_eq(&one.module, &settings.modules[&one.module.name])));
    let (options, _) = ports_of(&settings.watched[0].module);
    assert_eq!(options.plan.policies, PolicyLookups::All);
}

#[test]
fn who_is_allowed_by_the_command_line_and_by_the_file_is_joined() {
    let mut base = base();
    base.allow.push("mail.example.net".parse().expect("a pattern"));
    let allowed =
        |settings: ServeSettings| settings.allow.map(|allow| allow.0.iter().map(ToString::to_string).collect());
    let of_file = "allow = [\"*.Example.org\", \"192.0.2.0/24\"]";
    let strings = |patterns: &[&str]| Some(patterns.iter().map(|one| (*one).to_owned()).collect::<Vec<String>>());
    assert_eq!(
        allowed(read_with(of_file, &base).expect("settings")),
        strings(&["mail.example.net", "*.example.org", "192.0.2.0/24"])
    );
    assert_eq!(allowed(read(of_file).expect("settings")), strings(&["*.example.org", "192.0.2.0/24"]));
    assert_eq!(allowed(read_with("", &base).expect("settings")), strings(&["mail.example.net"]));
    assert_eq!(allowed(read("allow = []").expect("settings")), strings(&[]), "nobody is not the same as everybody");
}

#[test]
fn mistakes_are_told_with_line_and_column() {
    let target = "target = \"a.example\"";
    for (text, place, word) in [
        ("alow = [\"*\"]\n", "m.toml:1:1:", "did you mean allow?"),
        ("allow = \"*\"\n", "m.toml:1:9:", "allow cannot be \"*\": write it as in allow = [\"*.example.org\"]"),
        ("allow = [\"*\", \"mx*.example.org\"]\n", "m.toml:1:15:", "allows nobody"),
        ("[module.mx]\n", "m.toml:1:2:", "did you mean modules?"),
        ("[modules]\nmx = 5\n", "m.toml:2:6:", "modules cannot hold 5: write it as in [modules.NAME]"),
        ("[modules]\nports = 5\n", "m.toml:2:9:", "modules cannot hold 5"),
        ("[[modules.mx]]\nports = [25]\n", "m.toml:1:", "[modules.NAME]"),
        ("[modules.MX]\n", "m.toml:1:10:", "small letters"),
        ("[modules.\"m x\"]\n", "m.toml:1:10:", "small letters"),
        ("[modules.\"\"]\n", "m.toml:1:10:", "small letters"),
        ("[modules.mx]\ntarget = \"a.example\"\n", "m.toml:2:1:", "not a key here"),
        ("[modules.mx]\n  exepct = { 25 = \"ok\" }\n", "m.toml:2:3:", "did you mean expect?"),
        ("[modules.mx]\nexpect = { 25 = \"clsoed\" }\n", "m.toml:2:17:", "did you mean closed?"),
        ("[modules.mx]\nexpect = { 2525 = \"ok\", 2526 = \"ok\" }\n", "m.toml:2:1:", "2526"),
        ("[modules.mx]\ndeadline = 5\n", "m.toml:2:12:", "deadline cannot be 5: write it as in deadline = \"1m\""),
        ("[modules.mx]\ndeadline = \"5\"\n", "m.toml:2:12:", "5s"),
        ("[modules.mx]\ntrace = \"sometimes\"\n", "m.toml:2:9:", "never, failed or always"),
        ("[modules.mx]\nmax-endpoints = 0\n", "m.toml:2:17:", "max-endpoints cannot be 0"),
        (
            "[modules.mx]\nports = [25]\nhosts = [\"a.example\"]\n",
            "m.toml:3:1:",
            "hosts is for modules with blocked = true",
        ),
        ("[modules.mx]\nblocked = false\nreferences = []\n", "m.toml:3:1:", "references is for modules"),
        (
            "[modules.b]\nblocked = true\n\n  min-days = 3\n",
            "m.toml:4:3:",
            "min-days has no use in a module with blocked",
        ),
        ("[modules.b]\nexpect = { 25 = \"ok\" }\nblocked = true\n", "m.toml:2:1:", "expect has no use"),
        ("[modules.b]\nblocked = true\nhosts = [\"a.example:25\"]\n", "m.toml:3:10:", "write only a host"),
        ("[modules.b]\nblocked = true\nreferences = [\"192.0.2.1\"]\n", "m.toml:3:15:", "write a mail domain"),
        (
            "[modules.b]\nblocked = true\nhosts = [\"a.example\"]\nreferences = [\"b.example\"]\n",
            "m.toml:4:1:",
            "hosts are tried instead of references",
        ),
        ("[modules.b]\nblocked = 1\n", "m.toml:2:11:", "blocked cannot be 1: write it as in blocked = true"),
        ("[targets]\ntarget = \"a.example\"\n", "m.toml:1:", "write [[targets]], with two brackets"),
        ("[[target]]\n", "m.toml:1:3:", "did you mean targets?"),
        ("[[targets]]\ninterval = \"1m\"\n", "m.toml:1:1:", "has no target"),
        ("[[targets]]\ntarget = \"a..example\"\n", "m.toml:2:10:", "empty part"),
        (&format!("[[targets]]\n{target}\nmodule = \"defualt\"\n"), "m.toml:3:10:", "did you mean default?"),
        (&format!("[[targets]]\n{target}\nmodule = \"mx\"\n"), "m.toml:3:10:", "the modules are blocked, default"),
        (&format!("[[targets]]\n{target}\ninterval = \"9s\"\n"), "m.toml:3:12:", "from 10s to 24h"),
        (&format!("[[targets]]\n{target}\ninterval = \"25h\"\n"), "m.toml:3:12:", "from 10s to 24h"),
        (&format!("[[targets]]\n{target}\ninterval = 300\n"), "m.toml:3:12:", "interval cannot be 300: write"),
        (&format!("[[targets]]\n{target}\nexpect = {{ 25 = \"ok\" }}\n"), "m.toml:3:1:", "not a key here"),
        (&format!("[[targets]]\n{target}\n[[targets]]\ntarget = \"A.example.\"\n"), "m.toml:4:10:", "in line 1"),
        ("[[targets]]\nmodule = \"blocked\"\n[[targets]]\nmodule = \"blocked\"\n", "m.toml:3:1:", "in line 1"),
        ("[[targets]]\nmodule = \"blocked\"\ntarget = \"@a.example\"\n", "m.toml:3:10:", "write only a host"),
        (
            "[modules.p]\nexpect-policies = [\"dane\"]\n[[targets]]\nmodule = \"p\"\ntarget = \"a.example\"\n",
            "m.toml:5:1:",
            "\"a.example\" is none",
        ),
        ("[modules.p]\nexpect-policies = [\"dane\"]\npolicies = false\n", "m.toml:2:1:", "leave out one of the two"),
        (
            "[modules.p]\nexpect = { 25 = \"ok\" }\n[[targets]]\nmodule = \"p\"\ntarget = \"a.example:587\"\n",
            "m.toml:5:1:",
            "port 25, but no target uses it (by the module p)",
        ),
        ("[modules.p]\nca-file = [\"no-such.pem\"]\n", "m.toml:2:12:", "cannot read the CA file"),
        ("[modules.p]\nports = [25]\nca-file = [\"LICENSE\"]\n", "m.toml:3:1:", "LICENSE"),
        ("[defaults]\nca-file = [\"LICENSE\"]\n[modules.p]\nports = [25]\n", "m.toml:2:1:", "LICENSE"),
        ("[webhook]\n", "m.toml:1:1:", "has no URL"),
        ("webhook = \"https://hooks.example.org/\"\n", "m.toml:1:11:", "[webhook], with url"),
        ("[webhook]\nurl = \"hooks.example.org\"\n", "m.toml:2:7:", "write a URL"),
        ("[webhook]\nurl = \"ftp://hooks.example.org\"\n", "m.toml:2:7:", "write a URL"),
        (
            "[webhook]\nurl = \"https://hooks.example.org\"\nurl-file = \"x\"\n",
            "m.toml:3:1:",
            "leave out one of the two",
        ),
        ("[webhook]\nurl-file = \"no-such.url\"\n", "m.toml:2:12:", "cannot read \"no-such.url\""),
        (
            "[webhook]\nurl = \"https://hooks.example.org\"\nbearer-token-file = \"no-such.token\"\n",
            "m.toml:3:21:",
            "cannot read \"no-such.token\"",
        ),
        (
            "[webhook]\nurl = \"https://hooks.example.org\"\nbearer-token-file = \"LICENSE\"\n",
            "m.toml:3:21:",
            "one line and nothing else",
        ),
        (
            "[webhook]\nurl = \"http://hooks.example.org\"\nbearer-token-file = \"LICENSE\"\n",
            "m.toml:2:7:",
            "unencrypted with http",
        ),
        ("[webhook]\nurl = \"https://hooks.example.org\"\ntoken = \"x\"\n", "m.toml:3:1:", "bearer-token-file"),
        ("[[check]]\nmin-days = 14\n[modules.mx]\nblocked = \"x\"\n", "m.toml:4:11:", "blocked cannot be \"x\""),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.starts_with(place), "{text}: {error}");
        assert!(error.contains(word), "{text}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn secrets_come_from_files_and_show_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("token", "s3cret-token\n");
    write("url", "https://hooks.example.org/services/s3cret-path\n");
    write("bad-token", "s3cret token\n");
    write("bad-url", "hooks.example.org/s3cret\n");
    write("plain-url", "http://hooks.example.org/s3cret\n");
    write("empty", "\n");
    let read = |text: &str| {
        let read = service(text, &base(), folder.path()).map(|file| file.settings.webhook.expect("a webhook"));
        read.map_err(|mistake| mistake.tell(Path::new("m.toml"), text))
    };
    let webhook = read("[webhook]\nurl-file = \"url\"\nbearer-token-file = \"token\"\n").expect("a webhook");
    assert_eq!(webhook.url.path(), "/services/s3cret-path");
    let authorization = webhook.authorization.expect("a token");
    assert_eq!(authorization.header(), "Bearer s3cret-token");
    assert!(!format!("{authorization:?}").contains("s3cret"));
    let webhook =
        read("[webhook]\nurl = \"http://127.0.0.1:8080/x\"\nbearer-token-file = \"token\"\n").expect("loopback");
    assert!(webhook.authorization.is_some());
    for (text, place, word) in [
        ("url-file = \"url\"\nbearer-token-file = \"bad-token\"\n", "m.toml:3:21:", "cannot be a token"),
        ("url-file = \"url\"\nbearer-token-file = \"empty\"\n", "m.toml:3:21:", "one line"),
        ("url-file = \"bad-url\"\n", "m.toml:2:12:", "write a URL"),
        ("url-file = \"plain-url\"\nbearer-token-file = \"token\"\n", "m.toml:2:12:", "unencrypted"),
        ("url = \"https://me:s3cret@hooks.example.org/\"\n", "m.toml:2:7:", "leave the login out"),
    ] {
        let error = read(&format!("[webhook]\n{text}")).expect_err(text);
        assert!(error.starts_with(place) && error.contains(word), "{text}: {error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn checks_beside_a_service_are_noted_where_nothing_else_is_checked() {
    let has_only_checks =
        |text: &str| service(text, &base(), folder()).map(|file| file.has_only_checks).expect("settings");
    let check = "[[check]]\ntarget = \"a.example\"\n";
    assert!(has_only_checks(check));
    assert!(!has_only_checks(&format!("{check}[[targets]]\ntarget = \"a.example\"\n")));
    assert!(!has_only_checks(""));
}
