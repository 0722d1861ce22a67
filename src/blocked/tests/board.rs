//! When a silent port 25 is worth a look. Time is paused: it passes as the board waits.

use super::*;

const RELAY: &str = "192.0.2.25:25";
const OTHER: &str = "192.0.2.26:465";

fn server(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_port_25_is_overdue_by_what_other_connections_took() {
    let (board, began) = (Board::default(), Instant::now());
    board.connects((0, 0), server(RELAY));
    board.connects((1, 0), server(OTHER));
    tokio::time::sleep(Duration::from_millis(200)).await;
    board.is_connected((1, 0));
    assert_eq!(board.overdue(true).await, Some(server(RELAY).ip()));
    assert_eq!(began.elapsed().as_millis() / 10, 60);
    assert_eq!(board.enough(true), Duration::from_millis(1400));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_overdue_where_nothing_else_answers_or_all_is_done() {
    let board = Board::default();
    board.connects((0, 0), server(RELAY));
    board.is_open(server("[2001:db8::1]:443"), Duration::from_millis(10));
    let waiting = tokio::time::timeout(Duration::from_secs(60), board.overdue(true)).await;
    assert!(waiting.is_err(), "only the other family answers: {waiting:?}");
    board.relays_are_done();
    assert_eq!(board.overdue(true).await, None);
}

#[tokio::test(start_paused = true)]
async fn who_answered_is_not_overdue_at_a_second_look() {
    let board = Board::default();
    board.is_open(server(OTHER), Duration::from_millis(10));
    board.connects((0, 0), server(RELAY));
    board.is_connected((0, 0));
    board.connects((0, 0), server(RELAY));
    assert!(tokio::time::timeout(Duration::from_secs(60), board.overdue(true)).await.is_err());
}
