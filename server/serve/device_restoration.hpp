#pragma once

#include <cstddef>
#include <utility>

namespace innernet::server {

/// What is done about a device that others have changed (a network manager, `wg syncconf`, a client with the server's key), and what of it
/// is news for the log: who changes it again and again is told of once, until it was found as it should be.
class DeviceRestoration {
 public:
  /// Whether a look at the device has found what it was given.
  struct Look {
    bool has_key;
    bool has_port;
    bool has_peers;
  };
  struct Todo {
    bool key = false;
    bool port = false;
    bool is_news = false;  ///< of key and port

    friend bool operator==(const Todo&, const Todo&) = default;
  };

  /// `is_link_ours`: false for one that was put in the place of ours, which is not ours to set.
  Todo see(const Look& look, bool is_link_ours) {
    if (look.has_peers) were_peers_told_ = false;
    if (look.has_key && look.has_port) were_settings_told_ = false;
    if (!is_link_ours) return {};
    if (!look.has_peers) are_peers_in_doubt_ = true;
    if (look.has_key && look.has_port) return {};
    return {.key = !look.has_key, .port = !look.has_port, .is_news = !std::exchange(were_settings_told_, true)};
  }

  /// The device may have other peers than it was given. They are compared once the database was read: a command writes there first.
  void doubt_peers() { are_peers_in_doubt_ = true; }
  bool are_peers_in_doubt() const { return are_peers_in_doubt_; }
  void begin_peers() { are_peers_in_doubt_ = false; }
  /// True if it is news that so many were put right.
  bool end_peers(std::size_t corrected) { return corrected > 0 && !std::exchange(were_peers_told_, true); }

 private:
  bool are_peers_in_doubt_ = false;
  bool were_peers_told_ = false;
  bool were_settings_told_ = false;
};

}  // namespace innernet::server
