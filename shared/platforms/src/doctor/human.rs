//! The diagnosis as a person reads it.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Diagnosis, NearMiss};

/// A request that was kept when it was refused.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// The id that its answer and the log carry.
    pub request: &'a str,
    /// When it came.
    pub at: Timestamp,
    /// The code with which it was refused then.
    pub reason: &'a str,
}

/// Columns of a paragraph.
const COLUMNS: usize = 80;

impl Diagnosis {
    /// The diagnosis in lines. `title` names what was looked at (a source or a preset), `labels`
    /// say where each secret comes from (`env:LUMEN_JM`), in their order: a reference, never a
    /// secret. `kept` is there if the server kept the request.
    ///
    /// ```
    /// use vigie_platforms::{Preset, Request, diagnose, headers};
    /// let scheme = Preset::by_id("judgeme").unwrap().scheme();
    /// let request = Request { headers: &Default::default(), path_token: None, body: b"{}" };
    /// let diagnosis = diagnose(scheme, &request, &["s".into()], jiff::Timestamp::UNIX_EPOCH);
    /// let text = diagnosis.human("lumen-judgeme", &["env:LUMEN_JM".to_owned()], None);
    /// assert!(text.starts_with("lumen-judgeme: HMAC-SHA256 of the raw body, hex, in JUDGEME"));
    /// assert!(text.contains("no    secret 1 of 1  (env:LUMEN_JM)"));
    /// ```
    pub fn human(&self, title: &str, labels: &[String], kept: Option<Kept<'_>>) -> String {
        let mut out = format!("{title}: {}\n", self.scheme);
        if let Some(kept) = kept {
            let at = kept.at.strftime("%-d %b %Y %H:%M:%S UTC");
            let _ = write!(out, "Request {} of {at}, ", kept.request);
        }
        let reason = kept.map(|kept| kept.reason).or(self.reason);
        let outcome = reason.map_or("verifies".to_owned(), |code| format!("refused: {code}"));
        let short = self.body_sha256.get(..8).unwrap_or_default();
        let _ = writeln!(out, "{} bytes, sha256 {short}…, {outcome}\n", self.body_bytes);
        for check in &self.checks {
            let mark = if check.ok { "ok" } else { "no" };
            let label = check.secret.and_then(|number| labels.get(number.checked_sub(1)?));
            let label = label.map(|label| format!("  ({label})")).unwrap_or_default();
            let _ = writeln!(out, "{mark}    {}{label}", check.text);
        }
        out.push('\n');
        self.verdict(&mut out, kept);
        labelled(
            &mut out,
            "Send",
            "this text holds no secret and no review: it can go to their support",
        );
        out
    }

    fn verdict(&self, out: &mut String, kept: Option<Kept<'_>>) {
        if let Some(secret) = self.secret {
            let _ = writeln!(out, "It verifies, with secret {secret}.");
            if let Some(kept) = kept {
                after_all(out, kept.reason);
            }
            return;
        }
        match &self.would_verify {
            Some(near) => self.one_matches(out, near),
            None => self.none_matches(out),
        }
    }

    fn one_matches(&self, out: &mut String, near: &NearMiss) {
        let tried = self.near_misses_tried;
        let misses = if tried == 1 { "near miss" } else { "near misses" };
        let _ = writeln!(out, "{tried} {misses} tried. One matches:\n      {}\n", near.sentence());
        if self.conflicting && near.conclusion().is_empty() {
            paragraph(
                out,
                "So the secret is right, and the header came several times with different values: \
                 something between the sender and Vigie adds one.",
            );
            labelled(out, "Do", "let the header pass as it came, once (docs/proxy.md)");
        }
        paragraph(out, &near.conclusion());
        for line in near.advice() {
            labelled(out, "Do", line);
        }
        self.prove(out);
    }

    fn none_matches(&self, out: &mut String) {
        match self.reason {
            Some("timestamp-outside-tolerance") => {
                paragraph(out, "The signature is right; only its time is too far from ours.");
                let clock = "set this machine's clock, or ask the sender whether a retry is \
                             signed anew";
                return labelled(out, "Do", clock);
            }
            Some("signature-missing") if !self.stopped_early => {
                paragraph(out, "There is nothing to compare: no signature came.");
                let give = "give the sender the secret, and look for a proxy that drops headers";
                return labelled(out, "Do", give);
            }
            _ => {}
        }
        let tried = self.near_misses_tried;
        let early = if self.stopped_early {
            " The search stopped early, since the body is large: one that was not tried may match; \
             a smaller request tells more."
        } else {
            ""
        };
        let told = match tried {
            0 => "No header holds anything that can be a signature of this scheme.".to_owned(),
            _ => format!(
                "{tried} near misses tried. None matches: the secret is another, or the body \
                 changed beyond what can be guessed.{early}"
            ),
        };
        paragraph(out, &told);
        labelled(out, "Do", "compare the secret with the one that the platform shows");
        self.prove(out);
    }

    fn prove(&self, out: &mut String) {
        let ask = "ask the sender for the sha256 of what it sent; here it arrived as";
        labelled(out, "Prove", &format!("{ask} {}", self.body_sha256));
    }
}

/// Why a request that verifies was refused when it came.
fn after_all(out: &mut String, reason: &str) {
    let (told, act) = match reason {
        "malformed-payload" => (
            "It was refused for its body, which is not JSON or nests deeper than 64.",
            "ask the sender for the payload that it documents",
        ),
        "unknown-source" => (
            "It was refused for its address, which ends in a token: this source signs and has none.",
            "have the platform post to the source's address alone, /hooks/SOURCE",
        ),
        _ => (
            "It did not when it came: since then the secrets, the preset or the clock changed.",
            "have the platform send again",
        ),
    };
    paragraph(out, told);
    labelled(out, "Do", act);
}

fn labelled(out: &mut String, label: &str, line: &str) {
    let _ = writeln!(out, "{label:<8}{line}");
}

/// Writes a text in lines of a page's width.
fn paragraph(out: &mut String, text: &str) {
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        match column {
            0 => {}
            _ if column + 1 + width > COLUMNS => {
                out.push('\n');
                column = 0;
            }
            _ => {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += width;
    }
    if column > 0 {
        out.push('\n');
    }
}
