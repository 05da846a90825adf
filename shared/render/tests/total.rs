//! Every sample in both languages: total, narrow, small, escaped, nothing leaked.

use vigie_domain::Locale;
use vigie_render::{
    AlertView, COLUMNS_MAX, HTML_BYTES_MAX, LadderKind, Message, OperatorView, SUBJECT_CHARS_MAX,
    alert, ladder, operator, praise, report, report_text, roundup, sample,
};

const LOCALES: [Locale; 2] = [Locale::Fr, Locale::En];

fn messages(locale: Locale) -> Vec<(String, Message)> {
    let mut all = vec![
        ("alert".to_owned(), alert(&sample::alert(locale))),
        ("critical".to_owned(), alert(&sample::critical(locale))),
        ("again".to_owned(), alert(&sample::again(locale))),
        ("operator".to_owned(), operator(&sample::operator(locale))),
    ];
    for n in [1, 2, 40, 100] {
        all.push((format!("praise {n}"), praise(&sample::praise(locale, n))));
    }
    all.push(("roundup".to_owned(), roundup(&sample::roundup(locale))));
    all.push(("quiet roundup".to_owned(), roundup(&sample::quiet_roundup(locale))));
    for n in [1, 3, 60] {
        for kind in [LadderKind::Reminder, LadderKind::Escalation] {
            all.push((format!("{kind:?} {n}"), ladder(&sample::ladder(locale, kind, n))));
        }
    }
    for n in [0, 1, 40, 100, 250] {
        all.push((format!("report {n}"), report(&sample::report(locale, n))));
    }
    let in_locale = format!("<html lang=\"{}\"", locale.code());
    let shown = sample::cases().into_iter().map(|(name, message)| (name.to_owned(), message));
    all.extend(shown.filter(|(_, message)| message.html.contains(&in_locale)));
    let awkward = sample::awkward_alerts(locale).into_iter().enumerate();
    all.extend(awkward.map(|(n, view)| (format!("awkward {n}"), alert(&view))));
    all
}

fn each(mut visit: impl FnMut(&str, Locale, &Message)) {
    for locale in LOCALES {
        for (name, message) in messages(locale) {
            visit(&format!("{name} {}", locale.code()), locale, &message);
        }
    }
}

/// Columns, wide characters counted as two.
fn columns(line: &str) -> usize {
    line.chars().map(|c| if c as u32 >= 0x1F000 { 2 } else { 1 }).sum()
}

/// Recognition need not cost a thing (facts D03).
#[test]
fn praise_never_speaks_of_money() {
    for locale in LOCALES {
        for message in [
            praise(&sample::praise(locale, 1)),
            praise(&sample::praise(locale, 40)),
            roundup(&sample::roundup(locale)),
            roundup(&sample::quiet_roundup(locale)),
        ] {
            for word in
                ["€", "$", "prime", "bonus", "salaire", "salary", "pay ", "reward", "cadeau"]
            {
                assert!(!message.text.contains(word), "{word}: {}", message.text);
            }
        }
    }
}

#[test]
fn subjects_are_one_clean_short_line_with_their_fixed_word() {
    each(|name, locale, message| {
        let subject = &message.subject;
        assert_eq!(*subject, vigie_domain::text::clean_line(subject), "{name}");
        assert!(subject.chars().count() <= SUBJECT_CHARS_MAX, "{name}: {subject}");
        let words = match locale {
            Locale::Fr => [
                "Avis",
                "[Critique] Avis",
                "[Grave] Avis",
                "Bravo",
                "Rappel",
                "Retard",
                "Vigie",
                "Re: ",
            ],
            Locale::En => [
                "Review",
                "[Critical] Review",
                "[Serious] Review",
                "Bravo",
                "Reminder",
                "Overdue",
                "Vigie",
                "Re: ",
            ],
        };
        let fixed = words.iter().any(|word| subject.starts_with(word));
        assert!(fixed || subject.starts_with("Unanswered reviews"), "{name}: {subject}");
    });
}

#[test]
fn text_lines_are_narrow_save_for_addresses() {
    each(|name, _, message| {
        for line in message.text.lines() {
            assert!(line.contains("https://") || columns(line) <= COLUMNS_MAX, "{name}: {line:?}");
            assert_eq!(line, line.trim_end_matches(' '), "{name}");
        }
        assert!(message.text.ends_with('\n') && !message.text.contains("\n\n\n"), "{name}");
    });
}

