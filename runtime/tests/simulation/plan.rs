//! Plans: what happens to a world.
//!
//! In: a seed. Out: actions. Never knows: what comes of them.

use tieline_runtime::random::Random;

use super::{
    flows::DOORS,
    network::Fate,
    operator::{Choice, SCOPES},
    world::{Action, Caller},
};

/// Operations by name.
pub(super) const OPERATIONS: &[&str] = &["fetch", "create", "find", "notify", "put", "pay"];

/// Fates worth a script.
pub(super) const FATES: &[Fate] = &[
    Fate::NoConnection,
    Fate::LostBefore,
    Fate::LostAfter(0),
    Fate::LostAfter(20_000),
    Fate::Late,
    Fate::Twice,
    Fate::Unavailable,
    Fate::Later(100_000),
    Fate::Refused,
    Fate::Denied,
    Fate::Fine(20_000),
];

/// A caller of a number: the same number is the same caller with the same words.
pub(super) fn caller(number: u32) -> Caller {
    let door = usize::try_from(number).unwrap_or(0) % DOORS;
    let kind = match number / 4 % 8 {
        0 if door > 1 => "discard",
        1 if door > 1 => "bury",
        2 if door > 1 => "panic",
        _ => "plain",
    };
    Caller { door, id: number, customer: number / 4 % 3, kind }
}

/// What happens in the world of a seed.
pub(super) fn of_seed(seed: u64) -> Vec<Action> {
    let random = Random::seeded(seed);
    let mut plan = vec![Action::Storm(random.up_to(60)), Action::SlowDisk(random.up_to(20))];
    for _ in 0..30 + random.up_to(60) {
        plan.push(action(&random));
    }
    plan
}

fn action(random: &Random) -> Action {
    let somebody = || caller(u32::try_from(random.up_to(63)).unwrap_or(0));
    let pick = |most: usize| usize::try_from(random.up_to(most as u64 - 1)).unwrap_or(0);
    if random.up_to(99) < 10 {
        return match random.up_to(9) {
            0 => Action::Pause(pick(SCOPES)),
            1 => Action::Resume(pick(SCOPES)),
            _ => Action::Decide(Choice::ALL[pick(Choice::ALL.len())], pick(64)),
        };
    }
    match random.up_to(99) {
        0..=42 => Action::Call(somebody()),
        43..=44 => Action::HangUp,
        45..=47 => Action::OtherBody(somebody()),
        48..=69 => Action::Wait(random.up_to(50)),
        70..=77 => Action::Wait(random.up_to(60_000)),
        78..=79 => Action::Wait(random.up_to(4_000_000)),
        80..=85 => Action::Crash(random.up_to(2_000)),
        86..=88 => Action::Stop(random.up_to(20_000)),
        89..=90 => Action::FailSync,
        91 if random.up_to(1) == 0 => Action::Away(random.up_to(3_000)),
        91 => Action::NoSpace(random.up_to(3_000)),
        92 => Action::OverQuota(random.up_to(10_000)),
        93 => Action::SlowDisk([0, 2, 20, 500][pick(4)]),
        94 => Action::Storm(random.up_to(90)),
        _ => Action::Next(OPERATIONS[pick(OPERATIONS.len())], FATES[pick(FATES.len())]),
    }
}
