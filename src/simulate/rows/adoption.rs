//! Questions to the assistant, seats of the tool and its use.

use super::{Window, newest};
use crate::simulate::Result;
use crate::simulate::assistant::Question;
use crate::simulate::calendar::DAY;
use crate::simulate::names::login;
use crate::simulate::organisation::{Organisation, Team};
use crate::simulate::sheet::{Cell, Sheet};
use crate::simulate::tool::{seats, uses};

pub const ASSISTANT_QUESTIONS: [&str; 6] = ["question_id", "asker_id", "asked_at", "topic", "is_helpful", "updated_at"];
pub const TOOL_ASSIGNMENTS: [&str; 5] = ["tool", "person_id", "valid_from", "valid_to", "updated_at"];
pub const TOOL_ACTIVITY: [&str; 5] = ["tool", "person_id", "day", "uses", "updated_at"];

pub fn add_questions(sheet: &mut Sheet, team: &Team, questions: &[Question], window: Window) -> Result<()> {
    for (ordinal, question) in questions.iter().enumerate() {
        if !window.shows(question.asked, Some(question.asked)) {
            continue;
        }
        sheet.push(&[
            Cell::Text(Some(&format!("ask-{}-{:06}", team.name, ordinal + 1))),
            Cell::Text(Some(&login(question.asker))),
            Cell::Time(Some(question.asked)),
            Cell::Text(Some(question.topic)),
            Cell::Flag(question.is_helpful),
            Cell::Time(Some(question.asked)),
        ])?;
    }
    Ok(())
}

pub fn add_seats(sheet: &mut Sheet, organisation: &Organisation, window: Window) -> Result<()> {
    let Some(rollout) = &organisation.config.rollout else { return Ok(()) };
    let mut all: Vec<_> = seats(organisation).into_iter().map(|(person, seats)| (login(person), seats)).collect();
    all.sort_by(|left, right| left.0.cmp(&right.0));
    for (person, seats) in all {
        for seat in seats.into_iter().filter(|seat| window.shows(seat.from, seat.to)) {
            let to = window.seen(seat.to);
            sheet.push(&[
                Cell::Text(Some(&rollout.experiment)),
                Cell::Text(Some(&person)),
                Cell::Time(Some(seat.from)),
                Cell::Time(to),
                newest(&[Some(seat.from), to]),
            ])?;
        }
    }
    Ok(())
}

/// A day is told when it is over.
pub fn add_uses(sheet: &mut Sheet, organisation: &Organisation, window: Window) -> Result<()> {
    let Some(rollout) = &organisation.config.rollout else { return Ok(()) };
    let people = u32::try_from(organisation.roster.people.len()).unwrap_or(u32::MAX);
    let mut all: Vec<(String, u32)> = (0..people).map(|person| (login(person), person)).collect();
    all.sort();
    for (name, person) in all {
        for (day, count) in uses(organisation, person, window.until) {
            if !window.shows(day, Some(day)) {
                continue;
            }
            sheet.push(&[
                Cell::Text(Some(&rollout.experiment)),
                Cell::Text(Some(&name)),
                Cell::Time(Some(day)),
                Cell::Int(Some(count)),
                Cell::Time(Some(day + DAY - 1)),
            ])?;
        }
    }
    Ok(())
}
