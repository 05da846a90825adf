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
    /// let request =
    ///     Request { headers: &Default::default(), path_token: None, query: None, body: b"{}" };
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
        let verdict = self.verdict(kept);
        out += &verdict.text;
        if verdict.prove {
            let ask = "ask the sender for the sha256 of what it sent; here it arrived as";
            labelled(&mut out, "Prove", &format!("{ask} {}", self.body_sha256));
        }
        labelled(
            &mut out,
            "Send",
            "this text holds no secret and no review: it can go to their support",
        );
        out
    }

    /// What to know and to do, in a few lines without a blank one: what [`Self::human`] ends in.
    ///
    /// ```
    /// use vigie_platforms::{Preset, Request, diagnose, headers};
    /// let scheme = Preset::by_id("generic-hmac").unwrap().scheme();
    /// let headers = headers::parse(
    ///     "X-Signature-256: d7a154547e7c35e31c4c820e20237650939c3d34dae136e30a7757ca61abb4cf",
    /// ).unwrap();
    /// let body = b"Test Payload Body";
    /// let request = Request { headers: &headers, path_token: None, query: None, body };
    /// let now = jiff::Timestamp::UNIX_EPOCH;
    /// let text = diagnose(scheme, &request, &["Convoy".into()], now).in_brief(None);
    /// assert!(text.contains("secret 1, without a prefix, over the body as received\nSo "));
    /// assert!(text.contains("Do      mend the sender or the preset"));
    /// ```
    pub fn in_brief(&self, kept: Option<Kept<'_>>) -> String {
        let text = self.verdict(kept).text;
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    fn verdict(&self, kept: Option<Kept<'_>>) -> Verdict {
        let mut out = String::new();
        let prove = if self.verifies {
            let with =
                self.secret.map_or("a key that the platform publishes".to_owned(), |number| {
                    format!("secret {number}")
                });
            let _ = writeln!(out, "It verifies, with {with}.");
            if let Some(kept) = kept {
                after_all(&mut out, kept.reason);
            }
            false
        } else if let Some(near) = &self.would_verify {
            self.one_matches(&mut out, near);
            true
        } else {
            self.none_matches(&mut out)
        };
        Verdict { text: out, prove }
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
    }

    /// Gives whether the body's digest would tell more.
    fn none_matches(&self, out: &mut String) -> bool {
        match self.reason {
            Some("timestamp-outside-tolerance") => {
                paragraph(out, "The signature is right; only its time is too far from ours.");
                let clock = "set this machine's clock, or ask the sender whether a retry is \
                             signed anew";
                labelled(out, "Do", clock);
                return false;
            }
            Some("signature-missing") if !self.stopped_early => {
                paragraph(out, "There is nothing to compare: no signature came.");
                let give = "give the sender the secret, and look for a proxy that drops headers";
                labelled(out, "Do", give);
                return false;
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
        true
    }
}

/// What follows from the checks.
struct Verdict {
    text: String,
    /// Whether to compare the body's digest with the sender's.
    prove: bool,
}

/// Why a request that verifies was refused when it came.
fn after_all(out: &mut String, reason: &str) {
    let (told, act) = match reason {
        "malformed-payload" => (
            "It was refused for its body, which is not JSON or nests deeper than 64.",
            "ask the sender for the payload that it documents",
        ),
        "unknown-source" => (
            "It was refused for its address, which ends in a token: this source signs, and has \
             none.",
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
