//! Which laws there are. Every adapter's tests run them all:
//!
//! ```ignore
//! vigie_testkit::store_laws!(async || a_fresh_store().await);
//! ```

/// Declares one test for each law of the store, on stores that the expression makes.
#[macro_export]
macro_rules! store_laws {
    ($make:expr) => {
        $crate::store_laws!($make;
            a_new_review_is_recorded_once,
            a_good_review_needs_no_second_write,
            a_review_under_the_threshold_is_marked_undecided,
            a_batch_is_answered_in_order,
            a_duplicate_does_not_wake_what_was_decided,
            a_decision_is_refused_once_the_review_has_moved,
            a_decision_makes_each_notice_once,
            a_decision_whose_notices_must_be_new_is_refused_if_one_is_not,
            marks_are_due_after_two_minutes_or_at_once_after_a_start,
            a_step_does_not_clear_the_mark_of_a_change,
            a_notice_is_claimed_by_one,
            a_claim_whose_lease_ended_is_taken_over_and_counted,
            a_settlement_without_the_current_token_is_refused,
            a_sent_notice_is_never_claimed_again,
            a_cancellation_is_refused_when_the_review_moved,
            a_retry_waits_for_its_time,
            only_a_dead_notice_is_redriven,
            a_notice_taken_along_is_never_due,
            a_review_is_found_by_its_number,
            brands_not_given_are_retired_and_come_back,
            a_brand_is_found_by_its_id,
            a_brand_is_found_by_its_source,
            a_report_is_made_once,
            a_due_report_survives_an_application,
            steps_are_due_and_found_by_brand,
            rejected_events_are_kept_thirty_days,
            the_desk_key_is_made_once,
            the_first_subject_is_the_first_one_sent,
            good_reviews_of_a_period_are_counted_and_limited,
            poor_reviews_of_a_period_are_counted_latest_first
        );
        $crate::store_laws!(open_suite, $make;
            open_reviews_are_those_without_an_answer,
            an_answered_review_is_still_open_as_of_before,
            every_open_review_is_shown_however_many,
            an_answer_told_late_counts_from_when_it_was_told
        );
        $crate::store_laws!(held_suite, $make;
            what_is_held_waits_and_counts_no_attempt,
            one_message_takes_along_what_waited_with_it,
            what_is_left_out_is_pending_again,
            what_was_taken_along_waits_with_its_message_and_does_not_die_with_it,
            a_lost_claim_takes_nothing_along
        );
        $crate::store_laws!(fetch_suite, $make;
            what_is_to_be_fetched_is_made_once,
            of_what_was_fetched_nothing_is_kept,
            a_fetch_is_done_by_whoever_holds_its_claim,
            a_fetch_that_fails_waits_and_one_that_died_is_redriven
        );
        $crate::store_laws!(copies_suite, $make;
            the_first_to_say_something_is_remembered,
            what_was_said_long_ago_is_forgotten,
            of_two_at_once_one_is_the_first,
            what_an_erased_review_said_first_is_forgotten
        );
        $crate::store_laws!(moving_suite, $make;
            what_is_put_in_is_as_if_made_here,
            pieces_put_again_are_there_once,
            an_erased_piece_leaves_nothing_of_the_former,
            numbers_go_on_behind_those_that_came,
            a_home_stands_elsewhere_only_as_it_was_seen,
            a_store_is_new_until_its_first_review,
            a_brand_has_the_secrets_that_its_home_applied
        );
        $crate::store_laws!(erase_suite, $make;
            an_erased_review_keeps_its_numbers_and_its_number,
            what_arrives_of_an_erased_review_changes_nothing,
            an_erasure_is_made_once,
            notices_of_an_erased_review_lose_their_texts,
            nothing_is_erased_while_a_message_is_under_way,
            a_message_about_others_too_stays,
            a_message_made_meanwhile_does_not_name_it,
            an_author_is_found_by_name_and_source,
            rejected_events_that_mention_it_go,
            reviewers_are_removed_after_their_time,
            reviews_are_erased_after_their_time
        );
        $crate::store_laws!(operator_suite, $make;
            a_matter_is_told_once_and_then_counted_for_six_hours,
            what_is_told_once_is_never_told_again,
            a_rejected_event_is_trouble_of_its_source,
            a_dead_notice_of_the_operator_breeds_no_other,
            a_source_keeps_its_days_and_its_last_refusal,
            a_message_that_comes_back_is_dead_and_told,
            rhythms_of_some_sources_are_found
        );
    };
    ($make:expr; $($law:ident),+) => {
        $crate::store_laws!(store_suite, $make; $($law),+);
    };
    ($suite:ident, $make:expr; $($law:ident),+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let store = ($make)().await;
                $crate::store_suite::prepare(&store).await;
                $crate::$suite::$law(store).await;
            }
        )+
    };
}
