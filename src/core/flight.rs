//! Single flight: of those who ask the same at the same time, one asks the model and the others wait for the answer.
//!
//! The first is the leader. If it leaves before the answer is there (cancelled, timed out, terminated), the flight has no leader and
//! goes on: the first follower that notices takes over, with the call that is already under way if there is one. Nobody can take over
//! twice, and the last one out frees the flight.
//!
//! Plain data under the caller's lock, like the queue; all bytes zero is free. The whole key is compared by the caller, who knows
//! where it lies; the hash only finds candidates.
//!
//! A flight that has landed takes nobody more in: its answer is in the cache before it lands. So whoever becomes a leader looks into
//! the cache once more before it asks.

use crate::queue::Ticket;

/// One question under way, or none.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flight {
    phase: Phase,
    /// How many wait, the leader included.
    members: u32,
    hash: u64,
    /// Names this flight; moves each time the place is used.
    generation: u64,
    /// 0 while there is none.
    leader: u64,
    call: Ticket,
    /// 1 while there is a call.
    has_call: u32,
    /// Whatever the leader wants to tell the followers, as a number.
    result: u32,
}

#[repr(u32)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Free = 0,
    Flying = 1,
    Landed = 2,
}

/// A member's hold on its flight; it must come back by [`leave`].
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pass {
    /// Position among the flights: where the key lies.
    pub place: u32,
    _unused: u32,
    generation: u64,
}

/// What one is who joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// Nobody asks this yet.
    Leader(Pass),
    /// Somebody does.
    Follower(Pass),
    /// There is no place for another flight: ask alone.
    Alone,
}

/// What a member sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Somebody is asking.
    Flying,
    /// The leader is gone: [`take_over`].
    NoLeader,
    /// The leader told this.
    Landed(u32),
    /// The pass is worth nothing.
    Gone,
}

/// What a member leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The others, who need not care.
    Others,
    /// Followers without a leader: they have to be woken, and the call is to be left to them.
    NoLeader { call: Option<Ticket> },
    /// Nobody: the flight is over, and so is its call if it was not answered.
    Nobody { call: Option<Ticket> },
    /// The pass is worth nothing.
    Gone,
}

/// Joins the flight that asks the same, or begins one. `same` compares the whole key of the flight at a place with the caller's; a
/// leader's key belongs to its place from now on. `me` is not 0.
pub fn join(flights: &mut [Flight], hash: u64, me: u64, same: impl Fn(usize) -> bool) -> Joined {
    let is_it = |(place, flight): (usize, &Flight)| flight.phase == Phase::Flying && flight.hash == hash && same(place);
    if let Some(place) = flights.iter().enumerate().position(is_it) {
        let flight = &mut flights[place];
        flight.members += 1;
        return Joined::Follower(pass(place, flight));
    }
    let Some(place) = flights.iter().position(|flight| flight.phase == Phase::Free) else { return Joined::Alone };
    let generation = flights[place].generation.wrapping_add(1);
    flights[place] = Flight { phase: Phase::Flying, members: 1, hash, generation, leader: me, ..Flight::default() };
    Joined::Leader(pass(place, &flights[place]))
}

fn pass(place: usize, flight: &Flight) -> Pass {
    Pass { place: place as u32, _unused: 0, generation: flight.generation }
}

fn of(flights: &mut [Flight], pass: Pass) -> Option<&mut Flight> {
    flights.get_mut(pass.place as usize).filter(|flight| flight.generation == pass.generation && flight.phase != Phase::Free)
}

/// Looks where the flight is.
pub fn look(flights: &mut [Flight], pass: Pass) -> Seen {
    match of(flights, pass) {
        None => Seen::Gone,
        Some(flight) if flight.phase == Phase::Landed => Seen::Landed(flight.result),
        Some(flight) if flight.leader == 0 => Seen::NoLeader,
        Some(_) => Seen::Flying,
    }
}

/// The leader says which call it waits for; none while it waits for nothing.
pub fn set_call(flights: &mut [Flight], pass: Pass, me: u64, call: Option<Ticket>) -> bool {
    let Some(flight) = of(flights, pass).filter(|flight| flight.phase == Phase::Flying && flight.leader == me) else {
        return false;
    };
    flight.call = call.unwrap_or_default();
    flight.has_call = u32::from(call.is_some());
    true
}

