//! A second look at a server that says nothing where plaintext is expected: does it wait for a TLS hello?

use std::net::SocketAddr;

use super::beside::Timing;
use super::closing::Closing;
use super::deadlines::Deadlines;
use super::driver::Conduct;
use super::inside_tls::what_speaks;
use super::prober::Prober;
use super::pump::Opening;
use super::recorder::Recorder;
use super::vigil::Vigil;
use crate::observation::{Attempt, Purpose, handshake_done};
use crate::target::Endpoint;
use crate::transport::tls::Hello;

impl Prober {
    /// Offers TLS. An answer explains the silence: TLS, or the words of a server of another kind that waits for its client.
    pub(super) async fn offer_tls(
        &self,
        timing: Timing,
        vigil: &Vigil,
        endpoint: &Endpoint,
        server: SocketAddr,
        deadlines: &Deadlines<'_>,
    ) -> Attempt {
        let deadlines = deadlines.beside(if timing == Timing::Beside { 2 } else { 1 });
        let mut recorder = Recorder::new(Purpose::OfferTls, self.options.transcript(), None);
        let mut closing = Closing::default();
        let conduct = Conduct { opening: Opening::Handshake(Hello::Classic), vigil: None, is_first: false };
        let attempt = self.attempt(endpoint, server, &deadlines, &mut recorder, &mut closing, conduct);
        let result = vigil.unless_settled(attempt).await;
        let look = recorder.end(result);
        if handshake_done(&look) || what_speaks(&look.first_bytes).is_some() {
            vigil.explain();
        }
        closing.done().await;
        look
    }
}