#[test]
fn html_is_small_fetches_nothing_and_leaks_no_template() {
    each(|name, locale, message| {
        let html = &message.html;
        assert!(html.len() < HTML_BYTES_MAX, "{name}: {} bytes", html.len());
        assert!(html.starts_with("<!doctype html>"), "{name}");
        assert!(html.contains(&format!("<html lang=\"{}\" dir=\"ltr\">", locale.code())), "{name}");
        for bad in [
            "<img",
            "<script",
            "<link",
            "@import",
            "url(",
            "javascript:",
            "undefined",
            ">None<",
            ">none<",
            ">True<",
            ">False<",
        ] {
            assert!(!html.contains(bad), "{name}: {bad}");
        }
        let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next());
        assert!(style.is_some_and(|style| style.len() < 8_192), "{name}");
        assert_eq!(
            html.matches("<h1").count() + usize::from(html.contains("class=\"news\"")),
            1 + usize::from(name.contains("again")),
            "{name}"
        );
    });
}

#[test]
fn no_template_syntax_comes_from_us() {
    each(|name, _, message| {
        if !name.starts_with("awkward") {
            for part in [&message.subject, &message.text, &message.html] {
                assert!(!part.contains("{{") && !part.contains("{%"), "{name}");
            }
            assert!(!message.text.contains("None") && !message.text.contains("Some("), "{name}");
        }
    });
}

#[test]
fn both_parts_carry_every_link_and_say_the_same() {
    for locale in LOCALES {
        for view in sample::awkward_alerts(locale) {
            let message = alert(&view);
            for url in [&view.links.answered, &view.links.close] {
                assert!(message.text.lines().any(|line| line == url), "alone on its line");
                assert!(message.html.contains(&format!("href=\"{url}\"")), "{url}");
            }
            let place = |url: &str| message.text.find(url).unwrap();
            assert!(place(&view.links.answered) < place(&view.links.close));
            assert!(message.text.contains(&view.advice.first_move[..12]));
        }
        let view = sample::report(locale, 100);
        let message = report(&view);
        for line in [&view.late[0], &view.unreadable[0], &view.later[3]] {
            let links = line.links.as_ref().unwrap();
            assert!(message.text.lines().any(|text| text == links.answered));
        }
    }
}

#[test]
fn what_a_reviewer_wrote_is_shown_literally_and_begins_no_line() {
    for locale in LOCALES {
        for view in sample::awkward_alerts(locale) {
            let message = alert(&view);
            let bare: Vec<&str> =
                message.text.lines().filter(|line| line.starts_with("http")).collect();
            assert_eq!(bare, [view.links.answered.as_str(), view.links.close.as_str()]);
            assert!(!message.html.contains("<b>honte") && !message.html.contains("<script"));
            if view.review.text.starts_with("{{") {
                assert!(message.text.contains("> {{ brand.name }} {% for x in y %}"));
                assert!(message.html.contains("{{ brand.name }} {% for x in y %}"));
            }
            if view.review.title.is_some() {
                assert!(message.text.contains("{{ 7 * 7 }}") && !message.text.contains("49"));
            }
        }
    }
}

#[test]
fn a_name_that_is_an_address_begins_no_line_either() {
    for padding in 0..COLUMNS_MAX {
        let mut view = sample::alert(Locale::En);
        view.review.author =
            Some(format!("{} https://evil.example/desk/answered/1", "x".repeat(padding)));
        let text = alert(&view).text;
        assert_eq!(text.lines().filter(|line| line.starts_with("http")).count(), 2, "{text}");
    }
}

#[test]
fn a_quoted_text_may_run_from_right_to_left() {
    let views = sample::awkward_alerts(Locale::Fr);
    let arabic = views.iter().find(|view| view.review.text.contains("المنتج")).unwrap();
    let html = alert(arabic).html;
    let quoted = html.split("<blockquote dir=\"auto\"").nth(1).unwrap();
    assert!(quoted.contains("<p dir=\"auto\">المنتج"), "{quoted}");
}

#[test]
fn a_long_shop_name_costs_causes_and_never_the_deadline() {
    let mut view: AlertView = sample::alert(Locale::Fr);
    view.review.shop = Some("Boutique ".repeat(40));
    for found in &mut view.advice.understood {
        found.label = "Cause au nom fort long qui ne finit pas".repeat(2);
    }
    let subject = alert(&view).subject;
    assert!(subject.ends_with("avant sam. 21 nov. 10:12"), "{subject}");
    assert!(subject.chars().count() <= SUBJECT_CHARS_MAX);
}

#[test]
fn a_subject_cannot_be_broken_by_a_name() {
    let mut view = sample::alert(Locale::En);
    view.review.shop = Some("Lyon\r\nBcc: all@evil.example".to_owned());
    assert_eq!(
        alert(&view).subject,
        "Review 2★ · Lyon Bcc: all@evil.example · Delivery, Staff · before Sat 21 Nov, 10:12"
    );
    view.review.shop = None;
    assert_eq!(alert(&view).subject, "Review 2★ · Delivery, Staff · before Sat 21 Nov, 10:12");
}

