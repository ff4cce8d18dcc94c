// A service class behind one virtual interface, so that one actor type, recovery and decision replay serve all of them.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "domain/base/archive.hpp"
#include "domain/base/outbox.hpp"
#include "domain/events/event.hpp"

namespace tomnext::actors {

class hosted_service {
 public:
  virtual ~hosted_service() = default;
  /// True where the event is one of the service's inputs, whatever it is about.
  [[nodiscard]] virtual bool is_input(std::uint16_t type_number) const = 0;
  virtual void apply_input(const event& e) = 0;
  virtual void decide(const event& e, outbox& out) const = 0;
  virtual void apply_output(const event& e) = 0;
  [[nodiscard]] virtual std::string save() const = 0;
  /// False where the bytes are not a state of this version; the state is then undefined.
  [[nodiscard]] virtual bool load(std::string_view bytes) = 0;
  [[nodiscard]] virtual std::uint64_t state_hash() const = 0;
  virtual void hash_into(state_hasher& h) const = 0;
};

template <class S> class typed_service final : public hosted_service {
 public:
  explicit typed_service(S service) : service_(std::move(service)) {}
  bool is_input(std::uint16_t type_number) const override { return among(type_number, typename S::inputs{}); }
  void apply_input(const event& e) override { apply_as(e, typename S::inputs{}); }
  void decide(const event& e, outbox& out) const override { decide_as(e, out, typename S::inputs{}); }
  void apply_output(const event& e) override { apply_as(e, typename S::outputs{}); }
  std::string save() const override {
    state_writer w;
    w(service_);
    return std::string(w.bytes());
  }
  bool load(std::string_view bytes) override {
    state_reader r(bytes);
    r(service_);
    return !r.failed() && r.at_end();
  }
  std::uint64_t state_hash() const override {
    state_hasher h;
    h(service_);
    return h.digest();
  }
  void hash_into(state_hasher& h) const override { h(service_); }
  [[nodiscard]] const S& service() const { return service_; }

 private:
  template <class... E> static bool among(std::uint16_t type_number, type_list<E...>) { return ((E::type_number == type_number) || ...); }
  template <class E> void apply_one(const event& e) {
    if constexpr (applies<S, E>) service_.apply(e.head, e.as<E>());
  }
  template <class... E> void apply_as(const event& e, type_list<E...>) { (void)((e.is<E>() && (apply_one<E>(e), true)) || ...); }
  template <class E> void decide_one(const event& e, outbox& out) const {
    if constexpr (decides<S, E>) service_.decide(e.head, e.as<E>(), out);
  }
  template <class... E> void decide_as(const event& e, outbox& out, type_list<E...>) const { (void)((e.is<E>() && (decide_one<E>(e, out), true)) || ...); }

  S service_;
};

/// What the node knows of a host before it runs.
struct host_definition {
  host_id id;
  std::string name;
  std::string service;
  std::uint32_t version{};
  std::uint32_t state_version{};
  std::uint32_t instrument{};  ///< 0: all
  std::array<bool, event_numbers> inputs{};
  /// Inputs that this host gets only when they are durable, and with them everything behind: what would leave the process must not be lost in a crash.
  std::array<bool, event_numbers> durable_inputs{};

  [[nodiscard]] bool waits_for_durability() const {
    for (const bool d : durable_inputs)
      if (d) return true;
    return false;
  }
  /// Delivered to this host: its type is an input, and it is about its instrument and for it.
  [[nodiscard]] bool wants(const event& e) const {
    if (!inputs[e.head.type] || e.head.host == id) return false;
    if (const auto* timer = e.get_if<timer_fired>()) return timer->target == id;
    if (instrument == 0) return true;
    const auto key = routing_key_of(e);
    return key == 0 || key == instrument;
  }
};

}  // namespace tomnext::actors
