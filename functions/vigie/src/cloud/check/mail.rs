//! SES: whether it sends, from whom, and to whom.

use aws_sdk_ses::Client;
use aws_sdk_ses::types::VerificationStatus;
use vigie_config::Config;

use super::super::{Stack, fault};
use crate::commands::check::tried::Tried;

/// What SES lets an account send a day until somebody asked for more: it is in the sandbox.
const SANDBOX_A_DAY: f64 = 200.0;

/// Looks at who may send, and how much.
pub(super) async fn run(stack: &Stack, config: &Config) -> Vec<Tried> {
    let client = Client::new(&stack.shared);
    let mut tried = Vec::new();
    match client.get_send_quota().send().await {
        Ok(quota) => tried.push(quota_told(quota.max24_hour_send, quota.sent_last24_hours)),
        Err(error) => {
            let (what, hint) = fault::explained("ses:GetSendQuota", &error);
            return vec![Tried::no("ses", what, hint)];
        }
    }
    // Where this may not be asked, the quota and the first message tell.
    if let Ok(answer) = client.get_account_sending_enabled().send().await
        && !answer.enabled
    {
        let hint = "SES paused it after bounces or complaints: look at its reputation dashboard";
        tried.push(Tried::no("ses", "sending is paused for this account", hint));
    }
    if let Some(mail) = &config.mail {
        tried.push(sender(&client, &mail.from.email).await);
    }
    tried
}

fn quota_told(a_day: f64, sent: f64) -> Tried {
    if a_day > 0.0 && a_day <= SANDBOX_A_DAY {
        let told = format!("SES is in its sandbox: {a_day} messages a day, to verified addresses");
        return Tried::no("ses", told, "ask for production access in the console of SES");
    }
    // -1 means without limit.
    if a_day > 0.0 && sent >= a_day * 0.9 {
        let told = format!("{sent} of {a_day} messages of the last 24 hours are used");
        return Tried::no("ses", told, "ask SES for a higher quota");
    }
    Tried::works("ses", format!("{sent} sent in 24 hours"))
}

/// An address may send where it is verified, or its domain, or one above that.
async fn sender(client: &Client, from: &str) -> Tried {
    let identities = identities(from);
    let asked = client.get_identity_verification_attributes();
    let answer = match asked.set_identities(Some(identities.clone())).send().await {
        Ok(answer) => answer.verification_attributes,
        Err(error) => {
            let action = "ses:GetIdentityVerificationAttributes";
            let (what, hint) = fault::explained(action, &error);
            return Tried::no("sender", what, hint);
        }
    };
    let is_verified = |name: &&String| {
        let found = answer.get(*name);
        found.is_some_and(|found| found.verification_status == VerificationStatus::Success)
    };
    if let Some(name) = identities.iter().find(is_verified) {
        return Tried::works("sender", format!("{name} is verified"));
    }
    let hint = "verify the address or its domain in the console of SES, in this region";
    Tried::no("sender", format!("SES does not know {from}: it sends nothing from it"), hint)
}

/// The address, and its domains from the nearest up.
fn identities(from: &str) -> Vec<String> {
    let mut all = vec![from.to_owned()];
    let mut domain = from.rsplit_once('@').map(|(_, domain)| domain);
    while let Some(name) = domain.filter(|name| name.contains('.')) {
        all.push(name.to_owned());
        domain = name.split_once('.').map(|(_, above)| above);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sandbox_and_a_used_up_quota_are_told() {
        assert!(quota_told(200.0, 0.0).fails());
        assert!(quota_told(50_000.0, 45_000.0).fails());
        assert!(!quota_told(50_000.0, 44_000.0).fails());
        assert!(!quota_told(-1.0, 44_000.0).fails());
    }

    #[test]
    fn an_address_sends_by_its_own_name_or_by_a_domain_above() {
        assert_eq!(
            identities("sara@mail.vigie.example"),
            ["sara@mail.vigie.example", "mail.vigie.example", "vigie.example"]
        );
    }
}
