//! When a certificate is said to expire soon, in handshakes: never before the last quarter of its life.

use crate::cases::Case;
use crate::maker::{NAME, root, valid};
use crate::{Shown, judged};

/// The life, the days that are left, and whether that is soon. There is an hour more than the days.
const DAYS: [(i64, i64, bool); 14] = [
    (6, 5, false),
    (6, 2, false),
    (6, 1, true),
    (10, 9, false),
    (10, 3, false),
    (10, 2, true),
    (14, 13, false),
    (14, 3, true),
    (47, 12, false),
    (47, 11, true),
    (90, 14, false),
    (90, 13, true),
    (200, 14, false),
    (200, 13, true),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_expires_soon_in_its_last_quarter_and_not_before() {
    for (life, left, is_soon) in DAYS {
        let root = root("root", |_| ());
        let leaf = root.leaf(|params| valid(params, left - life, left));
        let case =
            Case { what: String::new(), host: NAME, chain: vec![leaf.der], key: leaf.key, trusted: Some(root.der) };
        let Shown { code, text } = judged(&case, &[]).await;
        assert_eq!(code, 0, "{text}");
        assert_eq!(text.contains("The certificate expires in"), is_soon, "{life} days, {left} left: {text}");
        assert_eq!(judged(&case, &["--strict"]).await.code == 0, !is_soon, "{life} days, {left} left");
        // Whoever says how many days are enough is asked for no more.
        let enough = judged(&case, &["--strict", "--min-days", "1"]).await;
        assert_eq!(enough.code, 0, "{life} days, {left} left: {}", enough.text);
    }
}
