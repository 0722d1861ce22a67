//! What is expected of a domain's promises, through the binary.

use mailprobe_lab::dns::Zone;

use crate::netns::in_own_network;
use crate::site::{DOMAIN, Site, finding, is, target};

#[test]
fn a_promise_that_is_expected_and_not_made_fails_a_domain_that_works() {
    const TEST: &str = "promises::a_promise_that_is_expected_and_not_made_fails_a_domain_that_works";
    in_own_network(TEST, || {
        let zone = Zone::new().mx(DOMAIN, 10, "mx.example.test").a("mx.example.test", [127, 0, 0, 10]);
        let site = Site::new(TEST, zone.clone(), &[("smtp:starttls", "127.0.0.10:25")]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "pass", 0);
        assert!(target(&document)["policies"].is_object(), "{document:#}");

        let (done, document) = site.check(&["--expect-policies", "tls-rpt", "@example.test"]);
        is(&done, &document, "fail", 16);
        let told = finding(&document, "expectation-not-met")["message"].as_str().unwrap_or_default();
        assert!(told.starts_with("TLS reporting was expected"), "{told}");
        let nagios = site.show(&["--expect-policies", "tls-rpt", "--format", "nagios", "@example.test"]);
        assert!(nagios.stdout.contains("TLS reporting was expected"), "{}", nagios.stdout);

        let (done, document) = site.check(&["--no-policies", "@example.test"]);
        is(&done, &document, "pass", 0);
        assert!(target(&document)["policies"].is_null(), "{document:#}");
        drop(site);

        // The lab's name server hands out no signatures: what fails anyway tells more than what cannot be told.
        let site = Site::new(TEST, zone, &[]);
        let (done, document) = site.check(&["--expect-policies", "dane", "@example.test"]);
        is(&done, &document, "fail", 5);
    });
}
