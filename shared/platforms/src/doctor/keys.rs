//! The keys that a secret's text may stand for.

use secrecy::{ExposeSecret, SecretString};

use crate::signature::{
    HashKind, KeyedMac, Scheme, SecretForm, WHSEC, unbase64, unbase64_url, unhex,
};

/// A key, made ready for the hashes that are needed.
pub(super) struct KeyForm {
    pub(super) macs: Vec<(HashKind, KeyedMac)>,
    /// How the secret was used, where not as the scheme says.
    pub(super) name: Option<&'static str>,
}

/// Every key of a secret, the scheme's own first.
pub(super) fn key_forms(
    scheme: &Scheme,
    secret: &SecretString,
    hashes: &[HashKind],
) -> Vec<KeyForm> {
    let mut known: Vec<Vec<u8>> = Vec::new();
    let mut all = Vec::new();
    for (name, bytes) in forms(scheme, secret) {
        let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty() && !known.contains(bytes)) else {
            continue;
        };
        let ready = |hash: &HashKind| Some((*hash, KeyedMac::new(*hash, &bytes)?));
        all.push(KeyForm { macs: hashes.iter().filter_map(ready).collect(), name });
        known.push(bytes);
    }
    all
}

type Form = (Option<&'static str>, Option<Vec<u8>>);

fn forms(scheme: &Scheme, secret: &SecretString) -> Vec<Form> {
    let text = secret.expose_secret();
    let bare = text.trim().strip_prefix(WHSEC).unwrap_or(text.trim());
    let unquoted = text.trim().trim_matches(['"', '\'']);
    let form = match scheme {
        Scheme::Hmac(hmac) => hmac.secret,
        _ => SecretForm::Whsec,
    };
    let some = |bytes: &str| Some(bytes.as_bytes().to_vec());
    vec![
        (None, form.key(secret).ok()),
        (Some("the secret as it stands, not decoded"), some(text)),
        (Some("the secret without the white space around it"), some(text.trim())),
        (Some("the secret with a newline behind it"), some(&format!("{}\n", text.trim()))),
        (Some("the secret without the quotes around it"), some(unquoted)),
        (Some("the secret without whsec_, not decoded"), some(bare)),
        (
            Some("the secret decoded from base64"),
            unbase64(bare.as_bytes()).or_else(|| unbase64_url(bare.as_bytes())),
        ),
        (Some("the secret decoded from hex"), unhex(bare.as_bytes())),
    ]
}
