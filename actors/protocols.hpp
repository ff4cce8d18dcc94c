// Every typed interface of the node, one comment per handler. Read it as the architecture.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/journal/sequencer.hpp"
#include "actors/runtime/caf.hpp"
#include "actors/runtime/call.hpp"
#include "actors/runtime/retry_policy.hpp"
#include "actors/runtime/work.hpp"
#include "persistence/event_log.hpp"
#include "persistence/filter.hpp"
#include "persistence/snapshots.hpp"

namespace tomnext::actors {

// ---- what messages carry: shared, immutable, in this process ---------------------------------------
using persistence::group_ref;
using groups_ref = std::shared_ptr<const std::vector<group_ref>>;

/// A host's answer to what was delivered: it has consumed its inputs up to `answered_to`, and this is what it said to them.
struct answer_batch {
  host_id host;
  std::uint32_t incarnation{};
  std::uint64_t answered_to{};
  std::vector<reaction> reactions;
};
using answers_ref = std::shared_ptr<answer_batch>;

/// A new life of a host: the registration, and the groups that are sequenced but not yet durable, so not yet readable.
struct enrolment {
  registration granted;
  std::vector<group_ref> not_yet_durable;
};
using enrolment_ref = std::shared_ptr<const enrolment>;

/// Inputs from outside, in order. Timers that are due before an input (or at it, for the last of a source) are fired first.
struct offered_input {
  event what;
  bool after_timers_at = false;  ///< also the timers due exactly at its time: the end of a source counts as a later tick
  /// Urgent inputs only: its stream (ingress and routing key) must end with this event, 0 for none yet, or it is refused with errc::version_conflict.
  std::optional<std::uint64_t> expected_version = {};
};
using inputs_ref = std::shared_ptr<const std::vector<offered_input>>;
using timers_ref = std::shared_ptr<const std::vector<timer_armed>>;
using snapshot_ref = std::shared_ptr<const persistence::snapshot>;
using durable_ref = std::shared_ptr<const persistence::log_head>;
using commit_ref = std::shared_ptr<const result<persistence::log_head>>;

/// What a reader of the durable feed asks for.
struct feed_wish {
  std::string name;                            ///< of the actor that reads
  actor_ptr who;                               ///< a durable_reader
  std::optional<std::uint64_t> from_seq = {};  ///< absent: behind what a reader of this name has done; of a new one: behind what is durable now
  persistence::event_filter wanted = {};       ///< nothing else is given to it
  std::uint64_t credit_events = 8'192;         ///< so many are given to it before it says done; a group is never torn, so one group may go beyond
};
using wish_ref = std::shared_ptr<const feed_wish>;

TOMNEXT_ATOM(deliver, "deliver");
TOMNEXT_ATOM(durable, "durable");
TOMNEXT_ATOM(enroll, "enroll");
TOMNEXT_ATOM(answers, "answers");
TOMNEXT_ATOM(admit, "admit");
TOMNEXT_ATOM(armed, "armed");
TOMNEXT_ATOM(timers, "timers");
TOMNEXT_ATOM(position, "position");
TOMNEXT_ATOM(settled, "settled");
TOMNEXT_ATOM(write, "write");
TOMNEXT_ATOM(flush, "flush");
TOMNEXT_ATOM(committed, "committed");
TOMNEXT_ATOM(full, "full");
TOMNEXT_ATOM(shown, "shown");
TOMNEXT_ATOM(read, "read");
TOMNEXT_ATOM(snapshot, "snapshot");
TOMNEXT_ATOM(offer, "offer");
TOMNEXT_ATOM(urgent, "urgent");
TOMNEXT_ATOM(time_is, "timeIs");
TOMNEXT_ATOM(query, "query");
TOMNEXT_ATOM(status, "status");
TOMNEXT_ATOM(command, "command");
TOMNEXT_ATOM(ready, "ready");
TOMNEXT_ATOM(await, "await");
TOMNEXT_ATOM(next, "next");
TOMNEXT_ATOM(tick, "tick");
TOMNEXT_ATOM(watch, "watch");
TOMNEXT_ATOM(subscribe, "subscribe");
TOMNEXT_ATOM(unready, "unready");
TOMNEXT_ATOM(done, "done");
TOMNEXT_ATOM(halt, "halt");
TOMNEXT_ATOM(submit, "submit");
TOMNEXT_ATOM(run, "run");
TOMNEXT_ATOM(cancel, "cancel");
TOMNEXT_ATOM(withdraw, "withdraw");

// What may be asked twice. A command may not: it is repeated by its operator, under its key.
template <> struct repeatable<query_atom> : std::true_type {};
template <> struct repeatable<status_atom> : std::true_type {};
template <> struct repeatable<command_atom> : std::false_type {};

// ---- journal ---------------------------------------------------------------------------------------
using journal_protocol =
    typed<answer<enrolment_ref>(enroll_atom, std::uint32_t, actor_ptr),  // a host registers: (host, itself); it is delivered everything behind the registration
          answer<void>(answers_atom, answers_ref),                       // a host's reactions, or its silence
          // Inputs, answered when there is credit for more (lockstep: when all is quiet): with the head, or, of a command, with its seq, the first time's where
          // it is a repetition. One that has a key or expects a version is offered alone, and is refused before anything is taken.
          answer<std::uint64_t>(admit_atom, inputs_ref),
          answer<timers_ref>(timers_atom, actor_ptr),  // with credit for an input: timers that are armed; later ones are told to that time authority
          answer<std::uint64_t, std::int64_t>(position_atom, std::uint32_t),  // the source position that an ingress has recorded, and the log's present (ns)
          answer<std::uint64_t>(settled_atom),  // answered with the head once all that was offered so far is answered by its hosts and durable
          // Answered once all hosts have answered this seq and that is durable: with the durable head, and, of an operator's command, with the last event that
          // answers it (0: nothing does).
          answer<std::uint64_t, std::uint64_t>(await_atom, std::uint64_t),
          // What a host shows may leave: answered with the durable head once all that it has said for its inputs up to here is durable. Host 0: once this is.
          answer<std::uint64_t>(shown_atom, std::uint32_t, std::uint64_t), answer<void>(durable_atom, durable_ref),  // the writer: durable up to here
          answer<void>(full_atom, std::string),  // the writer: the log takes nothing for now, and why; the next durable_atom ends that
          answer<std::string>(status_atom)>;     // figures as JSON

/// Readers of the durable feed. They answer each message with done(name, last seq of it) to its sender, or get no more than their credit.
using durable_reader = typed<answer<void>(durable_atom, groups_ref, durable_ref)>;  // what they want of the groups that are durable now, and the head

/// Serves the readers of the durable feed: each at its own pace, and none at the writer's expense.
using feed_protocol =
    typed<answer<std::uint64_t>(subscribe_atom, wish_ref),  // a reader joins, in the place of an earlier life of its name; answered with the first seq for it
          answer<void>(done_atom, std::string, std::uint64_t),  // it has done what it had to do up to here: its credit is back
          answer<void>(durable_atom),                           // the writer: more is durable
          answer<std::uint64_t>(settled_atom, std::string),     // answered once this reader (empty: each) has done all that is durable now
          answer<void>(watch_atom),                             // to itself: does a reader stand still?
          answer<std::string>(status_atom)>;                    // places and lags of the readers as JSON

using writer_protocol = typed<answer<void>(write_atom, group_ref),       // a group to be made durable
                              answer<void>(flush_atom),                  // to itself, behind what is queued: commit
                              answer<void>(committed_atom, commit_ref),  // the log, where it answers later: what has become of the oldest batch under way
                              answer<void>(watch_atom),                  // to itself: try again what a full log has refused
                              answer<void>(subscribe_atom, actor_ptr)>;  // the durable feed: to be told that more is durable, from now on

/// Reads the log again for damage while the node runs.
using scrubber_protocol = typed<answer<void>(tick_atom)>;  // to itself: the next piece

using reader_protocol =
    typed<answer<groups_ref>(read_atom, std::uint64_t, std::uint64_t),  // durable groups from the one with this seq on, up to so many; empty at the end
          answer<snapshot_ref>(snapshot_atom, std::uint32_t)>;          // the newest valid snapshot of a host; null where there is none

/// Keeps snapshots of hosts, stored only when their mark is durable.
using keeper_protocol = typed<answer<void>(snapshot_atom, std::uint32_t, std::uint32_t, snapshot_ref),  // taken: (host, incarnation, state); waits for its mark
                              answer<void>(durable_atom, groups_ref, durable_ref)>;                     // the durable feed

// ---- runtime ---------------------------------------------------------------------------------------
using host_protocol = typed<answer<void>(deliver_atom, group_ref),  // events of the sequenced feed, some of which concern this host
                            answer<void>(tick_atom),                // to itself: time for a snapshot, if it had inputs since the last one
                            answer<std::string>(query_atom, call_ref, std::string, std::string)>;  // (question, argument): its state as JSON, with as_of_seq

/// The one line at which inputs enter, and the one authority over time.
using time_protocol = typed<answer<std::uint64_t>(offer_atom, inputs_ref),   // market inputs; answered with the head when all are admitted
                            answer<std::uint64_t>(urgent_atom, inputs_ref),  // operators and supervision: before every market input that waits, stamped now
                            answer<void>(full_atom, std::string),            // the journal: the log takes nothing for now, and why; empty: it does again
                            answer<void>(armed_atom, timers_ref),            // the journal: these were armed
                            answer<void>(time_is_atom, std::int64_t),  // the market's clock has reached this instant (ns) without an input: fire what is due
                            answer<bool>(halt_atom),                   // no more inputs: those that wait are refused with errc::cancelled
                            answer<void>(watch_atom),                  // to itself: has the journal's answer been out for too long?
                            answer<void>(tick_atom)>;                  // to itself: go on

/// Names handlers that keep a shared thread for too long.
using watchdog_protocol = typed<answer<void>(watch_atom)>;  // to itself: look again

using readiness_protocol = typed<answer<void>(ready_atom, std::string),    // this actor has recovered
                                 answer<void>(unready_atom, std::string),  // this actor has begun to recover
                                 answer<bool>(await_atom),                 // answered when all have
                                 answer<bool>(ready_atom)>;                // whether all have, now

/// Runs jobs on threads of their own, so that no handler blocks or takes long.
using pool_protocol = typed<answer<job_result_ref>(submit_atom, job_ref),        // answered with what it came to, or its error
                            answer<bool>(cancel_atom, work_id, std::string),     // work is not wanted any more, and why; false where there is none of that id
                            answer<void>(withdraw_atom, work_id),                // from a token: that work was cancelled
                            answer<void>(tick_atom)>;                            // to itself: look at deadlines
using worker_protocol = typed<answer<work_done_ref>(run_atom, work_order_ref)>;  // the pool: run this now

// ---- services --------------------------------------------------------------------------------------
/// Every service's coordinator.
using coordinator_protocol =
    typed<answer<std::string>(status_atom, call_ref),                           // the service and its hosts as JSON
          answer<std::string>(query_atom, call_ref, std::string, std::string),  // (question, argument) to the hosts that know: JSON
          answer<std::string>(command_atom, call_ref, std::string),             // an operator's command as JSON; answered with its durable outcome
          answer<void>(tick_atom)>;                                             // to itself: ask again what is to be asked again

/// data_pipeline: reads market files on a thread of its own.
struct quote_batch {
  std::vector<event> inputs;  ///< quote_accepted and quote_rejected with their source positions
  bool ended = false;
  std::uint64_t accepted = 0, rejected = 0;  ///< of the source so far, those before the position too
};
using quote_batch_ref = std::shared_ptr<const quote_batch>;
using source_protocol = typed<answer<quote_batch_ref>(next_atom, std::uint64_t, std::uint64_t)>;  // judged quotes behind this position, at most so many

using ingress_protocol = typed<answer<void>(watch_atom),  // to itself: has the answer to an offer been out for too long?
                               answer<void>(tick_atom)>;  // to itself: the next step

using channel_protocol = typed<answer<void>(durable_atom, groups_ref, durable_ref)>;  // the durable feed: what has happened may leave

using collector_protocol = typed<answer<void>(tick_atom)>;  // to itself: look at the figures of all actors

}  // namespace tomnext::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::group_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::groups_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::answers_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::enrolment_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::inputs_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::timers_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::snapshot_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::durable_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::commit_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::wish_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::quote_batch_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::call_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::job_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::job_result_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::work_order_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tomnext::actors::work_done_ref)
