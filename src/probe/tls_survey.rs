//! What a server wants whose TLS the library does not speak: which bare hellos to say, and what their answers show together.

use super::pump::Opening;
use super::second_look::is_bare;
use crate::observation::{Attempt, ClientOutcome, Purpose, Stage, StopCause, TlsFailureKind, TlsPart, TlsSurvey};
use crate::transport::hello::{Client, Offer, Part, ServerChoice, clients};

/// The most hellos that are said: a server that most clients suit answers all questions in five or six.
const MOST_HELLOS: usize = 9;

/// Says one bare hello after the other, each on a connection of its own, as long as one could tell more.
#[derive(Debug, Default)]
pub(super) struct TlsSurveyor {
    /// What was offered, and what the server chose of it; `None`: nothing of it.
    heard: Vec<(Offer, Option<ServerChoice>)>,
    /// Whether there was an answer that proves nothing: the others would be no better.
    over: bool,
}

/// What the answers say of the library.
struct Narrowed<'a> {
    /// The choice that has as little as possible of what the library lacks.
    choice: &'a ServerChoice,
    /// What of it the server insists on.
    lacking: Vec<Part>,
    /// What to offer to know more.
    next: Option<Offer>,
}

impl Narrowed<'_> {
    /// Whether the group that was chosen is the library's, and the groups stand in the way all the same.
    fn lacks_curve(&self) -> bool {
        self.lacking.contains(&Part::Groups) && self.choice.parts_within(&Offer::of_the_library()).1
    }
}

impl TlsSurveyor {
    /// The connection to make after these, if the last one was for a bare hello and another hello could tell more.
    pub(super) fn next_look(&mut self, attempts: &[Attempt]) -> Option<Purpose> {
        let last = attempts.last().filter(|last| is_bare(last.purpose))?;
        match self.heard.last() {
            Some((_, Some(choice))) => self.over = !choice.is_complete(),
            Some((_, None)) if !was_refused(last) => {
                self.over = true;
                self.heard.pop();
            }
            _ => {}
        }
        self.next_offer().map(|_| Purpose::PartialHello)
    }

