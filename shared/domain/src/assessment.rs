//! What was understood of a review.

use serde::{Deserialize, Serialize};

/// What a review complains of. Ids and meanings: the cause taxonomy of the founding documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody was or may be hurt or made ill.
    SafetyHealth,
    /// Personal data.
    PrivacyData,
    /// How staff behaved.
    StaffAttitude,
    /// Suspicion of a scam or a counterfeit.
    FraudSuspicion,
    /// Late, lost or badly followed delivery.
    Delivery,
    /// Defect, poor quality, not as described.
    ProductQuality,
    /// Out of stock, narrow range.
    Availability,
    /// Price and value for money.
    PriceValue,
    /// Wrong or missing item.
    OrderAccuracy,
    /// Customer service cannot be reached.
    CustomerSupport,
    /// Returns, repairs, refunds.
    AftersalesRefund,
    /// Billing and payment.
    BillingPayment,
    /// Website or app.
    WebsiteApp,
    /// Cleanliness and comfort of the place.
    CleanlinessPlace,
    /// Waiting time.
    WaitingTime,
    /// Information wrong, promise not kept.
    InformationPromise,
    /// Blackmail over the review: a signal only.
    BadFaith,
    /// Not about the brand, or not a customer.
    OffTopic,
    /// Dissatisfied without saying of what. Stands alone or not at all.
    General,
}

impl Cause {
    /// Every cause, gravest first: ties between equal scores go in this order.
    pub const ALL: [Self; 19] = [
        Self::SafetyHealth,
        Self::PrivacyData,
        Self::StaffAttitude,
        Self::FraudSuspicion,
        Self::Delivery,
        Self::ProductQuality,
        Self::Availability,
        Self::PriceValue,
        Self::OrderAccuracy,
        Self::CustomerSupport,
        Self::AftersalesRefund,
        Self::BillingPayment,
        Self::WebsiteApp,
        Self::CleanlinessPlace,
        Self::WaitingTime,
        Self::InformationPromise,
        Self::BadFaith,
        Self::OffTopic,
        Self::General,
    ];

    /// The id, as in vigie.toml and JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::SafetyHealth => "safety_health",
            Self::PrivacyData => "privacy_data",
            Self::StaffAttitude => "staff_attitude",
            Self::FraudSuspicion => "fraud_suspicion",
            Self::Delivery => "delivery",
            Self::ProductQuality => "product_quality",
            Self::Availability => "availability",
            Self::PriceValue => "price_value",
            Self::OrderAccuracy => "order_accuracy",
            Self::CustomerSupport => "customer_support",
            Self::AftersalesRefund => "aftersales_refund",
            Self::BillingPayment => "billing_payment",
            Self::WebsiteApp => "website_app",
            Self::CleanlinessPlace => "cleanliness_place",
            Self::WaitingTime => "waiting_time",
            Self::InformationPromise => "information_promise",
            Self::BadFaith => "bad_faith",
            Self::OffTopic => "off_topic",
            Self::General => "general",
        }
    }

    /// The cause of an id.
    ///
    /// ```
    /// use vigie_domain::Cause;
    /// assert_eq!(Cause::from_id("delivery"), Some(Cause::Delivery));
    /// ```
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.id() == id)
    }
}

/// How grave a complaint is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// One point, mildly put.
    #[default]
    Low,
    /// Two stars or fewer, or several points.
    Medium,
    /// Legal or press threats, vulnerable people.
    High,
    /// Somebody's safety or health: management hears at once.
    Critical,
}

/// A cause that was found, how surely, and the words that show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CauseFound {
    /// Which cause.
    pub id: Cause,
    /// How sure, 0 to 1.
    pub score: f64,
    /// The reviewer's own words, as written.
    pub evidence: Vec<String>,
}

/// What a dissatisfied reviewer is after, or says that they will do (facts E01 to E05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Motive {
    /// Goes to law, or to an authority or a third party.
    Authority,
    /// Leaves for somebody else.
    Leave,
    /// Wants their money or their goods back, or a compensation.
    Repair,
    /// Wants to be heard: is angry.
    Heard,
    /// Wants it to be done better.
    Improve,
    /// Warns others.
    Warn,
}

impl Motive {
    /// Every motive, the one to heed first first.
    pub const ALL: [Self; 6] =
        [Self::Authority, Self::Leave, Self::Repair, Self::Heard, Self::Improve, Self::Warn];

    /// The id, as in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Leave => "leave",
            Self::Repair => "repair",
            Self::Heard => "heard",
            Self::Improve => "improve",
            Self::Warn => "warn",
        }
    }
}

/// A motive, and the words that show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotiveFound {
    /// Which motive.
    pub id: Motive,
    /// The reviewer's own words, as written.
    pub evidence: Vec<String>,
}

/// What was understood of a review: it advises, and never gates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// ISO 639-1, `None` when unsure.
    pub language: Option<String>,
    /// Strongest first; `general` alone or not at all.
    pub causes: Vec<CauseFound>,
    /// How grave.
    pub severity: Severity,
    /// What a dissatisfied reviewer is after, in the order of [`Motive::ALL`].
    #[serde(default)]
    pub motives: Vec<MotiveFound>,
    /// Whether it suggests something to do better.
    #[serde(default)]
    pub suggestion: bool,
    /// First names of staff that it praises, as written.
    #[serde(default)]
    pub praised: Vec<String>,
}

impl Assessment {
    /// Whether a cause was found.
    pub fn has(&self, cause: Cause) -> bool {
        self.causes.iter().any(|found| found.id == cause)
    }
}
