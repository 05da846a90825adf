//! The diagnosis as a person reads it.

use std::fmt::Write as _;

use super::bodies::AS_RECEIVED;
use super::{Diagnosis, NearMiss};

impl Diagnosis {
    /// The diagnosis in lines. `title` names what was looked at (a source or a preset), `labels`
    /// say where each secret comes from (`env:LUMEN_JM`), in their order: a reference, never a
    /// secret.
    ///
    /// ```
    /// use vigie_platforms::{Preset, Request, diagnose, headers};
    /// let scheme = Preset::by_id("judgeme").unwrap().scheme();
    /// let request = Request { headers: &Default::default(), path_token: None, body: b"{}" };
    /// let diagnosis = diagnose(scheme, &request, &["s".into()], jiff::Timestamp::UNIX_EPOCH);
    /// let text = diagnosis.human("lumen-judgeme", &["env:LUMEN_JM".to_owned()]);
    /// assert!(text.starts_with("lumen-judgeme: HMAC-SHA256 of the raw body, hex, in JUDGEME"));
    /// assert!(text.contains("no    secret 1 of 1  (env:LUMEN_JM)"));
    /// ```
    pub fn human(&self, title: &str, labels: &[String]) -> String {
        let outcome = self.reason.map_or("verifies".to_owned(), |code| format!("refused: {code}"));
        let short = self.body_sha256.get(..8).unwrap_or_default();
        let mut out = format!("{title}: {}\n", self.scheme);
        let _ = writeln!(out, "{} bytes, sha256 {short}…, {outcome}\n", self.body_bytes);
        for check in &self.checks {
            let mark = if check.ok { "ok" } else { "no" };
            let label = check.secret.and_then(|number| labels.get(number.checked_sub(1)?));
            let label = label.map(|label| format!("  ({label})")).unwrap_or_default();
            let _ = writeln!(out, "{mark}    {}{label}", check.text);
        }
        out.push('\n');
        out.push_str(&self.verdict());
        let _ = writeln!(
            out,
            "Send    this text holds no secret and no review: it can go to their support"
        );
        out
    }

    fn verdict(&self) -> String {
        if let Some(secret) = self.secret {
            return format!("It verifies, with secret {secret}.\n");
        }
        if self.reason == Some("timestamp-outside-tolerance") {
            return "The signature is right; only its time is too far from ours.\n\
                    Do      set this machine's clock, or ask the sender whether a retry is \
                    signed anew\n"
                .to_owned();
        }
        if self.reason == Some("signature-missing") && self.would_verify.is_none() {
            return "There is nothing to compare: no signature came.\n\
                    Do      give the sender the secret, and look for a proxy that drops headers\n"
                .to_owned();
        }
        let tried = self.near_misses_tried;
        let Some(near) = &self.would_verify else {
            return format!(
                "{tried} near misses tried. None matches: the secret is another, or the body changed beyond \
                 what can be guessed.\n\
                 Prove   ask the sender for the sha256 of what it sent; here it arrived as {}\n",
                self.body_sha256
            );
        };
        let mut out =
            format!("{tried} near misses tried. One matches:\n      {}\n\n", near.sentence());
        for (label, line) in near.advice() {
            let _ = writeln!(out, "{label:<8}{line}");
        }
        let _ = writeln!(
            out,
            "{:<8}ask the sender for the sha256 of what it sent; here it arrived as {}",
            "Prove", self.body_sha256
        );
        out
    }
}

impl NearMiss {
    fn sentence(&self) -> String {
        let mut parts = vec![format!("secret {}", self.secret)];
        parts.extend(self.key.map(|key| format!("with {key}")));
        parts.extend(self.header.as_ref().map(|name| format!("in the header {name}")));
        if self.encoding != "text" {
            parts.push(format!("in {}", self.encoding));
        }
        match self.prefix.as_deref() {
            Some("") => parts.push("without a prefix".to_owned()),
            Some(prefix) => parts.push(format!("behind the prefix {prefix}")),
            None => {}
        }
        parts.extend(self.hash.map(|hash| format!("with {hash}")));
        parts.extend(self.signed.as_ref().map(|signed| format!("signed as {signed}")));
        let rewritten = self.body.starts_with("the ");
        parts.push(format!("over {}{}", if rewritten { "" } else { "the body " }, self.body));
        parts.join(", ")
    }

    fn advice(&self) -> Vec<(&'static str, &'static str)> {
        let mut all = Vec::new();
        if self.body != AS_RECEIVED {
            all.push(("So", "the secret is right and the bytes were changed on the way"));
            all.push(("Do", "let the proxy pass the body through untouched (docs/proxy.md)"));
        }
        if self.key.is_some() {
            all.push((
                "Do",
                "write the secret as the scheme wants it, or state its form in the preset",
            ));
        }
        let differs = self.header.is_some()
            || self.prefix.is_some()
            || self.hash.is_some()
            || self.signed.is_some();
        if differs || (self.body == AS_RECEIVED && self.key.is_none()) {
            all.push((
                "Do",
                "the sender signs otherwise than this preset says: mend the preset, or the sender",
            ));
        }
        all
    }
}