    /// How to begin TLS on the connection for the next bare hello; `None` where none is to be said.
    pub(super) fn opening(&mut self) -> Option<Opening<'_>> {
        let offer = self.next_offer()?;
        self.heard.push((offer, None));
        let (offer, chosen) = self.heard.last_mut()?;
        Some(Opening::Bare { offer, chosen })
    }

    /// What to offer next; `None` where no hello could tell more.
    fn next_offer(&self) -> Option<Offer> {
        if self.over || self.heard.len() == MOST_HELLOS {
            return None;
        }
        let Some((_, first)) = self.heard.first() else { return Some(Offer::everything()) };
        let first = first.as_ref()?;
        let in_the_clear = Some(Offer::everything_before_tls13()).filter(|_| first.is_tls13());
        let untried = |offer: &Offer| self.answer_to(offer).is_none();
        in_the_clear.filter(untried).or_else(|| self.narrowed().and_then(|narrowed| narrowed.next)).or_else(|| {
            clients().iter().find(|client| self.agrees(client).is_none()).map(Offer::of_client).filter(untried)
        })
    }

    fn answer_to(&self, offer: &Offer) -> Option<&Option<ServerChoice>> {
        self.heard.iter().find(|(said, _)| said == offer).map(|(_, choice)| choice)
    }

    /// Which part of the library's offer keeps it from a handshake: with a part as the library has it, and everything else,
    /// the server either finds another choice, or insists.
    fn narrowed(&self) -> Option<Narrowed<'_>> {
        // Of nearly all servers there is nothing to narrow down, and an offer is a long list.
        self.heard.first()?;
        let library = Offer::of_the_library();
        let mut offer = Offer::everything();
        let mut choice = self.answer_to(&offer)?.as_ref()?;
        let mut lacking = Vec::new();
        if choice.has_retired_version() {
            return Some(Narrowed { choice, lacking, next: None });
        }
        loop {
            let (suite, group, signature) = choice.parts_within(&library);
            let signature = signature.unwrap_or_else(|| offer.has_signatures_within(&library));
            let outside = [(Part::Signatures, signature), (Part::Suites, suite), (Part::Groups, group)];
            let is_open = |(part, within): &(Part, bool)| !within && !lacking.contains(part);
            let open: Vec<Part> = outside.iter().filter(|one| is_open(one)).map(|(part, _)| *part).collect();
            let seen = |part| part != Part::Signatures || choice.signature_algorithm().is_some();
            match open[..] {
                // All that was chosen is the library's. What was not chosen and has to be offered is the curve of the
                // certificate's key (RFC 8422, section 5.1).
                [] if lacking.is_empty() && !choice.is_tls13() => {
                    let narrower = offer.clone().with(Part::Groups, &library);
                    match self.answer_to(&narrower) {
                        None => return Some(Narrowed { choice, lacking, next: Some(narrower) }),
                        Some(None) => lacking.push(Part::Groups),
                        Some(Some(_)) => return Some(Narrowed { choice, lacking, next: None }),
                    }
                }
                [] => return Some(Narrowed { choice, lacking, next: None }),
                // The only difference between what the server took and what it did not take.
                [part] if lacking.is_empty() && seen(part) => lacking.push(part),
                [part, ..] => {
                    let narrower = offer.clone().with(part, &library);
                    match self.answer_to(&narrower) {
                        None => return Some(Narrowed { choice, lacking, next: Some(narrower) }),
                        Some(None) => lacking.push(part),
                        Some(Some(other)) => (offer, choice) = (narrower, other),
                    }
                }
            }
        }
    }

    /// Whether a client and the server have everything in common; `None` while that is not known.
    fn agrees(&self, client: &Client) -> Option<bool> {
        let offer = Offer::of_client(client);
        if let Some(answer) = self.answer_to(&offer) {
            return match answer {
                Some(choice) => Some(choice.has_dh_for(client)),
                None => Some(false),
            };
        }
        let is_of_curve = |narrowed: Narrowed<'_>| narrowed.lacks_curve();
        if self.narrowed().is_some_and(is_of_curve) {
            return None; // Which curves suit the key is not seen in a choice.
        }
        let answers = || self.heard.iter().filter_map(|(said, choice)| Some((said, choice.as_ref()?)));
        if answers().any(|(said, choice)| choice.has_dh_for(client) && choice.would_suit(&offer, said)) {
            return Some(true);
        }
        let newest = self.heard.first().and_then(|(_, choice)| choice.as_ref())?;
        let refused = |(said, choice): &(Offer, Option<ServerChoice>)| choice.is_none() && offer.is_within(said);
        let is_refused = newest.is_too_old_for(&offer) || self.heard.iter().any(refused);
        is_refused.then_some(false)
    }

    /// TLS 1.3 encrypts the signature that the library lacks. Where TLS 1.2 was answered with one that it lacks as well, that
    /// is the one: the server signs with the same key.
    fn signature_in_the_clear(&self, lacking: &[Part]) -> Option<String> {
        let choice = self.answer_to(&Offer::everything_before_tls13())?.as_ref()?;
        let is_outside = choice.parts_within(&Offer::of_the_library()).2 == Some(false);
        choice.signature_algorithm().filter(|_| is_outside && lacking.contains(&Part::Signatures))
    }

    /// What the hellos have shown; `None` where the server chose nothing of any.
    pub(super) fn result(&self) -> Option<TlsSurvey> {
        let Narrowed { choice, mut lacking, next } = self.narrowed()?;
        if next.is_some() {
            // Not found out to the end: only what was seen is told.
            let (suite, group, signature) = choice.parts_within(&Offer::of_the_library());
            let seen = [(Part::Signatures, signature.unwrap_or(true)), (Part::Suites, suite), (Part::Groups, group)];
            lacking = seen.into_iter().filter(|(_, within)| !within).map(|(part, _)| part).collect();
        }
        let by_curve = Narrowed { choice, lacking: lacking.clone(), next: None }.lacks_curve();
        let told = |part| if by_curve && part == Part::Groups { TlsPart::KeyCurve } else { told(part) };
        let facts = choice.facts();
        let outcome = |client: &Client| ClientOutcome { client: client.name.clone(), agrees: self.agrees(client) };
        Some(TlsSurvey {
            version: facts.version.unwrap_or_default(),
            retired_version: choice.has_retired_version(),
            cipher_suite: facts.cipher_suite.unwrap_or_default(),
            group: facts.key_exchange,
            signature_algorithm: choice.signature_algorithm().or_else(|| self.signature_in_the_clear(&lacking)),
            dh_bits: choice.dh_bits(),
            lacking: lacking.into_iter().map(told).collect(),
            clients: clients().iter().map(outcome).collect(),
        })
    }
}

const fn told(part: Part) -> TlsPart {
    match part {
        Part::Suites => TlsPart::CipherSuite,
        Part::Groups => TlsPart::Group,
        Part::Signatures => TlsPart::SignatureAlgorithm,
    }
}

/// Whether the server read the hello and said that nothing in it suits. One that merely hangs up may have other reasons.
fn was_refused(attempt: &Attempt) -> bool {
    let Some(stop) = attempt.stop.as_ref().filter(|stop| stop.stage == Stage::Tls) else { return false };
    matches!(&stop.cause, StopCause::Tls(failure) if matches!(failure.kind, TlsFailureKind::Alert(_)))
}
