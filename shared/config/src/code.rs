//! The closed set of fault codes, each with its meaning.

use serde::Serialize;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident => $id:literal,)+) => {
        /// What is wrong with a value of vigie.toml. Tools rely on [`Code::id`]; a code keeps its
        /// meaning for ever.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub enum Code {
            $($(#[doc = $meaning])+ #[serde(rename = $id)] $name,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as `check --json` shows it.
            ///
            /// ```
            /// assert_eq!(vigie_config::Code::UnknownZone.id(), "unknown-zone");
            /// ```
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }

            /// What it means, in a sentence, for the documentation.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($meaning),+).trim_start(),)+
                }
            }
        }
    };
}

codes! {
    /// The file is not TOML; nothing after this place was read.
    TomlSyntax => "toml-syntax",
    /// No such key here.
    UnknownKey => "unknown-key",
    /// The value has another type than the key takes.
    WrongType => "wrong-type",
    /// A key that is always needed is not there.
    MissingKey => "missing-key",
    /// The value needs AWS, which this program was built without.
    NotInThisBuild => "not-in-this-build",
    /// An id is not 1 to 63 of a-z, 0-9, - and _, beginning with a letter or a digit.
    BadId => "bad-id",
    /// Two brands, two sources, or two contacts or shops of one brand have the same id.
    DuplicateId => "duplicate-id",
    /// A name is empty or too long.
    BadName => "bad-name",
    /// An e-mail address cannot be one.
    BadEmail => "bad-email",
    /// A network address is not an IP address and a port.
    BadAddress => "bad-address",
    /// Metrics would be served on the public address.
    SameAddress => "same-address",
    /// The public URL is not http or https with a host and nothing that a link cannot carry.
    BadUrl => "bad-url",
    /// A path is empty.
    BadPath => "bad-path",
    /// An include matches no file.
    EmptyInclude => "empty-include",
    /// An include names a folder, or is no pattern.
    BadInclude => "bad-include",
    /// An included file cannot be read, or is not UTF-8.
    UnreadableFile => "unreadable-file",
    /// The mail transport cannot be understood, or a password goes with no user.
    BadTransport => "bad-transport",
    /// The name of a stack on AWS cannot be one.
    BadStack => "bad-stack",
    /// The region of AWS is not written as one.
    BadRegion => "bad-region",
    /// A duration cannot be read, is not above zero, or is too long.
    BadDuration => "bad-duration",
    /// A time of day cannot be read.
    BadTime => "bad-time",
    /// The hours cannot be read, or never open.
    BadHours => "bad-hours",
    /// A number of stars is not above 0 and up to 5, or has more than two decimals.
    BadStars => "bad-stars",
    /// The value is not one of those the key takes.
    UnknownValue => "unknown-value",
    /// No such IANA time zone.
    UnknownZone => "unknown-zone",
    /// A text of a brand's own lacks what it needs, or breaks a rule that advice is held to.
    BadAdvice => "bad-advice",
    /// No such cause.
    UnknownCause => "unknown-cause",
    /// The brand defines no such contact.
    UnknownContact => "unknown-contact",
    /// The brand defines no such source.
    UnknownSource => "unknown-source",
    /// The brand defines no such shop.
    UnknownShop => "unknown-shop",
    /// Two shops of a brand match the same location.
    SameMatch => "same-match",
    /// A brand on trial needs an operator, who gets its messages.
    NoOperator => "no-operator",
    /// A list that must name something names nothing.
    EmptyList => "empty-list",
    /// A route names a contact without the channel.
    ChannelMissing => "channel-missing",
    /// A route names a channel that this version does not have.
    ChannelNotYet => "channel-not-yet",
    /// No preset has this id.
    UnknownPlatform => "unknown-platform",
    /// A preset file cannot be read or used.
    PresetFaulty => "preset-faulty",
    /// A secret is written in the file, where only its reference may be.
    InlineSecret => "inline-secret",
    /// A secret's reference names nothing that can be looked up.
    BadSecret => "bad-secret",
    /// The environment variable that should hold a secret is not set.
    SecretNotSet => "secret-not-set",
    /// The file that should hold a secret cannot be read.
    SecretUnreadable => "secret-unreadable",
    /// The functions on AWS cannot read the secret: it is in this machine's environment or files.
    SecretNotOnAws => "secret-not-on-aws",
    /// Something that needs a secret has none.
    MissingSecret => "missing-secret",
    /// The platform sends no webhook of reviews.
    NoWebhook => "no-webhook",
    /// The source does not state what its platform's tokens or API need.
    MissingAccess => "missing-access",
    /// An alert, a praise or a report of this brand would reach nobody.
    ReachesNobody => "reaches-nobody",
}