/// The leader has the answer, or none that could be had. Everybody has to be woken. False if it is not the leader's to say.
pub fn land(flights: &mut [Flight], pass: Pass, me: u64, result: u32) -> bool {
    let Some(flight) = of(flights, pass).filter(|flight| flight.phase == Phase::Flying && flight.leader == me) else {
        return false;
    };
    (flight.phase, flight.result) = (Phase::Landed, result);
    (flight.has_call, flight.call) = (0, Ticket::default());
    true
}

/// A follower becomes the leader of a flight that has none, with its call if there is one. None if another was faster.
pub fn take_over(flights: &mut [Flight], pass: Pass, me: u64) -> Option<Option<Ticket>> {
    let flight = of(flights, pass).filter(|flight| flight.phase == Phase::Flying && flight.leader == 0)?;
    flight.leader = me;
    Some(flight.call())
}

/// Whether others than its leader wait for what this call brings.
pub fn is_followed(flights: &[Flight], call: Ticket) -> bool {
    let follows = |flight: &Flight| flight.phase == Phase::Flying && flight.members > 1 && flight.call() == Some(call);
    flights.iter().any(follows)
}

/// A member goes, for whatever reason. Each one does it once.
pub fn leave(flights: &mut [Flight], pass: Pass, me: u64) -> Left {
    let Some(flight) = of(flights, pass) else { return Left::Gone };
    let call = flight.call();
    flight.members = flight.members.saturating_sub(1);
    if flight.members == 0 {
        *flight = Flight { generation: flight.generation, ..Flight::default() };
        return Left::Nobody { call };
    }
    if flight.phase == Phase::Flying && flight.leader == me {
        flight.leader = 0;
        return Left::NoLeader { call };
    }
    Left::Others
}

