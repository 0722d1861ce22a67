//! What `mailprobe serve` is to do, from a file: its modules and targets, whom to allow, whom to tell.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;

use super::file::{CheckTable, ConfigFile, ModuleTable, TargetTable, Text, WebhookTable};
use super::mistake::Mistake;
use super::reading::{apply, key_below, key_of, parse, read_text};
use super::secret::secret_in;
use super::source::{folder_of, text_of};
use crate::blocked::{InvestigationOptions, NotADomain, Reference};
use crate::cli::checks::Check;
use crate::cli::similar::{advice, similar};
use crate::cli::values::duration;
use crate::probe::Prober;
use crate::serve::{
    AllowList, AllowPattern, Authorization, Module, ModuleKind, ServeSettings, WatchedTarget, WebhookSettings,
};
use crate::target::{Host, Quoted, Target};

/// How often a target is checked where nobody says otherwise.
const USUAL_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// More often is no monitoring; the longest time limit ends the other side.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// What the command line says, and the file may say otherwise.
#[derive(Debug)]
pub(in super::super) struct ServiceBase {
    pub(in super::super) check: Check,
    /// How long a check may take.
    pub(in super::super) limit: Duration,
    /// Who is allowed as well.
    pub(in super::super) allow: Vec<AllowPattern>,
}

/// What a file says for `mailprobe serve`.
#[derive(Debug)]
pub(in super::super) struct ServiceFile {
    pub(in super::super) settings: ServeSettings,
    /// Whether all that the file names to be checked is for `mailprobe --config`.
    pub(in super::super) has_only_checks: bool,
}

/// Reads what is to be served, and the files that are named there. Without a file it is what the command line says.
pub(in super::super) fn read_service(path: Option<&Path>, base: &ServiceBase) -> Result<ServiceFile, String> {
    let Some(path) = path else {
        return service("", base, Path::new("")).map_err(|mistake| mistake.message().to_owned());
    };
    let text = text_of(path)?;
    service(&text, base, folder_of(path)).map_err(|mistake| mistake.tell(path, &text))
}

/// The mistake in a text, if there is one; no file is read.
pub(super) fn mistake(text: &str, base: &Check) -> Option<Mistake> {
    let base = ServiceBase { check: base.clone(), limit: Duration::MAX, allow: Vec::new() };
    let file = parse(text);
    file.and_then(|file| Draft::of(file, &base, Path::new(""), text)).err()
}

fn service(text: &str, base: &ServiceBase, folder: &Path) -> Result<ServiceFile, Mistake> {
    let file = parse(text)?;
    let has_only_checks = !file.check.is_empty() && file.targets.is_empty();
    let settings = Draft::of(file, base, folder, text)?.settings(folder)?;
    Ok(ServiceFile { settings, has_only_checks })
}

/// What a file says, understood, before the files that it names are read.
struct Draft {
    modules: BTreeMap<String, ModuleDraft>,
    targets: Vec<TargetDraft>,
    allow: Option<AllowList>,
    webhook: Option<WebhookDraft>,
}

struct ModuleDraft {
    how: HowToCheck,
    limit: Duration,
    /// Where the certificates to trust are named, if they are.
    ca_files: Option<Range<usize>>,
}

enum HowToCheck {
    Ports(Box<Check>),
    Blocked(Box<InvestigationOptions>),
}

struct TargetDraft {
    typed: String,
    targets: Vec<Target>,
    module: String,
    interval: Duration,
}

struct WebhookDraft {
    url: WebhookUrl,
    token_file: Option<Text>,
}

enum WebhookUrl {
    Known(url::Url),
    In(Text),
}

impl Draft {
    fn of(file: ConfigFile, base: &ServiceBase, folder: &Path, text: &str) -> Result<Self, Mistake> {
        let ConfigFile { allow, defaults, modules: tables, targets, webhook, check: _ } = file;
        let ca_files = place_of_ca_files(&defaults, text);
        let mut check = base.check.clone();
        apply(&mut check, &defaults, folder)?;
        let maker = ModuleMaker { check, limit: base.limit, ca_files, folder, text };
        let built_in = [
            (ServeSettings::DEFAULT_MODULE, ModuleTable::default()),
            (ServeSettings::BLOCKED_MODULE, ModuleTable { blocked: Some(true), ..ModuleTable::default() }),
        ];
        let mut modules = BTreeMap::new();
        for (name, table) in tables {
            let place = table.span();
            modules.insert(read_text(&name, module_name)?, maker.module(table.into_inner(), &place)?);
        }
        for (name, table) in built_in {
            if !modules.contains_key(name) {
                modules.insert(name.to_owned(), maker.module(table, &(0..0))?);
            }
        }
        let targets = watched(targets, &modules, text)?;
        let allow = allow_list(base, allow.as_deref())?;
        let webhook = webhook.map(|table| WebhookDraft::of(table, text)).transpose()?;
        Ok(Self { modules, targets, allow, webhook })
    }

