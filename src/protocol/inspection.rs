//! The marks that an inspecting firewall leaves in an SMTP dialogue (Cisco's `inspect esmtp` and its like).

use super::Conversation;

/// Fewer asterisks or X than this may be decoration.
const SHORTEST_MASK: usize = 4;

impl Conversation {
    /// What looks rewritten: a greeting of asterisks, a keyword replaced by X.
    pub fn marks_of_inspection(&self) -> Option<String> {
        let greeting = self.greeting.iter().flat_map(|reply| reply.lines.iter()).find(|line| is_starred(line));
        let keyword = self.plaintext.iter().flat_map(|list| list.keywords.iter()).find(|word| is_masked(word));
        let (greeting, keyword) =
            (greeting.map(|line| format!("greeting: {line}")), keyword.map(|word| format!("offered: {word}")));
        let marks: Vec<String> = greeting.into_iter().chain(keyword).collect();
        (!marks.is_empty()).then(|| marks.join("; "))
    }
}

/// `220 ****2**0**`: nothing but asterisks, `2`, `0` and blanks after the code.
fn is_starred(line: &str) -> bool {
    let text = line.get(3..).unwrap_or_default();
    let stars = text.chars().filter(|&c| c == '*').count();
    stars >= SHORTEST_MASK && text.chars().all(|c| matches!(c, '*' | '2' | '0' | ' ' | '-'))
}

/// `XXXXXXXA`: a run of X in a keyword's place, often with an A at its end.
fn is_masked(keyword: &str) -> bool {
    let word = keyword.split([' ', '=']).next().unwrap_or_default();
    let run = word.strip_suffix('A').unwrap_or(word);
    run.len() >= SHORTEST_MASK && run.bytes().all(|byte| byte == b'X')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_told_from_words() {
        assert!(is_masked("XXXXXXXA"));
        assert!(is_masked("XXXXXXXX"));
        assert!(!is_masked("XVERP=Courier"));
        assert!(!is_masked("XEXDATA"));
        assert!(!is_masked("XXA"));
        assert!(is_starred("220 *****************2******0*2*"));
        assert!(!is_starred("220 **** welcome ****"));
        assert!(!is_starred("220 2020"));
    }
}
