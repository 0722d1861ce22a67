//! The library in twenty lines: `cargo run --example library -- mail.example.org`

use std::error::Error;
use std::io::Write as _;

use mailprobe::{Checker, Target};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let targets = std::env::args().skip(1).map(|typed| typed.parse::<Target>()).collect::<Result<Vec<_>, _>>()?;
    let report = Checker::builder().build()?.check(targets).await;
    let mut output = std::io::stdout().lock();
    for endpoint in report.targets.iter().flat_map(|target| &target.endpoints) {
        let place = &endpoint.observation.endpoint;
        writeln!(output, "{}:{} {} ({})", place.host, place.port, endpoint.diagnosis.state, endpoint.verdict)?;
        for finding in &endpoint.diagnosis.findings {
            writeln!(output, "    {} {}", finding.message, finding.hint.as_deref().unwrap_or_default())?;
        }
    }
    Ok(())
}