    /// Reads the files that are named.
    fn settings(self, folder: &Path) -> Result<ServeSettings, Mistake> {
        let module = |(name, draft): (String, ModuleDraft)| {
            let module = Arc::new(draft.module(name.clone())?);
            Ok((name, module))
        };
        let modules: BTreeMap<_, _> = self.modules.into_iter().map(module).collect::<Result<_, _>>()?;
        let target = |draft: TargetDraft| {
            let TargetDraft { typed, targets, module, interval } = draft;
            modules.get(&module).map(|module| WatchedTarget { typed, targets, module: Arc::clone(module), interval })
        };
        let watched = self.targets.into_iter().filter_map(target).collect();
        let webhook = self.webhook.map(|draft| draft.settings(folder)).transpose()?;
        Ok(ServeSettings { modules, watched, allow: self.allow, webhook, ..ServeSettings::default() })
    }
}

/// Who may be checked on request, by the command line and by the file; `None` where neither says it.
fn allow_list(base: &ServiceBase, patterns: Option<&[Text]>) -> Result<Option<AllowList>, Mistake> {
    if patterns.is_none() && base.allow.is_empty() {
        return Ok(None);
    }
    let mut allowed = base.allow.clone();
    for pattern in patterns.unwrap_or_default() {
        allowed.push(read_text(pattern, str::parse::<AllowPattern>)?);
    }
    Ok(Some(AllowList(allowed)))
}

/// A name that needs no escaping in a query, and reads well in a label.
fn module_name(text: &str) -> Result<String, String> {
    /// Longer ones are none that a person wrote.
    const LONGEST: usize = 64;
    let is_usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(is_usual) {
        let quoted = Quoted::new(text);
        return Err(format!("{quoted} cannot name a module: write small letters, digits, _ and -, as in [modules.mx]"));
    }
    Ok(text.to_owned())
}

/// Makes modules of tables, all upon the same defaults.
struct ModuleMaker<'a> {
    check: Check,
    limit: Duration,
    ca_files: Option<Range<usize>>,
    folder: &'a Path,
    text: &'a str,
}

impl ModuleMaker<'_> {
    fn module(&self, mut table: ModuleTable, place: &Range<usize>) -> Result<ModuleDraft, Mistake> {
        let settings = table.take_settings();
        let mut check = self.check.clone();
        apply(&mut check, &settings, self.folder)?;
        let limit = table.deadline.as_ref().map(|text| read_text(text, duration)).transpose()?.unwrap_or(self.limit);
        let how = if table.blocked == Some(true) {
            HowToCheck::Blocked(Box::new(self.investigation(&table, &settings, check, place)?))
        } else {
            HowToCheck::Ports(Box::new(self.ports(&table, &settings, check, place)?))
        };
        Ok(ModuleDraft { how, limit, ca_files: place_of_ca_files(&settings, self.text).or(self.ca_files.clone()) })
    }

    fn ports(
        &self,
        table: &ModuleTable,
        settings: &CheckTable,
        check: Check,
        place: &Range<usize>,
    ) -> Result<Check, Mistake> {
        let at = |key| key_below(place, key, self.text);
        let only_blocked = [
            ("hosts", table.hosts.is_some()),
            ("references", table.references.is_some()),
            ("submission-hosts", table.submission_hosts.is_some()),
        ];
        if let Some((key, _)) = only_blocked.into_iter().find(|(_, is_given)| *is_given) {
            return Err(Mistake::at(at(key), format!("{key} is for modules with blocked = true")));
        }
        check.policies_can_be_met().map_err(|message| Mistake::at(at("expect-policies"), message))?;
        let expect = settings.expect.as_ref().map(|expect| key_of(&expect.0, "expect", self.text));
        // Which targets it will be asked about is not known yet.
        check.with_expected_ports(true).map_err(|message| Mistake::at(expect.unwrap_or(place.clone()), message))
    }

    fn investigation(
        &self,
        table: &ModuleTable,
        settings: &CheckTable,
        check: Check,
        place: &Range<usize>,
    ) -> Result<InvestigationOptions, Mistake> {
        /// What `mailprobe blocked` takes, too.
        const TAKEN: [&str; 10] = [
            "family",
            "strict",
            "dns-server",
            "helo",
            "server-name",
            "trust",
            "ca-file",
            "connect-timeout",
            "timeout",
            "no-private",
        ];
        let at = |key| key_below(place, key, self.text);
        if let Some(key) = settings.given().into_iter().find(|key| !TAKEN.contains(&key.as_str())) {
            let message =
                format!("{key} has no use in a module with blocked = true, which only asks whether port 25 is blocked");
            return Err(Mistake::at(at(&key), message));
        }
        let instead =
            [("references", table.references.is_some()), ("submission-hosts", table.submission_hosts.is_some())];
        if let Some((key, _)) = instead.into_iter().find(|(_, is_given)| table.hosts.is_some() && *is_given) {
            return Err(Mistake::at(at(key), format!("hosts are tried instead of {key}: leave out one of the two")));
        }
        let hosts = |texts: Option<&[Text]>| texts.unwrap_or_default().iter().map(host).collect::<Result<Vec<_>, _>>();
        let mut options = InvestigationOptions::new(hosts(table.hosts.as_deref())?, check.options);
        if let Some(texts) = &table.references {
            let reference =
                |text: &Text| read_text(text, |text| text.parse::<Reference>().map_err(|error: NotADomain| error));
            options.references = texts.iter().map(reference).collect::<Result<_, _>>()?;
        }
        if table.submission_hosts.is_some() {
            options.submission_hosts = hosts(table.submission_hosts.as_deref())?;
        }
        options.strict = check.policy.strict;
        Ok(options)
    }
}

