#pragma once

namespace innernet::server {

/// What a network's link is, as far as the sockets on it are concerned.
struct LinkState {
  int index = 0;          ///< another index is another link, to which the old sockets do not belong; 0: there is none
  bool is_whole = false;  ///< up, and with the server's address

  friend bool operator==(const LinkState&, const LinkState&) = default;
};

}  // namespace innernet::server
