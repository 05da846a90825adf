//! Harm done to a good file, and the faults it makes: `line:column+length key code`.

/// What is replaced in the good file, by what, and the faults that this must make.
pub(crate) type Case = (&'static str, &'static str, &'static [&'static str]);

/// What is wrong wherever it is read.
pub(crate) const CASES: &[Case] = &[
    ("[server]", "[server", &["1:8+1  toml-syntax"]),
    ("\"lumen\"", "\"lumen", &["9:12+1  toml-syntax"]),
    ("[server]\n", "[server]\nlisten = 1\n", &["3:1+6  toml-syntax"]),
    // Keys.
    ("[server]", "[servr]", &["1:2+5 servr unknown-key"]),
    ("listen", "listn", &["2:1+5 server.listn unknown-key"]),
    (
        "name = \"Maison",
        "nam = \"Maison",
        &["8:1+9 brand.lumen.name missing-key", "10:1+3 brand.lumen.nam unknown-key"],
    ),
    ("stars_below", "star_below", &["24:10+10 brand.lumen.route[0].when.star_below unknown-key"]),
    ("gets = []", "get = []", &["15:78+3 brand.lumen.contacts.direction.get unknown-key"]),
    ("[[brand.source]]", "[[brand.sources]]", &["18:9+7 brand.lumen.sources unknown-key"]),
    // Types.
    ("\"fr\"", "1", &["11:10+1 brand.lumen.locale wrong-type"]),
    (
        "locale",
        "report_when_empty = \"no\"\nlocale",
        &["11:21+4 brand.lumen.report_when_empty wrong-type"],
    ),
    ("locale", "alert_below = \"4\"\nlocale", &["11:15+3 brand.lumen.alert_below wrong-type"]),
    ("locale", "report_at = 08:00\nlocale", &["11:13+5 brand.lumen.report_at wrong-type"]),
    (
        "[\"env:SITE_SECRET\"]",
        "\"env:SITE_SECRET\"",
        &["21:11+17 brand.lumen.source.lumen-site.secrets wrong-type"],
    ),
    ("[[brand]]", "[brand]", &["8:1+7 brand wrong-type"]),
    ("[[brand.source]]", "[brand.source]", &["18:1+14 brand.lumen.source wrong-type"]),
    (
        "{ id = \"service\",",
        "7, { id = \"service\",",
        &["14:3+1 brand.lumen.contacts[0] wrong-type"],
    ),
    ("[server]\nlisten = \"127.0.0.1:8787\"", "server = 1", &["1:10+1 server wrong-type"]),
    // A brand's own advice.
    (
        "[[brand.source]]",
        "[[brand.cause]]\nid = \"delivery\"\nowner = \"nobody\"\n[[brand.source]]",
        &["20:9+8 brand.lumen.cause.delivery.owner unknown-contact"],
    ),
    (
        "[[brand.source]]",
        "[[brand.cause]]\nid = \"parcels\"\n[[brand.source]]",
        &["19:6+9 brand.lumen.cause.parcels.id unknown-cause"],
    ),
    (
        "[[brand.source]]",
        "[[brand.cause]]\nid = \"delivery\"\n[[brand.cause]]\nid = \"delivery\"\n[[brand.source]]",
        &["21:6+10 brand.lumen.cause.delivery.id duplicate-id"],
    ),
    (
        "[[brand.source]]",
        "[[brand.cause]]\nid = \"delivery\"\npolicy = \"Un avoir si le client retire son avis.\"\n[[brand.source]]",
        &["20:10+40 brand.lumen.cause.delivery.policy bad-advice"],
    ),
    (
        "[[brand.source]]",
        "[brand.advice]\npath = [\"servce\"]\n[[brand.source]]",
        &["19:9+8 brand.lumen.advice.path[0] unknown-contact"],
    ),
    (
        "[[brand.source]]",
        "[brand.advice]\ntexts = [\"none/*.toml\"]\n[[brand.source]]",
        &["19:10+13 brand.lumen.advice.texts[0] empty-include"],
    ),
    // What must be there.
    ("locale = \"fr\"", "", &["8:1+9 brand.lumen.locale missing-key"]),
    ("id = \"lumen\"\n", "", &["8:1+9 brand[0].id missing-key"]),
    ("transport = \"smtp://127.0.0.1:1025\"", "", &["4:1+6 mail.transport missing-key"]),
    (
        "[mail]\nfrom = \"Sara <sara@vigie.example>\"\ntransport = \"smtp://127.0.0.1:1025\"",
        "",
        &["6:1+9 mail missing-key"],
    ),
    (
        ", email = \"service@lumen.example\"",
        "",
        &["14:3+43 brand.lumen.contacts.service.email missing-key"],
    ),
    ("to = [\"email:direction\"]", "", &["23:1+15 brand.lumen.route[0].to missing-key"]),
    (
        "locale",
        "escalate = [ { to = [\"service\"] } ]\nlocale",
        &["11:14+20 brand.lumen.escalate[0].after missing-key"],
    ),
    // AWS.
    ("[mail]", "[aws]\n[mail]", &[]),
    ("[mail]", "[aws]\nstack = \"vigie\"\nregion = \"eu-west-3\"\n[mail]", &[]),
    ("[mail]", "[aws]\nregio = 1\n[mail]", &["5:1+5 aws.regio unknown-key"]),
    ("[mail]", "[aws]\nstack = \"vigie prod\"\n[mail]", &["5:9+12 aws.stack bad-stack"]),
    ("[mail]", "[aws]\nregion = \"Paris\"\n[mail]", &["5:10+7 aws.region bad-region"]),
    ("smtp://127.0.0.1:1025", "ses", &[]),
    (
        "smtp://127.0.0.1:1025\"",
        "ses\"\npassword = \"env:SMTP_PASSWORD\"",
        &["7:12+19 mail.password bad-transport"],
    ),
    ("env:SITE_SECRET", "ssm:/vigie/site", &[]),
    ("env:SITE_SECRET", "secretsmanager:vigie/site", &[]),
    ("env:SITE_SECRET", "ssm:arn:aws:ssm:eu-west-3:000000000001:parameter/vigie/site", &[]),
    ("env:SITE_SECRET", "ssm:", &["21:12+6 brand.lumen.source.lumen-site.secrets[0] bad-secret"]),
    (
        "env:SITE_SECRET",
        "ssm:/vigie/site:3",
        &["21:12+19 brand.lumen.source.lumen-site.secrets[0] bad-secret"],
    ),
    // Ids.
    ("\"lumen\"", "\"Lumen\"", &["9:6+7 brand[0].id bad-id"]),
    ("\"service\"", "\"service client\"", &["14:10+16 brand.lumen.contacts[0].id bad-id"]),
    (
        "\"direction\"",
        "\"service\"",
        &[
            "15:10+9 brand.lumen.contacts.service.id duplicate-id",
            "25:7+17 brand.lumen.route[0].to[0] unknown-contact",
        ],
    ),
    (
        "[[brand.route]]",
        "[[brand.source]]\nid = \"lumen-site\"\nplatform = \"plain\"\n[[brand.route]]",
        &["24:6+12 brand.lumen.source.lumen-site.id duplicate-id"],
    ),
    ("\"service\"", "\"operator\"", &["14:10+10 brand.lumen.contacts.operator.id bad-id"]),
    // Values.
    ("\"Maison Lumen\"", "\" \"", &["10:8+3 brand.lumen.name bad-name"]),
    ("service@lumen", "service lumen", &["14:54+23 brand.lumen.contacts.service.email bad-email"]),
    ("<sara@vigie.example>", "", &["5:8+7 mail.from bad-email"]),
    ("127.0.0.1:8787", "localhost", &["2:10+11 server.listen bad-address"]),
    (
        "[mail]",
        "metrics_listen = \"0.0.0.0:8787\"\n[mail]",
        &["4:18+14 server.metrics_listen same-address"],
    ),
    ("[mail]", "public_url = \"vigie.example\"\n[mail]", &["4:14+15 server.public_url bad-url"]),
    ("[mail]", "data = \"\"\n[mail]", &["4:8+2 server.data bad-path"]),
    ("smtp://127.0.0.1:1025", "127.0.0.1:1025", &["6:13+16 mail.transport bad-transport"]),
    ("smtp://127.0.0.1:1025", "file:", &["6:13+7 mail.transport bad-transport"]),
    (
        "[[brand]]",
        "password = \"env:SMTP_PASSWORD\"\n[[brand]]",
        &["8:12+19 mail.password bad-transport"],
    ),
    (
        "locale",
        "answer_within = \"1 day\"\nlocale",
        &["11:17+7 brand.lumen.answer_within bad-duration"],
    ),
    ("locale", "alert_within = \"0d\"\nlocale", &["11:16+4 brand.lumen.alert_within bad-duration"]),
    ("locale", "report_at = \"8h\"\nlocale", &["11:13+4 brand.lumen.report_at bad-time"]),
    ("locale", "alert_below = 5.5\nlocale", &["11:15+3 brand.lumen.alert_below bad-stars"]),
    ("2.0", "0", &["24:24+1 brand.lumen.route[0].when.stars_below bad-stars"]),
    ("\"fr\"", "\"de\"", &["11:10+4 brand.lumen.locale unknown-value"]),
    ("locale", "praise = \"hourly\"\nlocale", &["11:10+8 brand.lumen.praise unknown-value"]),
    ("locale", "deliver = \"dry\"\nlocale", &["11:11+5 brand.lumen.deliver unknown-value"]),
    (
        "gets = []",
        "gets = [\"alerts\"]",
        &["15:86+8 brand.lumen.contacts.direction.gets[0] unknown-value"],
    ),
    (
        "{ stars_below = 2.0 }",
        "{ severity = \"hard\" }",
        &["24:21+6 brand.lumen.route[0].when.severity unknown-value"],
    ),
    ("Europe/Paris", "Europe/Lyon", &["12:12+13 brand.lumen.timezone unknown-zone"]),
    (
        "{ stars_below = 2.0 }",
        "{ cause = [\"delivery\", \"delivry\"] }",
        &["24:31+9 brand.lumen.route[0].when.cause[1] unknown-cause"],
    ),
    ("email:direction", "email:directon", &["25:7+16 brand.lumen.route[0].to[0] unknown-contact"]),
    (
        "locale",
        "escalate = [ { after = \"24h\", to = [\"directon\"] } ]\nlocale",
        &["11:37+10 brand.lumen.escalate[0].to[0] unknown-contact"],
    ),
    (
        "{ stars_below = 2.0 }",
        "{ source = [\"lumen-sight\"] }",
        &["24:20+13 brand.lumen.route[0].when.source[0] unknown-source"],
    ),
    ("to = [\"email:direction\"]", "to = []", &["25:6+2 brand.lumen.route[0].to empty-list"]),
    (
        "locale",
        "escalate = [ { after = \"24h\", to = [] } ]\nlocale",
        &["11:36+2 brand.lumen.escalate[0].to empty-list"],
    ),
    (
        "{ stars_below = 2.0 }",
        "{ cause = [] }",
        &["24:18+2 brand.lumen.route[0].when.cause empty-list"],
    ),
    ("email:direction", "direction", &["25:7+11 brand.lumen.route[0].to[0] channel-missing"]),
    ("email:direction", "slack:direction", &["25:7+17 brand.lumen.route[0].to[0] channel-not-yet"]),
    (
        "standard-webhooks",
        "standard-webhook",
        &["20:12+18 brand.lumen.source.lumen-site.platform unknown-platform"],
    ),
    (
        "standard-webhooks",
        "presets/gone.toml",
        &["20:12+19 brand.lumen.source.lumen-site.platform preset-faulty"],
    ),
    ("standard-webhooks", "silent", &["20:12+8 brand.lumen.source.lumen-site.platform no-webhook"]),
    // What platforms need beside a secret.
    (
        "standard-webhooks",
        "thin",
        &[
            "18:1+16 brand.lumen.source.lumen-site.challenge missing-secret",
            "18:1+16 brand.lumen.source.lumen-site.sender missing-access",
            "18:1+16 brand.lumen.source.lumen-site.api missing-access",
        ],
    ),
    (
        "platform = \"standard-webhooks\"",
        "platform = \"thin\"\nsender = \"a@b.example\"\nchallenge = [\"env:OLD_SECRET\"]\n\
         api = { account = \"7\" }",
        &[
            "18:1+16 brand.lumen.source.lumen-site.api missing-secret",
            "18:1+16 brand.lumen.source.lumen-site.api missing-access",
        ],
    ),
    (
        "[\"env:SITE_SECRET\"]",
        "[]\napi = { base = \"http://api.example\" }",
        &[
            "18:1+16 brand.lumen.source.lumen-site.secrets missing-secret",
            "22:16+20 brand.lumen.source.lumen-site.api.base bad-url",
        ],
    ),
    (
        "[\"env:SITE_SECRET\"]",
        "[\"env:SITE_SECRET\"]\nallow_from = [\"10.0.0.0/8\", \"10.0.0.300\"]",
        &["22:29+12 brand.lumen.source.lumen-site.allow_from[1] bad-address"],
    ),
    (
        "[\"env:SITE_SECRET\"]",
        "[\"env:SITE_SECRET\"]\nbasic = [\"vigie:open\"]\nsender = \"somebody\"",
        &[
            "22:10+12 brand.lumen.source.lumen-site.basic[0] inline-secret",
            "23:10+10 brand.lumen.source.lumen-site.sender bad-email",
        ],
    ),
    // Files.
    ("[server]", "include = \"brands\"\n[server]", &["1:11+8 include wrong-type"]),
    ("[server]", "include = [7]\n[server]", &["1:12+1 include[0] wrong-type"]),
    ("[server]", "include = [\" \"]\n[server]", &["1:12+3 include[0] bad-path"]),
    (
        "[server]",
        "include = [\"brands/*.toml\", \"none/*.toml\"]\n[server]",
        &["1:29+13 include[1] empty-include"],
    ),
    ("[server]", "include = [\"brands\"]\n[server]", &["1:12+8 include[0] bad-include"]),
    ("[server]", "include = [\"brands/[\"]\n[server]", &["1:12+10 include[0] bad-include"]),
    // The operator, and who is on trial.
    ("[mail]", "[operator]\n[mail]", &["4:1+10 operator.email missing-key"]),
    ("[mail]", "[operator]\nemail = []\n[mail]", &["5:9+2 operator.email empty-list"]),
    (
        "[mail]",
        "[operator]\nemail = [\"a@b.example\", \"ops\"]\n[mail]",
        &["5:25+5 operator.email[1] bad-email"],
    ),
    (
        "[mail]",
        "[operator]\nphone = 1\nemail = \"a@b\"\n[mail]",
        &["5:1+5 operator.phone unknown-key"],
    ),
    ("locale", "deliver = \"trial\"\nlocale", &["11:11+7 brand.lumen.deliver no-operator"]),
    // What is kept, whom we trust, when messages may go.
    (
        "[mail]",
        "[retention]\nreviewer = \"13 month s\"\nreview = 36\nnotice = \"1 year\"\n[mail]",
        &[
            "5:12+12 retention.reviewer bad-duration",
            "6:10+2 retention.review wrong-type",
            "7:1+6 retention.notice unknown-key",
        ],
    ),
    (
        "[mail]",
        "[retention]\nreviewer = \"4 years\"\nreview = \"36 months\"\n[mail]",
        &["5:12+9 retention.reviewer bad-duration"],
    ),
    (
        "[mail]",
        "trusted_proxies = [\"127.0.0.1:80\", \"::1\", \"10.0.0.0/8\", \"10.0.0.0/33\"]\n[mail]",
        &[
            "4:20+14 server.trusted_proxies[0] bad-address",
            "4:57+13 server.trusted_proxies[3] bad-address",
        ],
    ),
    (
        "locale",
        "send_between = \"08:00-08:00\"\nlocale",
        &["11:16+13 brand.lumen.send_between bad-hours"],
    ),
    ("locale", "send_between = \"08:00\"\nlocale", &["11:16+7 brand.lumen.send_between bad-hours"]),
    // Shops.
    (
        "[[brand.route]]",
        "[[brand.shop]]\nid = \"lyon\"\n[[brand.route]]",
        &["23:1+14 brand.lumen.shop.lyon.name missing-key"],
    ),
    (
        "secrets =",
        "shop = \"lyon\"\nsecrets =",
        &["21:8+6 brand.lumen.source.lumen-site.shop unknown-shop"],
    ),
    (
        "{ stars_below = 2.0 }",
        "{ shop = [\"lyon\"] }",
        &["24:18+6 brand.lumen.route[0].when.shop[0] unknown-shop"],
    ),
    (
        "[[brand.route]]",
        "[[brand.shop]]\nid = \"lyon\"\nname = \"Lyon\"\ncontacts = [\"lyn\"]\n[[brand.route]]",
        &["26:13+5 brand.lumen.shop.lyon.contacts[0] unknown-contact"],
    ),
    (
        "[[brand.route]]",
        "[[brand.shop]]\nid = \"lyon\"\nname = \"Lyon\"\nmatch = [\"L-1\", \"lyon\"]\n\
         [[brand.shop]]\nid = \"nice\"\nname = \"Nice\"\nmatch = [\" l-1 \"]\n[[brand.route]]",
        &["30:10+7 brand.lumen.shop.nice.match[0] same-match"],
    ),
    (
        "[[brand.route]]",
        "[[brand.shop]]\nid = \"lyon\"\nname = \"Lyon\"\nmatch = [\"nice\"]\n\
         [[brand.shop]]\nid = \"nice\"\nname = \"LYON\"\n[[brand.route]]",
        &[
            "28:6+6 brand.lumen.shop.nice.id same-match",
            "29:8+6 brand.lumen.shop.nice.name same-match",
        ],
    ),
    (
        "[[brand.route]]",
        "[[brand.shop]]\nid = \"lyon\"\nname = \"Lyon\"\n\
         [[brand.shop]]\nid = \"lyon\"\nname = \"Nice\"\n[[brand.route]]",
        &["27:6+6 brand.lumen.shop.lyon.id duplicate-id"],
    ),
    // Secrets.
    (
        "env:SITE_SECRET",
        "sk_live_4242",
        &["21:12+14 brand.lumen.source.lumen-site.secrets[0] inline-secret"],
    ),
    ("smtp://127", "smtp://sara:hunter2@127", &["6:13+36 mail.transport inline-secret"]),
    ("env:SITE_SECRET", "env:", &["21:12+6 brand.lumen.source.lumen-site.secrets[0] bad-secret"]),
    ("env:SITE_SECRET", "file: ", &["21:12+8 brand.lumen.source.lumen-site.secrets[0] bad-secret"]),
    (
        "env:SITE_SECRET",
        "env:GONE",
        &["21:12+10 brand.lumen.source.lumen-site.secrets[0] secret-not-set"],
    ),
    (
        "env:SITE_SECRET",
        "file:gone",
        &["21:12+11 brand.lumen.source.lumen-site.secrets[0] secret-unreadable"],
    ),
    (
        "secrets = [\"env:SITE_SECRET\"]",
        "",
        &["18:1+16 brand.lumen.source.lumen-site.secrets missing-secret"],
    ),
    ("smtp://127", "smtps://sara@127", &["6:13+29 mail.transport missing-secret"]),
    // Reaching somebody.
    (
        "email = \"service@lumen.example\"",
        "email = \"service@lumen.example\", gets = []",
        &[
            "13:12+1 brand.lumen.contacts reaches-nobody",
            "13:12+1 brand.lumen.contacts reaches-nobody",
            "13:12+1 brand.lumen.contacts reaches-nobody",
        ],
    ),
];