fn host(text: &Text) -> Result<Host, Mistake> {
    read_text(text, |text| text.parse::<Host>().map_err(|_| "write only a host, as in mail.example.org"))
}

fn place_of_ca_files(settings: &CheckTable, text: &str) -> Option<Range<usize>> {
    let first = settings.ca_file.as_ref().and_then(|files| files.first());
    first.map(|file| key_of(&file.0, "ca-file", text))
}

impl ModuleDraft {
    fn module(self, name: String) -> Result<Module, Mistake> {
        let options = match &self.how {
            HowToCheck::Ports(check) => &check.options,
            HowToCheck::Blocked(options) => &options.probing,
        };
        let prober = Prober::new(options.clone()).map_err(|error| match self.ca_files {
            Some(place) => Mistake::at(place, error.to_string()),
            None => Mistake::of_all(error.to_string()),
        })?;
        let kind = match self.how {
            HowToCheck::Ports(check) => ModuleKind::Ports { prober, policy: check.policy },
            // It makes one of its own, of what is known to be usable now.
            HowToCheck::Blocked(options) => ModuleKind::Blocked(options),
        };
        Ok(Module { name, kind, limit: self.limit })
    }
}

/// The targets to watch, each of them once for each module.
fn watched(
    tables: Vec<Spanned<TargetTable>>,
    modules: &BTreeMap<String, ModuleDraft>,
    text: &str,
) -> Result<Vec<TargetDraft>, Mistake> {
    let mut seen = BTreeMap::new();
    let mut drafts = Vec::with_capacity(tables.len());
    for table in tables {
        let place = table.span();
        let draft = TargetDraft::of(table.get_ref(), &place, modules, text)?;
        let names: Vec<String> = draft.targets.iter().map(ToString::to_string).collect();
        let line = text.get(..place.start).unwrap_or_default().matches('\n').count() + 1;
        if let Some(first) = seen.insert((names, draft.module.clone()), line) {
            let what = if draft.typed.is_empty() { "this".to_owned() } else { Quoted::new(&draft.typed).to_string() };
            let place = table.get_ref().target.as_ref().map_or(place, |target| target.0.span());
            let message =
                format!("{what} is checked by the module {} already, by the table in line {first}", draft.module);
            return Err(Mistake::at(place, message));
        }
        drafts.push(draft);
    }
    Ok(drafts)
}

