#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "innernet/prompt/live_screen.hpp"
#include "peer_rows.hpp"

namespace innernet::client {

// What `show --live` shows. Pure.

/// Bytes a second, from one look to the next.
struct Rate {
  double received = 0;
  double sent = 0;
};

/// One of a network's device. A peer that has just come, or whose counters begin anew, has none yet.
class Rates {
 public:
  void look(const wg::Device& device, BootTime now);
  std::optional<Rate> of(const wg::PublicKey& peer) const;

 private:
  struct Seen {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::optional<Rate> rate{};
  };
  std::unordered_map<wg::PublicKey, Seen> seen_;
  BootTime last_{};
};

/// A row of the table, as it is shown.
struct LiveRow {
  std::string peer, address, way, endpoint, handshake, received, sent, round_trip;
  bool is_connected = false;
};

struct LiveNetwork {
  std::string name;
  std::vector<LiveRow> rows;  ///< who is connected first
  std::string port{};         ///< what is to be said of the own port on the router
};

/// Without ourselves.
LiveNetwork live_network(const NetworkView& view, const Rates& rates);

/// The networks one below the other, in at most `size`: columns that matter less are left out until the table is narrow enough, then peers
/// that are not connected; the last line says what does not fit, and how to end.
std::vector<prompt::Line> live_picture(const std::vector<LiveNetwork>& networks, const prompt::Size& size);

/// All of it, where nothing is drawn anew.
std::string live_text(const std::vector<LiveNetwork>& networks);

}  // namespace innernet::client
