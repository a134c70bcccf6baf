//! Who used the treatment.

use super::super::Check;
use super::super::Status;
use super::super::words::percent;
use super::{Topic, ok_unless, part};

/// More use than this among the control units blurs the comparison.
const CONTAMINATION: f64 = 0.05;

/// People of an arm, and how many of them used the treatment at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Users {
    pub people: u64,
    pub users: u64,
}

/// The share of people who used the treatment in each arm; `None` where use is not recorded. Contamination makes the comparison by
/// assignment smaller than the treatment is; without any use there was no treatment.
pub fn exposure(treated: Option<Users>, control: Option<Users>) -> Check {
    let topic = Topic("exposure", "Use of the treatment");
    let (Some(treated), Some(control)) = (treated, control) else {
        return topic.unknown("Use of the treatment is not recorded.");
    };
    let shares = part(treated.users, treated.people).zip(part(control.users, control.people));
    let Some((in_treatment, in_control)) = shares else {
        return topic.unknown("An arm has no people.");
    };
    let words = format!(
        "{} of {} treated people used it ({}), and {} of {} control people ({})",
        treated.users,
        treated.people,
        percent(in_treatment),
        control.users,
        control.people,
        percent(in_control)
    );
    let (status, remark) = if treated.users == 0 {
        (Status::Failed, ": there was no treatment.")
    } else if in_control >= in_treatment {
        (Status::Failed, ": as if the variants were named the wrong way round.")
    } else {
        let is_contaminated = in_control > CONTAMINATION;
        let remark = if is_contaminated { ": what is compared by assignment is less than the treatment." } else { "." };
        (ok_unless(is_contaminated), remark)
    };
    let check = topic.answer(status, format!("{words}{remark}"));
    check.with("share_treated", in_treatment).with("share_control", in_control)
}