impl TargetDraft {
    fn of(
        table: &TargetTable,
        place: &Range<usize>,
        modules: &BTreeMap<String, ModuleDraft>,
        text: &str,
    ) -> Result<Self, Mistake> {
        let known = |name: &str| modules.get_key_value(name).ok_or_else(|| unknown_module(name, modules));
        let (name, module) = match &table.module {
            Some(name) => read_text(name, known)?,
            None => known(ServeSettings::DEFAULT_MODULE).map_err(|message| Mistake::at(place.clone(), message))?,
        };
        let interval = table.interval.as_ref().map(|text| read_text(text, interval)).transpose()?;
        let targets = table.target.as_ref().map(|target| read_text(target, Target::parse_line)).transpose()?;
        let at = |key| key_below(place, key, text);
        match (&module.how, &targets) {
            (HowToCheck::Ports(_), None) => {
                let hint = "this table has no target; add one, as in target = \"mail.example.org\"";
                return Err(Mistake::at(place.clone(), hint));
            }
            (HowToCheck::Ports(check), Some(targets)) => {
                let check = Check { targets: targets.clone(), ..(**check).clone() };
                let of_module = |message| Mistake::at(at("target"), format!("{message} (by the module {name})"));
                check.policies_can_be_met().map_err(of_module)?;
                check.with_expected_ports(false).map_err(of_module)?;
            }
            (HowToCheck::Blocked(_), None) => {}
            (HowToCheck::Blocked(_), Some(_)) => {
                table.target.as_ref().map(host).transpose()?;
            }
        }
        Ok(Self {
            typed: table.target.as_ref().map_or("", |target| target.0.get_ref().trim()).to_owned(),
            targets: targets.unwrap_or_default(),
            module: name.clone(),
            interval: interval.unwrap_or(USUAL_INTERVAL),
        })
    }
}

fn unknown_module(name: &str, modules: &BTreeMap<String, ModuleDraft>) -> String {
    let near: Vec<&str> = similar(name, modules.keys().map(String::as_str)).into_iter().take(1).collect();
    let all = modules.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    format!("there is no module {}; {}", Quoted::new(name), advice(&near, &format!("the modules are {all}")))
}

fn interval(text: &str) -> Result<Duration, String> {
    // The longest interval is the longest of all times: a day.
    let hint = || "write how often, from 10s to 24h, as in 5m".to_owned();
    duration(text).ok().filter(|interval| *interval >= SHORTEST_INTERVAL).ok_or_else(hint)
}

impl WebhookDraft {
    fn of(table: Spanned<WebhookTable>, text: &str) -> Result<Self, Mistake> {
        let place = table.span();
        let WebhookTable { url, url_file, bearer_token_file: token_file } = table.into_inner();
        let url = match (url, url_file) {
            (Some(url), None) => {
                let read = webhook_url(url.0.get_ref()).map_err(|message| Mistake::at(url.0.span(), message))?;
                if token_file.is_some() && !keeps_secrets(&read) {
                    return Err(Mistake::at(url.0.span(), NO_SECRETS));
                }
                WebhookUrl::Known(read)
            }
            (None, Some(file)) => WebhookUrl::In(file),
            (Some(_), Some(file)) => {
                let hint = "url and url-file both say where to: leave out one of the two";
                return Err(Mistake::at(key_of(&file.0, "url-file", text), hint));
            }
            (None, None) => {
                let hint = "this webhook has no URL; add one, as in url = \"https://hooks.example.org/mailprobe\"";
                return Err(Mistake::at(place, hint));
            }
        };
        Ok(Self { url, token_file })
    }

    fn settings(self, folder: &Path) -> Result<WebhookSettings, Mistake> {
        let url = match self.url {
            WebhookUrl::Known(url) => url,
            WebhookUrl::In(file) => read_text(&file, |name| {
                let url = webhook_url(&secret_in(name, folder)?)
                    .map_err(|error| format!("{}: {error}", Quoted::new(name)))?;
                if self.token_file.is_some() && !keeps_secrets(&url) { Err(NO_SECRETS.to_owned()) } else { Ok(url) }
            })?,
        };
        let token = |name: &str| {
            let token = secret_in(name, folder)?;
            let no_token = || format!("what is in {} cannot be a token: it holds other characters", Quoted::new(name));
            Authorization::bearer(&token).ok_or_else(no_token)
        };
        let authorization = self.token_file.map(|file| read_text(&file, token)).transpose()?;
        Ok(WebhookSettings { url, authorization })
    }
}

/// What it says may be a secret, and is not repeated.
fn webhook_url(text: &str) -> Result<url::Url, &'static str> {
    let hint = "write a URL, as in https://hooks.example.org/mailprobe";
    let url = url::Url::parse(text).map_err(|_| hint)?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err(hint);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("leave the login out of the URL: a token can be given in a file, with bearer-token-file");
    }
    Ok(url)
}

const NO_SECRETS: &str =
    "a token goes over the network unencrypted with http: write an https URL, or leave out bearer-token-file";

/// Whether nobody on the way reads what is sent there.
fn keeps_secrets(url: &url::Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}
