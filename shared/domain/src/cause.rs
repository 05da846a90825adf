//! What a review complains of, and what that touches.

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

    /// Which promise of the brand it touches (facts D13); `None` where it is none of the brand's.
    pub const fn promise(self) -> Option<PromiseKind> {
        match self {
            Self::StaffAttitude
            | Self::CustomerSupport
            | Self::AftersalesRefund
            | Self::WaitingTime
            | Self::FraudSuspicion
            | Self::InformationPromise
            | Self::PrivacyData => Some(PromiseKind::Relation),
            Self::BadFaith | Self::OffTopic | Self::General => None,
            _ => Some(PromiseKind::Product),
        }
    }

    /// The commandments of the charter that it breaks, by number (facts §2.1).
    ///
    /// ```
    /// use vigie_domain::Cause;
    /// assert_eq!(Cause::Delivery.commandments(), [2, 5]);
    /// assert!(Cause::ALL.iter().all(|cause| !cause.commandments().is_empty()));
    /// ```
    pub const fn commandments(self) -> &'static [u8] {
        match self {
            Self::SafetyHealth
            | Self::ProductQuality
            | Self::BillingPayment
            | Self::InformationPromise
            | Self::PriceValue => &[1],
            Self::Availability => &[1, 2],
            Self::AftersalesRefund => &[1, 4],
            Self::FraudSuspicion => &[1, 7],
            Self::OrderAccuracy | Self::WebsiteApp => &[2],
            Self::Delivery => &[2, 5],
            Self::WaitingTime => &[2, 9],
            Self::CleanlinessPlace => &[3],
            Self::StaffAttitude => &[3, 9],
            Self::CustomerSupport => &[4, 5],
            Self::General => &[4, 6],
            Self::OffTopic => &[6],
            Self::BadFaith => &[7],
            Self::PrivacyData => &[8],
        }
    }

    /// Where the customer met the brand (facts D08); `None` where the cause does not tell.
    pub const fn touchpoint(self) -> Option<Touchpoint> {
        match self {
            Self::SafetyHealth | Self::ProductQuality | Self::Availability | Self::PriceValue => {
                Some(Touchpoint::Product)
            }
            Self::StaffAttitude | Self::CleanlinessPlace | Self::WaitingTime => {
                Some(Touchpoint::Place)
            }
            Self::Delivery | Self::OrderAccuracy => Some(Touchpoint::Delivery),
            Self::CustomerSupport => Some(Touchpoint::CustomerService),
            Self::AftersalesRefund => Some(Touchpoint::AfterSales),
            Self::BillingPayment => Some(Touchpoint::Invoicing),
            Self::WebsiteApp | Self::InformationPromise => Some(Touchpoint::Internet),
            Self::PrivacyData => Some(Touchpoint::Email),
            Self::FraudSuspicion | Self::BadFaith | Self::OffTopic | Self::General => None,
        }
    }
}

/// The two promises of a brand (facts D13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PromiseKind {
    /// What is sold, as it was described and when it was said.
    Product,
    /// How people are treated.
    Relation,
}

/// Where customers meet a brand (facts D08). None counts more than another (D12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touchpoint {
    /// On the telephone.
    Phone,
    /// By e-mail.
    Email,
    /// On its site or in its app.
    Internet,
    /// Its customer service.
    CustomerService,
    /// Its shops.
    Place,
    /// Its invoices.
    Invoicing,
    /// Its deliveries.
    Delivery,
    /// Repairs, returns, refunds.
    AfterSales,
    /// What it sells.
    Product,
}

impl Touchpoint {
    /// All nine, in the founding document's order.
    pub const ALL: [Self; 9] = [
        Self::Phone,
        Self::Email,
        Self::Internet,
        Self::CustomerService,
        Self::Place,
        Self::Invoicing,
        Self::Delivery,
        Self::AfterSales,
        Self::Product,
    ];
}