/// Harm done to an included file beside a good vigie.toml, and the faults that this must make.
pub(crate) const INCLUDED_CASES: &[Case] = &[
    ("", "", &[]),
    ("[[brand]]", "[brand", &["1:7+1  toml-syntax"]),
    ("[[brand]]", "[server]\n[[brand]]", &["1:2+6 server unknown-key"]),
    ("[[brand]]", "[servr]\n[[brand]]", &["1:2+5 servr unknown-key"]),
    ("[[brand]]", "include = []\n[[brand]]", &["1:1+7 include unknown-key"]),
    ("[[brand]]", "[brand]", &["1:1+7 brand wrong-type"]),
    ("alert_below", "alert_bellow", &["7:1+12 brand.orso.alert_bellow unknown-key"]),
    ("id = \"orso\"", "id = \"lumen\"", &["2:6+7 brand.lumen.id duplicate-id"]),
    (
        "id = \"orso-site\"",
        "id = \"lumen-site\"",
        &["10:6+12 brand.orso.source.lumen-site.id duplicate-id"],
    ),
    ("alert_below", "deliver = \"trial\"\nalert_below", &["7:11+7 brand.orso.deliver no-operator"]),
    ("site.secret", "gone", &["12:12+11 brand.orso.source.orso-site.secrets[0] secret-unreadable"]),
    (
        "standard-webhooks",
        "../presets/gone.toml",
        &["11:12+22 brand.orso.source.orso-site.platform preset-faulty"],
    ),
    ("Orso", "\u{0}", &["3:9+1  unreadable-file"]),
];

