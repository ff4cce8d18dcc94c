// A deployment as a plain structure: what a YAML file says, validated, with ids given out. No YAML in here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/base/market.hpp"
#include "domain/calendar/job.hpp"
#include "domain/calendar/sessions.hpp"
#include "domain/events/event.hpp"
#include "domain/strategy_execution/strategy_host.hpp"

namespace tomnext::config {

/// The clock of LEAN forex files: New York standard time, five hours behind UTC.
inline constexpr std::int32_t lean_utc_offset_minutes = -300;

/// Where quotes come from: market files, or a log that they were imported into.
struct data_source {
  std::string format;              ///< "fxcm-m1", "lean-tick"
  std::vector<std::string> files;  ///< fxcm-m1: bid, ask; lean-tick: the zips in order of their dates
  std::string log;                 ///< a log directory, instead of files
  instrument_id instrument;
  std::string stamp = "open";  ///< of the file's bars: "open" or "close"
  std::int32_t utc_offset_minutes{};
  /// Comparison mode: strategies see each minute's bid bar before the venue has that minute's prices. Orders then fill at the closing quotes of the minute
  /// before, which no market offers.
  bool bars_as_feed = false;
};

/// How positions held over a roll are financed, and the files that say by what.
struct financing_settings {
  financing_method method = financing_method::points;
  rate markup;
  std::int32_t day_count = 0;  ///< 360 or 365; 0: by currency
  std::string interest_rates;  ///< differential, compat
  std::string swap_rates;      ///< points, annual_rate, tomnext
  std::string swap_statement;  ///< what the broker booked
};

/// What a line that cannot be read, or a price that is not positive, does to a run.
enum class malformed_lines : std::uint8_t {
  stop = 0,    ///< ends it with file and line: nothing is half done
  reject = 1,  ///< becomes a quote_rejected event that names file and line, and is counted
};

struct quality_settings {
  bool flagged_quotes_trade = false;  ///< comparison mode: crossed and spiking quotes fill and mark
  double spike_threshold = 30;        ///< robust z; 0 switches the check off
  std::uint32_t spike_window = 64;
  malformed_lines malformed = malformed_lines::stop;
};

struct feature_setting {
  text name;
  feature_kind kind{};
  std::uint32_t period{};
};

struct model_setting {
  text name;
  std::string file;
  instrument_id instrument;
  hash256 content_hash;        ///< of the file, once it has been read
  std::vector<text> features;  ///< the model's features by the names of ours, in its order; empty: by the names in the file
  double confirm_at = 0.65;
  double reject_at = 0.35;
};

struct risk_settings {
  quantity position_max;
  amount notional_max;
  std::uint32_t orders_per_second_max{};
  rate price_collar;
  /// True where a section `risk` sets any of them: only then are they events.
  [[nodiscard]] bool any() const { return position_max || notional_max || orders_per_second_max != 0 || price_collar; }
};

/// "recorded": as fast as it was; "times": a multiple; "lockstep": the next input when everything has answered the last.
struct pace_setting {
  bool lockstep = true;
  double times = 1;
};

/// How a node keeps its log. Decides nothing: logs that differ in this alone go on with each other.
struct storage_settings {
  bool sync = true;                            ///< `durability: sync`: fdatasync before each acknowledgement; `os` survives the process, not the machine
  bool anchor_before_acknowledgement = false;  ///< `anchoring: before_acknowledgement`, one more sync a commit
  std::uint64_t free_bytes_min = 64u << 20;    ///< less room on the disk: nothing is appended
  std::uint64_t ballast_bytes = 64u << 20;     ///< a file that takes room until an operator gives it up on a full disk; 0: none
  std::uint64_t scrub_bytes_per_s = 8u << 20;  ///< how fast the log is read again for damage, beside trading; 0: not at all
  std::uint64_t snapshot_interval_s = 3600;    ///< wall time between two snapshots of a host that had inputs; 0: by inputs alone
  std::uint32_t snapshots_kept = 2;            ///< per host
  std::uint64_t queue_events_max = 65'536;     ///< inputs that wait to enter; beyond it offers are refused
  std::uint64_t feed_bytes_max = 64u << 20;    ///< recent groups kept in memory for readers of the durable feed
  std::uint64_t feed_stall_s = 30;             ///< a reader that has taken nothing for so long although there was something is reported
  std::string key_file;                        ///< with the keys that the log is encrypted with from now on; empty: in clear, or as the log is
};

/// A job of the calendar: when it runs, and what it does.
struct job_setting {
  calendar::job_settings when;              ///< `when.action` is one of job_action_names
  std::string target;                       ///< of log_backup: its folder
  std::uint64_t bytes_per_s = 64ull << 20;  ///< of log_scrub: how fast it reads; 0: as fast as it goes
};

struct node_settings {
  std::string log;                   ///< directory of the node's log
  std::string listen = "127.0.0.1";  ///< loopback only
  std::uint16_t port = 0;            ///< 0: no HTTP endpoint
  std::uint32_t threads = 2;
  std::uint64_t snapshot_every = 100'000;  ///< inputs of a host between two snapshots
  pace_setting pace;
  std::uint32_t poison_deaths_max = 3;  ///< an input that has killed its host so many times is not tried again
  bool poison_stops = false;            ///< `poisonous_input: stop`; `park` passes it over with an alert
  storage_settings storage;
  std::vector<job_setting> jobs;
};

struct deployment {
  std::string source_text;  ///< canonical text of the configuration, kept in the content store
  std::vector<data_source> data;
  std::vector<instrument_defined> instruments;  ///< index = id − 1
  account_opened account;
  bool bars_without_updates = false;
  quality_settings quality;
  rate commission_rate;
  financing_settings financing;
  bool usual_holidays = true;                    ///< those of the currencies that are traded most, by rule, where the file lists none of a currency
  std::vector<holidays_defined> holidays;        ///< those that the file lists; once the data have been looked at, the usual ones too
  std::vector<swap_rates_published> swap_rates;  ///< those that stand; once the files have been looked at, theirs too
  std::vector<swap_reported> swap_reports;       ///< of the statement, once it has been looked at
  std::vector<strategy_execution::strategy_configuration> strategies;
  /// Bars that features, regimes and models read. Absent: of each instrument those of its first strategy, and nothing for instruments that none trades
  /// (without any strategy: 1m-mid for all).
  std::optional<bar_spec> research_bars;
  bool research = true;  ///< feature_store and analysis_engine run
  std::vector<feature_setting> features;
  std::vector<model_setting> models;
  risk_settings risk;
  double drawdown_alert = 0.05;
  calendar::session_table sessions;        ///< UTC offsets of the sessions' cities
  timestamp begins;                        ///< first time of the data, once it has been looked at: the time of the preamble
  std::vector<calendar_defined> calendar;  ///< trading days of the data, once it has been looked at
  node_settings node;
};

}  // namespace tomnext::config