impl Flight {
    fn call(&self) -> Option<Ticket> {
        (self.has_call == 1).then_some(self.call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::{Head, Priority, Queue, Slot};
    use crate::testing::Random;

    fn ticket() -> Ticket {
        let (mut head, mut slots) = (Head::default(), [Slot::default(); 2]);
        Queue::new(&mut head, &mut slots, 2).acquire(1, Priority::Interactive).expect("room")
    }

    fn joined(flights: &mut [Flight], me: u64) -> (bool, Pass) {
        match join(flights, 42, me, |_| true) {
            Joined::Leader(pass) => (true, pass),
            Joined::Follower(pass) => (false, pass),
            Joined::Alone => panic!("no place"),
        }
    }

    #[test]
    fn of_two_hundred_one_asks() {
        let mut flights = [Flight::default(); 4];
        let passes: Vec<(bool, Pass)> = (1..=200).map(|me| joined(&mut flights, me)).collect();
        assert_eq!(passes.iter().filter(|(leads, _)| *leads).count(), 1);
        assert_eq!(look(&mut flights, passes[9].1), Seen::Flying);
        assert!(!land(&mut flights, passes[9].1, 10, 1), "only the leader lands it");
        assert!(land(&mut flights, passes[0].1, 1, 3));
        for (me, (_, pass)) in (1..).zip(&passes) {
            assert_eq!(look(&mut flights, *pass), Seen::Landed(3));
            let left = leave(&mut flights, *pass, me);
            assert_eq!(left, if me == 200 { Left::Nobody { call: None } } else { Left::Others });
        }
        assert!(flights.iter().all(|flight| flight.phase == Phase::Free));
        assert_eq!(look(&mut flights, passes[0].1), Seen::Gone);
    }

    #[test]
    fn the_key_decides_and_not_its_hash() {
        let mut flights = [Flight::default(); 2];
        let Joined::Leader(first) = join(&mut flights, 42, 1, |_| false) else { panic!("a leader") };
        let Joined::Leader(second) = join(&mut flights, 42, 2, |_| false) else { panic!("a leader") };
        assert_ne!(first.place, second.place);
        assert_eq!(join(&mut flights, 43, 3, |_| true), Joined::Alone);
        let place = second.place as usize;
        assert_eq!(join(&mut flights, 42, 3, |at| at == place), Joined::Follower(second));
    }

    #[test]
    fn when_the_leader_goes_one_follower_takes_over_with_its_call() {
        let mut flights = [Flight::default(); 2];
        let (_, leader) = joined(&mut flights, 1);
        let (_, second) = joined(&mut flights, 2);
        let (_, third) = joined(&mut flights, 3);
        let call = ticket();
        assert!(!set_call(&mut flights, second, 2, Some(call)));
        assert!(!is_followed(&flights, call));
        assert!(set_call(&mut flights, leader, 1, Some(call)));
        assert!(is_followed(&flights, call) && !is_followed(&flights, Ticket::default()));
        assert_eq!(take_over(&mut flights, second, 2), None, "there is a leader");
        assert_eq!(leave(&mut flights, leader, 1), Left::NoLeader { call: Some(call) });
        assert_eq!(look(&mut flights, third), Seen::NoLeader);
        assert_eq!(take_over(&mut flights, third, 3), Some(Some(call)));
        assert_eq!(take_over(&mut flights, second, 2), None);
        assert!(!land(&mut flights, leader, 1, 9), "the old leader has nothing to say");
        assert!(is_followed(&flights, call));
        assert_eq!(leave(&mut flights, second, 2), Left::Others);
        assert!(!is_followed(&flights, call), "nobody but the leader is left");
        assert_eq!(leave(&mut flights, third, 3), Left::Nobody { call: Some(call) });
    }

    #[test]
    fn whoever_comes_while_there_is_no_leader_follows_and_may_take_over() {
        let mut flights = [Flight::default(); 2];
        let (_, leader) = joined(&mut flights, 1);
        let (_, follower) = joined(&mut flights, 2);
        leave(&mut flights, leader, 1);
        let (leads, late) = joined(&mut flights, 3);
        assert!(!leads);
        assert_eq!(take_over(&mut flights, late, 3), Some(None));
        assert_eq!(look(&mut flights, follower), Seen::Flying);
    }

    #[test]
    fn whoever_comes_after_the_landing_begins_anew() {
        let mut flights = [Flight::default(); 2];
        let (_, leader) = joined(&mut flights, 1);
        let (_, follower) = joined(&mut flights, 2);
        land(&mut flights, leader, 1, 1);
        let (leads, _) = joined(&mut flights, 3);
        assert!(leads);
        assert_eq!(leave(&mut flights, leader, 1), Left::Others);
        assert_eq!(look(&mut flights, follower), Seen::Landed(1));
    }

    #[test]
    fn at_random_there_is_never_more_than_one_leader_and_no_place_is_lost() {
        for seed in 0..200 {
            let mut random = Random::new(seed);
            let mut flights = [Flight::default(); 3];
            let mut members: Vec<(u64, u64, Pass)> = Vec::new();
            let mut leaders: Vec<(u64, Pass)> = Vec::new();
            for step in 1..600u64 {
                match random.below(5) {
                    0 | 1 => {
                        let question = random.below(4) as u64;
                        match join(&mut flights, question, step, |_| true) {
                            Joined::Leader(pass) => {
                                leaders.push((step, pass));
                                members.push((question, step, pass));
                            }
                            Joined::Follower(pass) => members.push((question, step, pass)),
                            Joined::Alone => {}
                        }
                    }
                    2 if !members.is_empty() => {
                        let (_, me, pass) = members.swap_remove(random.below(members.len()));
                        assert_ne!(leave(&mut flights, pass, me), Left::Gone, "a member's pass is good");
                        leaders.retain(|(leader, _)| *leader != me);
                    }
                    3 if !members.is_empty() => {
                        let (_, me, pass) = members[random.below(members.len())];
                        if take_over(&mut flights, pass, me).is_some() {
                            assert!(leaders.iter().all(|(_, other)| *other != pass), "two leaders");
                            leaders.push((me, pass));
                        }
                    }
                    4 if !leaders.is_empty() && random.chance(30) => {
                        let (me, pass) = leaders.swap_remove(random.below(leaders.len()));
                        assert!(land(&mut flights, pass, me, step as u32));
                    }
                    _ => {}
                }
                for flight in &flights {
                    let count = members.iter().filter(|(.., pass)| flights[pass.place as usize].generation == pass.generation);
                    assert_eq!(
                        count.filter(|(.., pass)| std::ptr::eq(&flights[pass.place as usize], flight)).count(),
                        flight.members as usize
                    );
                }
            }
            for (_, me, pass) in members {
                leave(&mut flights, pass, me);
            }
            assert!(flights.iter().all(|flight| flight.phase == Phase::Free));
        }
    }
}
