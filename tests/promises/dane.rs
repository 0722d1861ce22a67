use std::process::Command;

use crate::netns::in_own_network;
use crate::row::Row;
use crate::world::{World, is_possible, numbered};
use crate::rows;

#[test]
fn every_row_beside_the_reference_tools() {
    const TEST: &str = "dane::every_row_beside_the_reference_tools";
    if !is_possible(TEST) {
        return;
    }
    in_own_network(TEST, || {
        let rows: Vec<Row> = rows::all().into_iter().flat_map(|(_, rows)| rows).collect();
        let world = World::open(TEST, &rows);
        let dump = std::env::var("DUMP").unwrap_or("/tmp/resolved-trial/dump".to_owned());
        let mut out = String::new();
        for (number, row) in numbered(&rows) {
            let mut run = |line: String| {
                let begin = std::time::Instant::now(); let o = Command::new("sh").args(["-c", &line]).current_dir(world.folder()).output().unwrap();
                out += &format!("$ {line}\n{}{}-> {:?} {:?}\n", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr), o.status.code(), begin.elapsed());
            };
            run(format!("echo '==== {} {} {}'", number, row.domain, row.published()));
            run(format!("unshare --user --map-user=1000 -- posttls-finger -c -l dane -F ca.pem -o inet_protocols=ipv4 -L summary,certmatch {}", row.domain));
            for (address, place) in row.addresses(number).zip(&row.places) {
                run(format!("openssl s_client -starttls smtp -connect {address}:25 -showcerts </dev/null 2>/dev/null | sed -n '/BEGIN CERT/,/END CERT/p' > {address}.pem"));
                run(format!("ldns-dane -T -f ca.pem -c {address}.pem verify {} 25", place.host));
            }
        }
        std::fs::write(dump, out).unwrap();
        if let Ok(script) = std::env::var("SCRIPT") {
            let _ = Command::new("sh").args(["-c", &script]).current_dir(world.folder()).status();
        }
    });
}
