//! Whole messages, as people read them. Read a changed snapshot aloud before you accept it.

use vigie_domain::Locale;
use vigie_render::{
    LadderKind, Message, alert, ladder, operator, praise, report, roundup, sample, waited,
};

fn shown(message: &Message) -> String {
    format!("Subject: {}\n\n{}", message.subject, message.text)
}

fn three(locale: Locale) -> Message {
    let views = [sample::alert(locale), sample::critical(locale), sample::again(locale)];
    waited(&views).unwrap_or_else(|| alert(&views[0]))
}

macro_rules! snapshots {
    ($($name:ident => $message:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(shown(&$message));
        }
    )*};
}

snapshots! {
    alert_in_french => alert(&sample::alert(Locale::Fr));
    alert_in_english => alert(&sample::alert(Locale::En));
    critical_alert_in_french => alert(&sample::critical(Locale::Fr));
    critical_alert_in_english => alert(&sample::critical(Locale::En));
    alert_to_somebody_who_had_one => alert(&sample::again(Locale::Fr));
    alert_on_a_bare_rating => alert(&sample::awkward_alerts(Locale::Fr)[0]);
    alert_on_trial_in_french => alert(&sample::on_trial(Locale::Fr));
    alert_on_trial_in_english => alert(&sample::on_trial(Locale::En));
    alerts_that_waited_in_french => three(Locale::Fr);
    alerts_that_waited_in_english => three(Locale::En);
    praise_in_french => praise(&sample::praise(Locale::Fr, 2));
    praise_in_english => praise(&sample::praise(Locale::En, 1));
    roundup_in_french => roundup(&sample::roundup(Locale::Fr));
    roundup_in_english => roundup(&sample::roundup(Locale::En));
    roundup_of_a_quiet_week_in_french => roundup(&sample::quiet_roundup(Locale::Fr));
    reminder_in_french => ladder(&sample::ladder(Locale::Fr, LadderKind::Reminder, 1));
    reminder_in_english => ladder(&sample::ladder(Locale::En, LadderKind::Reminder, 2));
    escalation_in_french => ladder(&sample::ladder(Locale::Fr, LadderKind::Escalation, 2));
    escalation_in_english => ladder(&sample::ladder(Locale::En, LadderKind::Escalation, 1));
    report_in_french => report(&sample::report(Locale::Fr, 8));
    report_in_english => report(&sample::report(Locale::En, 4));
    report_on_a_quiet_day_in_french => report(&sample::report(Locale::Fr, 0));
    report_on_a_quiet_day_in_english => report(&sample::report(Locale::En, 0));
    operator_in_french => operator(&sample::operator(Locale::Fr));
}

#[test]
fn html_of_an_alert() {
    insta::assert_snapshot!(alert(&sample::alert(Locale::Fr)).html);
}