#[test]
fn a_message_to_somebody_who_had_one_begins_with_what_is_new() {
    for locale in LOCALES {
        let view = sample::again(locale);
        let message = alert(&view);
        assert_eq!(message.subject, format!("Re: {}", view.again.unwrap().first_subject));
        let first = message.text.lines().next().unwrap();
        assert!(
            first.contains("2★") || message.text.lines().nth(1).unwrap().contains("2★"),
            "{first}"
        );
        let body = message.html.split("<body").nth(1).unwrap();
        assert!(body.find("class=\"news\"") < body.find("<h1"));
        let thrice = sample::ladder(locale, LadderKind::Reminder, 1);
        assert!(ladder(&thrice).subject.starts_with("Re: Avis") || locale == Locale::En);
    }
}

#[test]
fn every_message_ends_with_who_and_when() {
    for locale in LOCALES {
        for message in [
            alert(&sample::alert(locale)),
            alert(&sample::critical(locale)),
            ladder(&sample::ladder(locale, LadderKind::Reminder, 1)),
            report(&sample::report(locale, 40)),
        ] {
            let after = match locale {
                Locale::Fr => message.text.split("LA SUITE").nth(1),
                Locale::En => message.text.split("WHAT HAPPENS NEXT").nth(1),
            };
            let ending = after.unwrap_or_else(|| panic!("{}", message.text));
            assert!(
                ending.contains("Direction")
                    && ending.contains(" nov. ") | ending.contains(" Nov, "),
                "{ending}"
            );
        }
    }
}

#[test]
fn a_report_lists_a_hundred_and_says_how_many_more() {
    let mut view = sample::report(Locale::Fr, 140);
    view.more = 5;
    let text = report(&view).text;
    assert_eq!(text.matches("\n* ").count(), 100);
    assert!(text.contains("Et 45 autres avis en attente"), "{text}");
    assert!(!report(&sample::report(Locale::Fr, 100)).text.contains("autres avis en attente"));
}

#[test]
fn what_is_late_by_seconds_is_late_by_a_minute() {
    let mut view = sample::report(Locale::Fr, 4);
    let at = view.at;
    view.late.truncate(1);
    view.late.iter_mut().for_each(|line| line.review.due_at = at);
    let text = report(&view).text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("· 1 min de retard ·"), "{text}");
}

#[test]
fn a_report_on_a_quiet_day_has_two_lines_and_a_terminal_no_recipient() {
    for locale in LOCALES {
        let mut view = sample::report(locale, 0);
        assert_eq!(report(&view).text.lines().count(), 2);
        view.recipient = None;
        assert!(!report_text(&view).contains("Service client"));
    }
}

#[test]
fn an_operator_notice_is_total_over_endless_text() {
    let view =
        OperatorView { text: "<é> ".repeat(50_000), count: 1, ..sample::operator(Locale::En) };
    let message = operator(&view);
    assert!(message.html.len() < HTML_BYTES_MAX && message.subject.ends_with("1 time"));
}

#[test]
fn an_operator_notice_says_how_often_it_comes() {
    let view = sample::operator(Locale::En);
    assert!(operator(&view).text.contains("one message in six hours at most"));
    let once = operator(&OperatorView { once: true, ..view });
    assert!(once.text.contains("told once") && !once.text.contains("six hours"));
}

/// As awkward as the domain lets through: full-length fields that escape to many bytes.
fn endless(review: &mut vigie_render::ReviewView) {
    let line = Some("<\"&'> ".repeat(80));
    review.text = "\"".repeat(20_000);
    review.title.clone_from(&line);
    review.author.clone_from(&line);
    review.shop.clone_from(&line);
    review.product.clone_from(&line);
    review.platform = "& ".repeat(200);
    review.url = Some(format!("https://site.example/{}", "&".repeat(1_900)));
}

#[test]
fn the_worst_of_every_kind_still_fits() {
    let mut report_view = sample::report(Locale::Fr, 100);
    let late = report_view.late.iter_mut().chain(&mut report_view.today);
    for line in late.chain(&mut report_view.later).chain(&mut report_view.found_late) {
        endless(&mut line.review);
        line.with = Some("&".repeat(500));
    }
    let mut ladder_view = sample::ladder(Locale::Fr, LadderKind::Escalation, 40);
    ladder_view.items.iter_mut().for_each(|item| endless(&mut item.review));
    let mut praise_view = sample::praise(Locale::En, 40);
    praise_view.reviews.iter_mut().for_each(|praised| endless(&mut praised.review));
    let mut alert_view = sample::alert(Locale::En);
    endless(&mut alert_view.review);
    let messages =
        [report(&report_view), ladder(&ladder_view), praise(&praise_view), alert(&alert_view)];
    for message in messages {
        assert!(message.html.len() < HTML_BYTES_MAX, "{}: {}", message.subject, message.html.len());
        assert!(message.subject.chars().count() <= SUBJECT_CHARS_MAX, "{}", message.subject);
    }
}
