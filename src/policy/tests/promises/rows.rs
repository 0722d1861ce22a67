//! The rows: what is promised and seen, and what comes of it.

use super::*;

use DaneChain::{AllUnusable, Bogus, Matches, Mismatches, NoTls, NotSeen, Unknown};
use MtaStsMode::Testing;
use PolicyKind::{AgentConfig as Pacc, Dane as OfDane, MtaSts as OfMtaSts, TlsReporting as TlsRpt};
use PolicyOutcome::{Broken, Kept, None as Not};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn of_dane() -> Vec<Row> {
    let one = || promises(vec![signed(MX, &[tlsa(0xaa)])]);
    let works = "Port 25 works";
    let row = |name, promises, seen| Row {
        name,
        promises,
        seen,
        outcomes: &[(OfDane, Kept)],
        verdicts: &[Pass],
        target: Pass,
        exit_code: 0,
        first: "Port 25 works.",
        line: "DANE: kept at mx1.example.org",
    };
    let broken = |name, promises, seen, first, line| Row {
        outcomes: &[(OfDane, Broken)],
        verdicts: &[Fail],
        target: Fail,
        exit_code: 1,
        first,
        line,
        ..row(name, promises, seen)
    };
    let untold = |name, promises, seen, line| Row {
        outcomes: &[(OfDane, CannotTell)],
        first: works,
        line,
        ..row(name, promises, seen)
    };
    let nothing = |name, promises, line| Row {
        outcomes: &[(OfDane, Not)],
        first: works,
        line,
        ..row(name, promises, vec![good()])
    };
    let mismatch = "Senders who check DANE defer mail to mx1.example.org now: port 25 at 192.0.2.5 shows a key that the \
                    TLSA record does not name. Other mail servers can deliver through 25.";
    let usage_2 = TlsaRecord { usage: 2, ..tlsa(0xdd) };
    let usage_1 = TlsaRecord { usage: 1, ..tlsa(0xee) };
    let expired_chain = RecordJudgement::NoMatch(Some("the certificate is there and has expired".to_owned()));
    let unusable = RecordJudgement::Unusable(UnusableTlsa::Usage);
    let weak = CertificateFault::Unusable(UnusableReason::WeakKey { of: None, bits: 1024 });
    let failure = |kind| TlsaAnswer::Failed(LookupFailure::new(kind, "SERVFAIL"));
    let address =
        |status| HostTlsa { addresses: proven(status), ..of_host(MX, TlsaAnswer::NotAsked("why".to_owned())) };
    vec![
        row("a match", one(), vec![matching(good())]),
        row("a match excuses a self-signed certificate", one(), vec![matching(self_signed())]),
        row(
            "a match excuses everything about the certificate",
            one(),
            vec![matching(bad(&[CertificateFault::Expired, CertificateFault::WrongName, CertificateFault::UnknownIssuer]))],
        ),
        row("a match excuses the end that is near", one(), vec![matching(mx(MX, soon(Service::Smtp)))]),
        Row {
            verdicts: &[Warn],
            target: Warn,
            first: "Port 25 works, with warnings: ",
            ..row("a match does not make a weak key good", one(), vec![matching(bad(&[weak]))])
        },
        Row {
            verdicts: &[Warn],
            target: Warn,
            first: works,
            ..row("with usage 2 dates count", one(), vec![{
                let by_authority = RecordJudgement::Match(MatchedBy::Authority(1));
                held(mx(MX, soon(Service::Smtp)), Matches, &[(usage_2.clone(), by_authority)])
            }])
        },
        broken("a mismatch", one(), vec![mismatching(good())], mismatch, "does not match its TLSA records"),
        Row {
            exit_code: 14,
            ..broken(
                "a mismatch with a bad certificate has the exit code of the state",
                one(),
                vec![mismatching(self_signed())],
                mismatch,
                "so senders who check it defer mail",
            )
        },
        broken(
            "a mismatch at both addresses is one cause",
            one(),
            vec![mismatching(good()), at(V6, mismatching(good()))],
            "Senders who check DANE defer mail to mx1.example.org now: port 25 at 192.0.2.5 and 2001:db8::5 shows a key",
            "at 192.0.2.5 and 2001:db8::5",
        )
        .with_verdicts(&[Fail, Fail]),
        broken(
            "one address still shows the older certificate",
            one(),
            vec![mismatching(good()), at(SECOND, matching(issued(30, good())))],
            "Senders who check DANE defer mail to mx1.example.org now unless they get to 192.0.2.6: port 25 at 192.0.2.5 still \
             shows an older certificate, whose key no TLSA record names.",
            "what mx1.example.org shows at 192.0.2.5 does not match",
        )
        .with_verdicts(&[Fail, Pass]),
        broken(
            "one address already shows a newer certificate",
            one(),
            vec![mismatching(issued(30, good())), at(SECOND, matching(good()))],
            "Senders who check DANE defer mail to mx1.example.org now unless they get to 192.0.2.6: port 25 at 192.0.2.5 already \
             shows a newer certificate",
            "192.0.2.5",
        )
        .with_verdicts(&[Fail, Pass]),
        broken(
            "another mail host does not help the senders of this one",
            promises(vec![signed(MX, &[tlsa(0xaa)]), signed(MX2, &[tlsa(0xcc)])]),
            vec![mismatching(good()), matching(mx(MX2, healthy(Service::Smtp)))],
            mismatch,
            "what mx1.example.org shows",
        )
        .with_verdicts(&[Fail, Pass]),
        broken(
            "usage 2 alone, and the chain has expired",
            one(),
            vec![held(good(), Mismatches, &[(usage_2, expired_chain)])],
            "Senders who check DANE defer mail to mx1.example.org now: port 25 at 192.0.2.5 shows certificates that do not \
             fit the TLSA record.",
            "does not match",
        ),
        broken(
            "no STARTTLS",
            one(),
            vec![held(without_tls(), NoTls, &[(tlsa(0xaa), OTHER_KEY)])],
            "Senders who check DANE defer mail to mx1.example.org now: its TLSA records promise TLS, and port 25 at 192.0.2.5 \
             does not offer STARTTLS.",
            "mx1.example.org has TLSA records and no STARTTLS at 192.0.2.5",
        )
        .with_exit_code(12),
        broken(
            "bogus records",
            one(),
            vec![chained(good(), Bogus("expired".to_owned()))],
            "Senders who check DANE defer mail to mx1.example.org now: the DNSSEC signatures",
            "the DNSSEC signatures for mx1.example.org do not hold",
        ),
        broken(
            "records that cannot be looked up",
            one(),
            vec![chained(good(), Unknown("SERVFAIL".to_owned()))],
            "Senders who check DANE defer mail to mx1.example.org now: its zone is signed, and its TLSA records could not",
            "cannot be looked up",
        ),
        broken(
            "a bogus MX answer fails the target",
            with_exchangers(DnssecStatus::Bogus, Vec::new()),
            vec![good()],
            "Senders who check DNSSEC defer mail to example.org now: the signatures of its MX records do not hold.",
            "MX records do not hold",
        )
        .with_verdicts(&[Pass]),
        broken(
            "bogus addresses of a host without an endpoint",
            promises(vec![address(DnssecStatus::Bogus)]),
            vec![good()],
            "Senders who check DANE defer mail to mx1.example.org now: the DNSSEC signatures of its addresses do not hold.",
            "signatures for mx1.example.org",
        )
        .with_verdicts(&[Pass]),
        broken(
            "a lookup that fails in a signed zone",
            promises(vec![of_host(MX, failure(LookupFailureKind::Failed))]),
            vec![good()],
            "Senders who check DANE defer mail to mx1.example.org now: its zone is signed",
            "cannot be looked up",
        )
        .with_verdicts(&[Pass]),
        untold(
            "a lookup that this machine could not make",
            promises(vec![of_host(MX, failure(LookupFailureKind::Local))]),
            vec![good()],
            "DANE: cannot tell, since SERVFAIL",
        ),
        untold(
            "signatures stripped",
            passing(DnssecPassage::Stripped, Some("192.168.1.1")),
            vec![good()],
            "DANE: cannot tell: no DNSSEC from the name server 192.168.1.1",
        ),
        untold(
            "no name server",
            passing(DnssecPassage::Unknown, None),
            vec![good()],
            "DANE: cannot tell: no name server could be asked for DNSSEC signatures",
        ),
        Row {
            verdicts: &[Warn],
            target: Warn,
            first: "Port 25 works, with warnings: ",
            ..untold(
                "cannot tell changes nothing about a bad certificate",
                passing(DnssecPassage::Stripped, None),
                vec![self_signed()],
                "no DNSSEC from the name servers in use",
            )
        },
        untold("not reached", one(), vec![chained(good(), NotSeen)], "what mx1.example.org shows on port 25 was not seen"),
        nothing("no records", promises(vec![of_host(MX, TlsaAnswer::None(secure()))]), "DANE: none"),
        nothing(
            "unsigned MX records",
            with_exchangers(DnssecStatus::Insecure, vec![address(DnssecStatus::Insecure)]),
            "DANE: none, since the MX records are not signed",
        ),
        Row {
            target: Warn,
            ..nothing(
                "records in an unsigned zone",
                promises(vec![of_host(
                    MX,
                    TlsaAnswer::Records { proven: proven(DnssecStatus::Insecure), records: vec![tlsa(0xaa)] },
                )]),
                "DANE: the TLSA records of mx1.example.org are not signed, so that no sender uses them",
            )
        },
        Row {
            outcomes: &[(OfDane, Not)],
            verdicts: &[Warn],
            target: Warn,
            first: "Port 25 works, with warnings: a TLSA record cannot be used for mail.",
            line: "none of the TLSA records of mx1.example.org can be used",
            ..row("all unusable", one(), vec![held(good(), AllUnusable, &[(usage_1.clone(), unusable.clone())])])
        },
        row(
            "one of two unusable",
            one(),
            vec![held(good(), Matches, &[(usage_1, unusable), (tlsa(0xcc), BY_KEY)])],
        ),
        Row {
            line: "DANE: kept at both mail hosts",
            verdicts: &[Pass, Pass],
            ..row(
                "both hosts",
                promises(vec![signed(MX, &[tlsa(0xcc)]), signed(MX2, &[tlsa(0xcc)])]),
                vec![matching(good()), matching(mx(MX2, healthy(Service::Smtp)))],
            )
        },
        Row {
            line: "DANE: kept at mx1.example.org; mx2.example.org has no TLSA records",
            verdicts: &[Pass, Pass],
            ..row(
                "one host without records",
                promises(vec![signed(MX, &[tlsa(0xcc)]), of_host(MX2, TlsaAnswer::None(secure()))]),
                vec![matching(good()), mx(MX2, healthy(Service::Smtp))],
            )
        },
        Row {
            verdicts: &[Inconclusive],
            target: Inconclusive,
            exit_code: 130,
            outcomes: &[(OfDane, Broken)],
            first: "Senders who check DANE",
            line: "signatures",
            ..row("an interrupted probe stays one", one(), vec![chained(
                mx(MX, interrupted(Service::Smtp)),
                Bogus("expired".to_owned()),
            )])
        },
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn of_the_others() -> Vec<Row> {
    let works = "Port 25 works";
    let row = |name, promises, seen| Row {
        name,
        promises,
        seen,
        outcomes: &[(OfMtaSts, Kept)],
        verdicts: &[Pass],
        target: Pass,
        exit_code: 0,
        first: works,
        line: "",
    };
    let enforced = |name, seen, first, line| Row {
        outcomes: &[(OfMtaSts, Broken), (OfDane, Not)],
        verdicts: &[Fail],
        target: Fail,
        exit_code: 1,
        first,
        line,
        ..row(name, policy(Enforce, Vec::new()), seen)
    };
    let warned = |name, promises, kind: &'static [(PolicyKind, PolicyOutcome)], line| Row {
        outcomes: kind,
        target: Warn,
        line,
        ..row(name, promises, vec![good()])
    };
    let only_broken: &[(PolicyKind, PolicyOutcome)] = &[(OfMtaSts, Broken)];
    let other = |observation| covered(Enforce, mx(MX2, observation));
    vec![
        Row {
            line: "MTA-STS: enforce, kept at mx1.example.org",
            ..row("enforce, kept", policy(Enforce, Vec::new()), vec![covered(Enforce, good())])
        },
        enforced(
            "enforce, a host that is not covered",
            vec![covered(Enforce, good()), other(healthy(Service::Smtp))],
            "Senders who check MTA-STS defer mail to mx2.example.org now: no `mx` line of the domain's policy covers that name.",
            "MTA-STS: enforce, and mx2.example.org is not covered by the policy",
        )
        .with_verdicts(&[Pass, Fail]),
        enforced(
            "enforce, a certificate that is self-signed",
            vec![covered(Enforce, self_signed())],
            "Senders who check MTA-STS defer mail to mx1.example.org now: the certificate of port 25 at 192.0.2.5 is \
             self-signed.",
            "mx1.example.org shows a certificate that is not valid",
        )
        .with_exit_code(14),
        enforced(
            "enforce, no STARTTLS",
            vec![covered(Enforce, without_tls())],
            "Senders who check MTA-STS defer mail to mx1.example.org now: port 25 at 192.0.2.5 does not offer STARTTLS.",
            "has no TLS for senders",
        )
        .with_exit_code(12),
        Row {
            outcomes: &[(OfMtaSts, Broken), (OfDane, Kept)],
            promises: Promises { mta_sts: policy(Enforce, Vec::new()).mta_sts, ..promises(vec![signed(MX, &[tlsa(0xcc)])]) },
            ..enforced(
                "a match is nothing to senders who check MTA-STS alone",
                vec![matching(covered(Enforce, self_signed()))],
                "Senders who check MTA-STS defer mail to mx1.example.org now",
                "not valid",
            )
            .with_exit_code(14)
        },
        Row {
            outcomes: only_broken,
            verdicts: &[Warn],
            target: Warn,
            first: "Port 25 works, with warnings: the certificate is self-signed and the certificate is not valid",
            line: "MTA-STS: testing, and mx1.example.org shows a certificate that is not valid",
            ..row("testing, a bad certificate", policy(Testing, Vec::new()), vec![covered(Testing, self_signed())])
        },
        Row {
            outcomes: only_broken,
            verdicts: &[Pass, Warn],
            target: Warn,
            line: "testing, and mx2.example.org is not covered",
            ..row(
                "testing, a host that is not covered",
                policy(Testing, Vec::new()),
                vec![covered(Testing, good()), covered(Testing, mx(MX2, healthy(Service::Smtp)))],
            )
        },
        Row {
            outcomes: &[(OfMtaSts, Not)],
            line: "mode none, so senders act as if there were no policy",
            ..row("mode none", policy(MtaStsMode::None, Vec::new()), vec![covered(MtaStsMode::None, good())])
        },
        Row {
            line: "enforce, kept",
            ..row(
                "a remark fails nothing",
                policy(Enforce, vec![PolicyFault::ShortLife(60), PolicyFault::Unknown("x\u{7}".to_owned())]),
                vec![covered(Enforce, good())],
            )
        },
        Row {
            outcomes: &[(OfMtaSts, CannotTell)],
            line: "cannot tell, since the record at _mta-sts.example.org could not be looked up",
            ..row("a record that was not looked up", sts(failed_record(), None), vec![good()])
        },
        warned(
            "a record with two of its kind",
            sts(faulty_record(RecordFault::Several(2)), None),
            only_broken,
            "senders act as if there were no policy",
        ),
        warned(
            "a policy behind a redirect",
            unfetched(PolicyFailure::Redirect("https://elsewhere.example".to_owned())),
            only_broken,
            "the policy cannot be fetched",
        ),
        warned(
            "a policy that is none",
            unfetched(PolicyFailure::Unusable(vec![PolicyFault::NotAPolicy(None)])),
            only_broken,
            "the policy cannot be used",
        ),
        Row {
            outcomes: &[(TlsRpt, Kept)],
            line: "TLS reporting: reports go to mailto:tls@example.org",
            ..row("reports", reporting(text(vec!["mailto:tls@example.org".to_owned()])), vec![good()])
        },
        Row {
            outcomes: &[(TlsRpt, Kept)],
            line: "TLS reporting: reports go to 1 place",
            ..row("a hostile address", reporting(text(vec!["mailto:\u{1b}[2J@example.org".to_owned()])), vec![good()])
        },
        warned(
            "a bad record for reports",
            reporting(faulty_record(RecordFault::Missing("rua"))),
            &[(TlsRpt, Broken)],
            "so no reports come",
        ),
        Row {
            outcomes: &[(Pacc, Kept)],
            line: "the file and its digest agree",
            ..row("a digest that agrees", settings(7, Ok(Vec::new()), Some(7)), vec![good()])
        },
        warned(
            "a stale digest",
            settings(7, Ok(Vec::new()), Some(8)),
            &[(Pacc, Broken)],
            "the published digest is not that of the file",
        ),
        warned(
            "a file that cannot be fetched",
            settings(7, Err(AgentConfigFailure::Unreachable("404".to_owned())), None),
            &[(Pacc, Broken)],
            "cannot be fetched",
        ),
        Row {
            outcomes: &[(Pacc, CannotTell)],
            line: "cannot tell, since the file could not be asked for from here: no route",
            ..row(
                "a file that nobody was asked for",
                settings(7, Err(AgentConfigFailure::NotFromHere("no route".to_owned())), None),
                vec![good()],
            )
        },
        Row {
            outcomes: &[(Pacc, CannotTell)],
            line: "cannot tell, since the file had not come by the end of the check",
            ..row("a file that was given up", given_up(), vec![good()])
        },
        warned(
            "a file that is none",
            settings(7, Err(AgentConfigFailure::Unusable("no JSON".to_owned())), Some(7)),
            &[(Pacc, Broken)],
            "the file cannot be used",
        ),
    ]
}

/// Settings that were not waited for any longer.
fn given_up() -> Promises {
    let mut promises = settings(7, Ok(Vec::new()), None);
    promises.agent_config.as_mut().expect("settings").servers = None;
    promises
}