/// What a program that was built without AWS says.
pub(crate) const WITHOUT_AWS_CASES: &[Case] = &[
    ("[mail]", "[aws]\nstack = \"vigie\"\n[mail]", &[]),
    ("smtp://127.0.0.1:1025", "ses", &["6:13+5 mail.transport not-in-this-build"]),
    (
        "env:SITE_SECRET",
        "ssm:/vigie/site",
        &["21:12+17 brand.lumen.source.lumen-site.secrets[0] not-in-this-build"],
    ),
];

/// What is said of files that the functions on AWS are to go by. The good file's secret is in a
/// variable.
pub(crate) const FOR_AWS_CASES: &[Case] = &[
    ("fr", "fr", &["21:12+17 brand.lumen.source.lumen-site.secrets[0] secret-not-on-aws"]),
    (
        "env:SITE_SECRET\"",
        "ssm:/vigie/site\", \"file:gone\", \"env:GONE\"",
        &[
            "21:31+11 brand.lumen.source.lumen-site.secrets[1] secret-not-on-aws",
            "21:44+10 brand.lumen.source.lumen-site.secrets[2] secret-not-on-aws",
        ],
    ),
    // The mail server is the one process's: AWS sends through SES.
    (
        "smtp://127.0.0.1:1025\"",
        "smtps://sara@mail.example\"\npassword = \"env:SMTP_PASSWORD\"",
        &["22:12+17 brand.lumen.source.lumen-site.secrets[0] secret-not-on-aws"],
    ),
];
